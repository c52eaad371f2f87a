/* mutant.c -- rs files with one or two elements changed and every checksum right, read and used in this process.
 *
 * Usage: mutant [-n CASES] [-f FIRST] DATASET FILE...
 *
 * Each case changes a FILE: an element of a chunk becomes an edge value, or that of a neighbour; a chunk gets longer,
 * shorter, empty, lost, doubled or renumbered; a number in a header becomes another. What comes out is opened and, where
 * that works, used: a model serves, explains and judges the people of DATASET, a dataset is looked into, joined, analysed and
 * forgotten. That has to end with success or a sentence on bad data, in little time and memory; items are those of the
 * model, numbers finite. The cases run in children, so that a crash names its case. Ends with 0 if all went well, else with
 * 1. */
#include "lib/analyze/analyze.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/data/forget.h"
#include "lib/data/merge.h"
#include "lib/rank/predict.h"
#include "lib/rank/rank.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_PER_CASE 30
#define MEMORY_MAX (512u << 20)
#define COMPLAINTS_MAX 20
#define PEOPLE 16

static const struct rs_dataset *people;
static const char *people_path;
static char scratch[64];

static void die(const char *what, const struct rs_err *err)
{
	fprintf(stderr, "mutant: %s: %s\n", what, err == NULL ? strerror(errno) : err->text);
	exit(2);
}

static void wrong(const char *what)
{
	fprintf(stderr, "mutant: %s\n", what);
	abort();
}

/* ---- a file as chunks ---- */

struct piece {
	struct rs_chunk c;
	uint8_t *data; /* a spare element stands behind */
	bool gone, twice;
};

struct file {
	const char *path;
	enum rs_file_kind kind;
	unsigned layout;
	size_t n;
	struct piece *piece;
};

static void read_file(struct file *f, const char *path)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_reader *r;

	if (rs_reader_open_any(&r, path, &f->kind, &err) < 0)
		die(path, &err);
	f->path = path;
	f->layout = rs_reader_layout(r);
	f->n = rs_reader_count(r);
	if ((f->piece = calloc(f->n + 1, sizeof *f->piece)) == NULL)
		die(path, NULL);
	for (size_t i = 0; i < f->n; i++) {
		struct piece *p = &f->piece[i];

		p->c = *rs_reader_chunk(r, i);
		if ((p->data = calloc(p->c.n + 1, p->c.elem_bytes)) == NULL
		    || rs_reader_slice(r, rs_reader_chunk(r, i), 0, p->c.n, p->data, &err) < 0)
			die(path, &err);
	}
	rs_reader_close(r);
}

static void copy_file(struct file *to, const struct file *from)
{
	*to = *from;
	if ((to->piece = calloc(from->n + 1, sizeof *to->piece)) == NULL)
		die("memory", NULL);
	for (size_t i = 0; i < from->n; i++) {
		const struct piece *p = &from->piece[i];
		size_t bytes = (p->c.n + 1) * p->c.elem_bytes;

		to->piece[i] = *p;
		if ((to->piece[i].data = malloc(bytes)) == NULL)
			die("memory", NULL);
		memcpy(to->piece[i].data, p->data, bytes);
	}
}

static void release_file(struct file *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->piece[i].data);
	free(f->piece);
}

static void write_file(const struct file *f)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_writer *w;

	if (rs_writer_open_as(&w, scratch, f->kind, f->layout, &err) < 0)
		die(scratch, &err);
	for (size_t i = 0; i < f->n; i++) {
		const struct piece *p = &f->piece[i];

		for (int k = p->gone ? 0 : p->twice ? 2 : 1; k > 0; k--)
			if (rs_writer_chunk(w, p->c.kind, p->c.column, p->c.pack, p->c.elem_bytes, p->data,
			                    p->c.n, &err)
			    < 0)
				die(scratch, &err);
	}
	if (rs_writer_commit(&w, &err) < 0)
		die(scratch, &err);
}

/* ---- the changes ---- */

struct dice {
	uint64_t seed, n;
};

static uint64_t roll(struct dice *d, uint64_t sides)
{
	return rs_rand_below(sides, d->seed, RS_RNG_TEST, d->n++, 0);
}

