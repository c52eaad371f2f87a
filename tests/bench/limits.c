/* limits.c -- what this machine can do at best, measured in the run that the figures of rs are compared with.
 *
 * Prints lines of "name TAB value TAB unit": single-precision matrix multiplication with one thread and with all, memory
 * bandwidth (STREAM triad, write-allocate not counted), a bare libcsv pass that only counts fields, and LZ4. */
#include <cblas.h>
#include <csv.h>
#include <lz4.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPEATS 3
#define SGEMM_N 3072
#define TRIAD_FLOATS (64u << 20) /* per array: 256 MiB */
#define CSV_ROWS 2000000u

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *take(size_t bytes)
{
	void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);

	if (p == NULL) {
		perror("limits");
		exit(71);
	}
	return p;
}

static void say(const char *name, double value, const char *unit)
{
	printf("%s\t%.4g\t%s\n", name, value, unit);
	fflush(stdout);
}

static void sgemm(int threads)
{
	size_t n = SGEMM_N;
	float *a = take(n * n * sizeof *a), *b = take(n * n * sizeof *b), *c = take(n * n * sizeof *c);
	double best = 1e9;
	char name[32];

	for (size_t i = 0; i < n * n; i++) {
		a[i] = (float)(i % 7) - 3;
		b[i] = (float)(i % 5) - 2;
	}
	openblas_set_num_threads(threads);
	for (int r = 0; r < REPEATS; r++) {
		double start = now_s();

		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SGEMM_N, SGEMM_N, SGEMM_N, 1, a, SGEMM_N, b,
		            SGEMM_N, 0, c, SGEMM_N);
		if (now_s() - start < best)
			best = now_s() - start;
	}
	snprintf(name, sizeof name, "sgemm-%d", threads);
	say(name, 2e-9 * (double)n * (double)n * (double)n / best, "GFLOP/s");
	free(a);
	free(b);
	free(c);
}

struct triad {
	float *a, *b, *c;
	size_t n;
};

static void *triad_part(void *arg)
{
	const struct triad *t = arg;

	for (size_t i = 0; i < t->n; i++)
		t->a[i] = t->b[i] + 3.0f * t->c[i];
	return NULL;
}

static void memory(int threads)
{
	size_t n = TRIAD_FLOATS;
	struct triad *part = take((size_t)threads * sizeof *part);
	pthread_t *thread = take((size_t)threads * sizeof *thread);
	float *a = take(n * sizeof *a), *b = take(n * sizeof *b), *c = take(n * sizeof *c);
	double best = 1e9;
	char name[32];

	memset(a, 0, n * sizeof *a);
	memset(b, 1, n * sizeof *b);
	memset(c, 2, n * sizeof *c);
	for (int r = 0; r < REPEATS; r++) {
		double start = now_s();

		for (int i = 0; i < threads; i++) {
			size_t from = n / (size_t)threads * (size_t)i;

			part[i] = (struct triad) { a + from, b + from, c + from, n / (size_t)threads };
			if (pthread_create(&thread[i], NULL, triad_part, &part[i]) != 0)
				exit(71);
		}
		for (int i = 0; i < threads; i++)
			pthread_join(thread[i], NULL);
		if (now_s() - start < best)
			best = now_s() - start;
	}
	snprintf(name, sizeof name, "memory-%d", threads);
	say(name, 3e-9 * (double)(n * sizeof *a) / best, "GB/s");
	free(a);
	free(b);
	free(c);
	free(part);
	free(thread);
}

static void count_field(void *field, size_t bytes, void *count)
{
	(void)field;
	(void)bytes;
	++*(unsigned long *)count;
}

static void count_row(int end, void *count)
{
	(void)end;
	++*(unsigned long *)count;
}

/* Rows as a log has them: two string ids, a value, a time; about 30 bytes each. */
static char *make_csv(size_t *bytes)
{
	char *text = take((size_t)CSV_ROWS * 48);
	size_t n = 0;

	for (unsigned i = 0; i < CSV_ROWS; i++)
		n += (size_t)snprintf(text + n, 48, "user%u,item%u,%u,%u\n", i * 2654435761u % 53000,
		                      i * 40503u % 10000, i % 5 + 1, 1500000000 + i * 7);
	*bytes = n;
	return text;
}

static void csv(const char *text, size_t bytes)
{
	double best = 1e9;

	for (int r = 0; r < REPEATS; r++) {
		unsigned long count = 0;
		struct csv_parser p;
		double start = now_s();

		if (csv_init(&p, CSV_APPEND_NULL) != 0 || csv_parse(&p, text, bytes, count_field, count_row, &count) != bytes)
			exit(70);
		csv_fini(&p, count_field, count_row, &count);
		csv_free(&p);
		if (count != 5ul * CSV_ROWS)
			exit(70);
		if (now_s() - start < best)
			best = now_s() - start;
	}
	say("libcsv", 1e-6 * CSV_ROWS / best, "M rows/s");
}

static void lz4(const char *text, size_t bytes)
{
	int room = LZ4_compressBound((int)bytes), packed = 0;
	char *to = take((size_t)room), *back = take(bytes);
	double best_pack = 1e9, best_unpack = 1e9;

	for (int r = 0; r < REPEATS; r++) {
		double start = now_s();

		packed = LZ4_compress_default(text, to, (int)bytes, room);
		if (now_s() - start < best_pack)
			best_pack = now_s() - start;
		start = now_s();
		if (LZ4_decompress_safe(to, back, packed, (int)bytes) != (int)bytes)
			exit(70);
		if (now_s() - start < best_unpack)
			best_unpack = now_s() - start;
	}
	say("lz4-compress", 1e-9 * (double)bytes / best_pack, "GB/s");
	say("lz4-decompress", 1e-9 * (double)bytes / best_unpack, "GB/s");
	free(to);
	free(back);
}

int main(void)
{
	int threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
	size_t bytes;

	sgemm(1);
	if (threads > 1)
		sgemm(threads);
	memory(1);
	if (threads > 1)
		memory(threads);
	char *text = make_csv(&bytes);

	csv(text, bytes);
	lz4(text, bytes);
	free(text);
	return 0;
}
