/* limits.c -- what this machine can do at best, measured in the run that the figures of rs are compared with.
 *
 * Prints lines of "name TAB value TAB unit": single-precision matrix multiplication with one thread and with all, memory
 * bandwidth (STREAM triad, write-allocate not counted), rows of 128 floats added up that are picked at random out of 32 MB,
 * single floats of a 160 KB row added to at random, a bare libcsv pass that only counts fields, and LZ4. */
#include "tests/bench/clock.h"

#include <cblas.h>
#include <csv.h>
#include <lz4.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEATS 3
#define SGEMM_N 3072
#define TRIAD_FLOATS (64u << 20) /* per array: 256 MiB */
#define GATHER_D 128u
#define GATHER_ROWS 65536u
#define SCATTER_N 40000u
#define CSV_ROWS 2000000u

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
		double start = now_s(threads);

		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SGEMM_N, SGEMM_N, SGEMM_N, 1, a, SGEMM_N, b,
		            SGEMM_N, 0, c, SGEMM_N);
		if (now_s(threads) - start < best)
			best = now_s(threads) - start;
	}
	snprintf(name, sizeof name, "sgemm-%d", threads);
	say(name, 2e-9 * (double)n * (double)n * (double)n / best, "GFLOP/s");
	free(a);
	free(b);
	free(c);
}

/* ---- loops that are shared among threads ---- */

struct part {
	float *a, *b, *c;
	const uint32_t *ix;
	size_t n;
};

static void *triad(void *arg)
{
	const struct part *t = arg;

	for (size_t i = 0; i < t->n; i++)
		t->a[i] = t->b[i] + 3.0f * t->c[i];
	return NULL;
}

static void *gather(void *arg)
{
	const struct part *t = arg;
	float sum[GATHER_D] = { 0 };

	for (size_t i = 0; i < t->n / GATHER_D; i++) {
		const float *row = t->b + (size_t)t->ix[i] * GATHER_D;

		for (size_t k = 0; k < GATHER_D; k++)
			sum[k] += row[k];
	}
	memcpy(t->a, sum, sizeof sum);
	return NULL;
}

static void *scatter(void *arg)
{
	const struct part *t = arg;

	for (size_t i = 0; i < t->n; i++)
		t->a[t->ix[i]]++;
	return NULL;
}

/* Seconds of the best of some runs over n floats. */
static double share(int threads, void *(*fn)(void *), struct part all)
{
	struct part *part = take((size_t)threads * sizeof *part);
	pthread_t *thread = take((size_t)threads * sizeof *thread);
	double best = 1e9;

	for (int r = 0; r < REPEATS; r++) {
		double start = now_s(threads);

		for (int i = 0; i < threads; i++) {
			size_t n = all.n / (size_t)threads, from = n * (size_t)i;

			part[i] = (struct part){ all.a + from, all.b + (fn == triad ? from : 0), all.c + from, all.ix, n };
			if (pthread_create(&thread[i], NULL, fn, &part[i]) != 0)
				exit(71);
		}
		for (int i = 0; i < threads; i++)
			pthread_join(thread[i], NULL);
		if (now_s(threads) - start < best)
			best = now_s(threads) - start;
	}
	free(part);
	free(thread);
	return best;
}

static void memory(int threads)
{
	size_t n = TRIAD_FLOATS;
	struct part all = { take(n * sizeof(float)), take(n * sizeof(float)), take(n * sizeof(float)), NULL, n };
	uint32_t *ix = take(n * sizeof *ix);
	uint64_t x = 1;
	char name[32];

	memset(all.a, 0, n * sizeof *all.a);
	memset(all.b, 1, n * sizeof *all.b);
	memset(all.c, 2, n * sizeof *all.c);
	for (size_t i = 0; i < n; i++)
		ix[i] = (uint32_t)((x = x * 6364136223846793005u + 1442695040888963407u) >> 33) % GATHER_ROWS;
	snprintf(name, sizeof name, "memory-%d", threads);
	say(name, 3e-9 * (double)(n * sizeof *all.a) / share(threads, triad, all), "GB/s");
	all.ix = ix;
	snprintf(name, sizeof name, "gather-%d", threads);
	say(name, 1e-9 * (double)(n * sizeof *all.a) / share(threads, gather, all), "GB/s");
	for (size_t i = 0; i < n; i++)
		ix[i] %= SCATTER_N;
	snprintf(name, sizeof name, "scatter-%d", threads);
	say(name, 1e-9 * (double)n / share(threads, scatter, all), "G adds/s");
	free(all.a);
	free(all.b);
	free(all.c);
	free(ix);
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
		double start = now_s(1);

		if (csv_init(&p, CSV_APPEND_NULL) != 0 || csv_parse(&p, text, bytes, count_field, count_row, &count) != bytes)
			exit(70);
		csv_fini(&p, count_field, count_row, &count);
		csv_free(&p);
		if (count != 5ul * CSV_ROWS)
			exit(70);
		if (now_s(1) - start < best)
			best = now_s(1) - start;
	}
	say("libcsv", 1e-6 * CSV_ROWS / best, "M rows/s");
}

static void lz4(const char *text, size_t bytes)
{
	int room = LZ4_compressBound((int)bytes), packed = 0;
	char *to = take((size_t)room), *back = take(bytes);
	double best_pack = 1e9, best_unpack = 1e9;

	for (int r = 0; r < REPEATS; r++) {
		double start = now_s(1);

		packed = LZ4_compress_default(text, to, (int)bytes, room);
		if (now_s(1) - start < best_pack)
			best_pack = now_s(1) - start;
		start = now_s(1);
		if (LZ4_decompress_safe(to, back, packed, (int)bytes) != (int)bytes)
			exit(70);
		if (now_s(1) - start < best_unpack)
			best_unpack = now_s(1) - start;
	}
	say("lz4-compress", 1e-9 * (double)bytes / best_pack, "GB/s");
	say("lz4-decompress", 1e-9 * (double)bytes / best_unpack, "GB/s");
	free(to);
	free(back);
}

int main(void)
{
	int threads = processors();
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