static uint64_t edge(struct dice *d, uint32_t elem_bytes, uint64_t old, uint64_t n)
{
	static const uint64_t half[] = { 0x7f, 0x7fff, 0, 0x7fffffff, 0, 0, 0, 0x7fffffffffffffff };
	static const uint32_t f32[] = { 0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0xff7fffff,
		                        1,          0x80000000, 0x3f800000, 0xbf800000, 0x4b800000 };
	static const uint64_t f64[] = { 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
		                        0x7fefffffffffffff, 0xffefffffffffffff, 1,
		                        0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000,
		                        0x43e0000000000000 };

	switch (roll(d, 12)) {
	case 0:
		return 0;
	case 1:
		return old + 1;
	case 2:
		return old - 1;
	case 3:
		return UINT64_MAX;
	case 4:
		return UINT64_MAX - 1;
	case 5:
		return half[elem_bytes - 1];
	case 6:
		return half[elem_bytes - 1] + 1;
	case 7:
		return n;
	case 8:
		return old ^ (uint64_t)1 << roll(d, 8 * elem_bytes);
	case 9:
		return roll(d, 1 + 2 * n);
	default:
		if (elem_bytes == 8)
			return f64[roll(d, sizeof f64 / sizeof f64[0])];
		return f32[roll(d, sizeof f32 / sizeof f32[0])];
	}
}

/* A run of digits in a header becomes another number; what follows the rest of its length moves up. */
static bool change_number(struct dice *d, struct piece *p)
{
	static const char *const number[] = { "0",
		                              "-1",
		                              "1",
		                              "2",
		                              "1e308",
		                              "1e-308",
		                              "4294967295",
		                              "4294967296",
		                              "9223372036854775807",
		                              "-9223372036854775808",
		                              "0.5",
		                              "null",
		                              "\"auto\"",
		                              "true",
		                              "[]",
		                              "64",
		                              "1e9" };
	const char *with = number[roll(d, sizeof number / sizeof number[0])];
	size_t n = (size_t)p->c.n, from = (size_t)roll(d, n), to, n_with = strlen(with);
	uint8_t *data;

	while (from < n && (p->data[from] < '0' || p->data[from] > '9'))
		from++;
	for (to = from; to < n && ((p->data[to] >= '0' && p->data[to] <= '9') || p->data[to] == '.'); to++)
		;
	if (from == n || (data = calloc(n + n_with + 1, 1)) == NULL)
		return false;
	memcpy(data, p->data, from);
	memcpy(data + from, with, n_with);
	memcpy(data + from + n_with, p->data + to, n - to);
	free(p->data);
	p->data = data;
	p->c.n = n - (to - from) + n_with;
	return true;
}

static void change_element(struct dice *d, struct piece *p)
{
	uint64_t i, v = 0, spot = roll(d, 6);
	size_t e = p->c.elem_bytes;

	if (p->c.n == 0)
		return;
	i = spot == 0 ? 0 : spot == 1 ? p->c.n - 1 : roll(d, p->c.n);
	if (roll(d, 8) == 0) {
		memmove(p->data + i * e, p->data + roll(d, p->c.n) * e, e);
		return;
	}
	memcpy(&v, p->data + i * e, e);
	v = edge(d, p->c.elem_bytes, v, p->c.n);
	memcpy(p->data + i * e, &v, e);
}

static void change(struct dice *d, struct file *f)
{
	struct piece *p = &f->piece[roll(d, f->n)];
	uint64_t bytes;

	if (p->c.n > 0 && p->data[0] == '{' && p->c.elem_bytes == 1 && roll(d, 4) != 0 && change_number(d, p))
		return;
	switch (roll(d, 24)) {
	case 0:
		p->c.n -= p->c.n > 0;
		break;
	case 1:
		p->c.n = p->c.n / 2;
		break;
	case 2:
		p->c.n = 0;
		break;
	case 3: /* the element behind is 0 */
		p->c.n++;
		break;
	case 4:
		p->gone = true;
		break;
	case 5:
		p->twice = true;
		break;
	case 6:
		p->c.column += roll(d, 2) ? 1 : UINT32_MAX;
		break;
	case 7: /* the same bytes as elements of another size */
		bytes = p->c.n * p->c.elem_bytes;
		p->c.elem_bytes = 1u << roll(d, 4);
		p->c.n = bytes / p->c.elem_bytes;
		break;
	default:
		change_element(d, p);
	}
}

/* ---- the use of what came out ---- */

static int check_list(void *ctx, const struct rs_list *list, struct rs_err *err)
{
	const struct rs_model *m = ctx;

	(void)err;
	for (uint32_t i = 0; i < list->n; i++) {
		const struct rs_pick *p = &list->pick[i];

		if (p->item >= m->item_key.n || !isfinite(p->score))
			wrong("a list with an item or a score that cannot be");
		for (uint32_t k = 0; k < p->n_causes; k++)
			if (p->cause[k].item
			            >= (p->cause[k].is_attribute ? m->user_features.n : m->item_key.n)
			    || isnan(p->cause[k].share))
				wrong("a cause that cannot be");
	}
	return 0;
}

static void check_memory(int rc, const struct rs_err *err)
{
	if (rc == RS_ENOMEM || rc == RS_EINTERNAL)
		wrong(err->text);
}

/* Each person in a situation of its own: one feature, or none. */
static void situate(struct rs_csr *s, const struct rs_model *m, uint64_t *row_ptr, uint32_t *col)
{
	uint32_t n = m->context_features.n;

	*s = (struct rs_csr){ .n_rows = PEOPLE, .n_cols = n, .row_ptr = row_ptr, .col = col };
	row_ptr[0] = 0;
	for (uint32_t u = 0; u < PEOPLE; u++) {
		if (n > 0)
			col[row_ptr[u]] = u * 7 % n;
		row_ptr[u + 1] = row_ptr[u] + (n > 0 && u % 3 != 0);
	}
}

static void judge(const struct rs_model *m, const struct rs_histories *h, const struct rs_csr *context)
{
	uint32_t who[PEOPLE], item[PEOPLE];
	float out[PEOPLE], unsure[PEOPLE];
	struct rs_pairs pairs = {
		.n = PEOPLE, .who = who, .item = item, .context = m->context_features.n > 0 ? context : NULL
	};
	struct rs_err err = RS_ERR_INIT;
	int rc;

	for (uint32_t k = 0; k < PEOPLE; k++) {
		who[k] = k % 5 == 4 ? RS_NONE : k % h->chosen.n_users;
		item[k] = k % 7 == 6 ? RS_NONE : k * 13 % m->item_key.n;
	}
	rc = rs_predict_pairs(m, h, &pairs, out, m->recipe->deviation == NULL ? NULL : unsure, &err);
	check_memory(rc, &err);
	for (uint32_t k = 0; k < PEOPLE && rc == 0; k++)
		if (!isfinite(out[k]) || (m->recipe->deviation != NULL && !isfinite(unsure[k])))
			wrong("a prediction that is not finite");
}

static void use_model(const char *path)
{
	struct rs_model *m;
	struct rs_histories h = { 0 };
	struct rs_rank_options o = { .n = 5, .seen = RS_SEEN_DROP, .explain = 2 };
	struct rs_err err = RS_ERR_INIT;
	uint64_t row_ptr[PEOPLE + 1];
	uint32_t col[PEOPLE], user[PEOPLE], n;
	struct rs_csr situation;
	struct rs_pick *pick;
	int rc = rs_model_open(&m, path, &err);

	check_memory(rc, &err);
	if (rc < 0)
		return;
	situate(&situation, m, row_ptr, col);
	if (m->recipe->situate != NULL)
		o.situation = &situation;
	rc = rs_histories_make(&h, m, people, NULL, &err);
	check_memory(rc, &err);
	for (uint32_t u = 0; u < PEOPLE; u++)
		user[u] = u % people->user_key.n;
	if (rc == 0) {
		check_memory(rs_rank_users(m, &h, user, PEOPLE, &o, check_list, m, &err), &err);
		if (m->recipe->predict != NULL)
			judge(m, &h, &situation);
	}
	for (uint32_t i = 0; i < m->item_key.n; i += 1 + m->item_key.n / 3) {
		rc = rs_rank_similar(m, i, 5, NULL, &pick, &n, &err);
		check_memory(rc, &err);
		if (rc == 0)
			rs_free(pick);
	}
	rs_histories_release(&h);
	rs_model_free(m);
}

static void forget_some(const char *path)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_dataset *d, *rest;
	struct rs_forgotten gone;
	struct rs_forget f = { { 0 }, { 0 }, { 0 } };
	int rc = rs_dataset_open(&d, &path, 1, RS_NEED_ALL, &err);

	check_memory(rc, &err);
	if (rc < 0)
		return;
	for (uint64_t i = 0; i < d->n_events; i++)
		if (d->item[i] >= d->item_key.n)
			wrong("an event on an item that cannot be");
	if (rs_keys_copy(&f.user, &people->user_key, &err) == 0 && rs_forget(&rest, d, &f, &gone, &err) == 0)
		rs_dataset_free(rest);
	rs_keys_release(&f.user);
	rs_dataset_free(d);
}

static void use_dataset(const char *path)
{
	const char *two[2] = { people_path, path }, *again[2] = { path, path };
	char joined[sizeof scratch + 8];
	struct rs_err err = RS_ERR_INIT;
	struct rs_analyze_options o;
	struct rs_merge_counts counts;
	struct rs_analysis *a;
	struct rs_dataset *d;

	forget_some(path);
	if (rs_dataset_lookup(&d, &path, 1, &people->user_key, &err) == 0)
		rs_dataset_free(d);
	snprintf(joined, sizeof joined, "%s.joined", scratch);
	check_memory(rs_merge(joined, two, 2, &counts, &err), &err);
	check_memory(rs_merge(joined, again, 2, &counts, &err), &err);
	check_memory(rs_merge_linked(joined, two, 2, &counts, &(uint32_t){ 0 }, &err), &err);
	unlink(joined);
	rs_analyze_init(&o);
	if (rs_analyze(&a, two, 2, &o, &err) == 0)
		rs_analysis_free(a);
}

/* ---- the run ---- */

static void try_case(const struct file *f, uint64_t i)
{
	struct dice d = { i, 0 };
	struct file changed;

	copy_file(&changed, f);
	change(&d, &changed);
	if (i % 4 == 3)
		change(&d, &changed);
	write_file(&changed);
	release_file(&changed);
	alarm(SECONDS_PER_CASE);
	if (f->kind == RS_FILE_MODEL)
		use_model(scratch);
	else
		use_dataset(scratch);
	alarm(0);
}

/* The cases from *at on, in a child; returns whether it came to the end. */
static bool run(const struct file *f, uint64_t n_cases, volatile uint64_t *at)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork", NULL);
	if (pid == 0) {
		for (; *at < n_cases; (*at)++)
			try_case(f, *at);
		exit(0); /* leaks are looked for here */
	}
	if (waitpid(pid, &status, 0) != pid)
		die("wait", NULL);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	printf("%s: case %llu: wait status %d\n", f->path, (unsigned long long)*at, status);
	fflush(stdout);
	return false;
}

int main(int argc, char **argv)
{
	volatile uint64_t *at =
	        mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rs_err err = RS_ERR_INIT;
	struct rs_dataset *d;
	uint64_t n_cases = 1000, first = 0;
	int c, bad = 0;

	while ((c = getopt(argc, argv, "n:f:")) != -1) {
		if (c != 'n' && c != 'f')
			return 64;
		*(c == 'n' ? &n_cases : &first) = strtoull(optarg, NULL, 10);
	}
	if (argc - optind < 2 || at == MAP_FAILED)
		return 64;
	people_path = argv[optind];
	if (rs_dataset_open(&d, &people_path, 1, RS_NEED_ALL, &err) < 0)
		die(people_path, &err);
	people = d;
	snprintf(scratch, sizeof scratch, "%s/rs-mutant-%ld",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
	rs_mem_set_cap(MEMORY_MAX);
	for (int i = optind + 1; i < argc; i++) {
		struct file f;

		read_file(&f, argv[i]);
		for (*at = first; *at < first + n_cases && bad < COMPLAINTS_MAX; (*at)++) {
			if (run(&f, first + n_cases, at))
				break;
			bad++;
		}
		release_file(&f);
	}
	unlink(scratch);
	rs_dataset_free(d);
	printf("%llu cases of each of %d files: %d went wrong\n", (unsigned long long)n_cases,
	       argc - optind - 1, bad);
	return bad > 0;
}
