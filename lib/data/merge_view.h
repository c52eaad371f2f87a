/* merge_view.h -- the rows of one column that a stretch of the work needs, out of all files, decoded in parallel.
 *
 * For each stretch the rows wanted of each file are announced, then loaded; they lie in a row then. Stretches go forward, so
 * that each block is decoded once; what the next stretch needs of the last block stays. Types are those of the result, and
 * so are items that are to be written: those of one file are in the same order in both. */
#ifndef RS_DATA_MERGE_VIEW_H
#define RS_DATA_MERGE_VIEW_H

#include "lib/data/merge_parts.h"

#define MERGE_SLACK 64 /* bytes behind the rows of a file that are readable */
#define MERGE_ALIGNED 16 /* rows that are aligned to words of 64 bits, whatever the size of their elements */

struct merge_view {
	struct merging *m;
	enum merge_what what;
	size_t elem_bytes;
	bool writing; /* items are those of the result, and times were looked at when it was planned */
	struct merge_span {
		uint64_t first, n; /* rows in memory */
		size_t cap;        /* bytes */
		uint8_t *p;
	} *span; /* by file */
	struct merge_block {
		uint32_t source;
		uint64_t block;
		uint8_t *to;
	} *block; /* to be decoded */
	size_t n_blocks, cap_blocks;
};

int merge_view_open(struct merge_view *v, struct merging *m, enum merge_what what, struct rs_err *err);
void merge_view_release(struct merge_view *v);

/* The same of another column, in the memory that it has. */
void merge_view_turn(struct merge_view *v, enum merge_what what);

/* Rows [from, to), from < to, of a file will be looked at; once for each file and stretch. */
int merge_view_want(struct merge_view *v, size_t source, uint64_t from, uint64_t to, struct rs_err *err);
int merge_view_load(struct merge_view *v, struct rs_err *err);

/* Where the row lies, others that were wanted behind it; NULL: the file has no such column. */
static inline const void *merge_view_at(const struct merge_view *v, size_t source, uint64_t row)
{
	const struct merge_span *s = &v->span[source];

	return s->p == NULL ? NULL : s->p + (row - s->first) * v->elem_bytes;
}

/* The rows that a stretch needs of each file, as they are come upon. */
struct merge_needs {
	struct merge_range {
		uint64_t from, to;
	} *range; /* by file; empty where it is not in files */
	uint32_t *file;
	size_t n_files;
};

int merge_needs_open(struct merge_needs *n, const struct merging *m, struct rs_err *err);
void merge_needs_release(struct merge_needs *n);

/* Rows ascend within each file, but for events of one user that tie where the file is loose. */
static inline void merge_needs_add(struct merge_needs *n, uint32_t source, uint64_t from, uint64_t to)
{
	struct merge_range *r = &n->range[source];

	if (r->from == r->to) {
		*r = (struct merge_range){ from, to };
		n->file[n->n_files++] = source;
		return;
	}
	r->from = from < r->from ? from : r->from;
	r->to = to > r->to ? to : r->to;
}

/* Loads them all. */
int merge_needs_load(const struct merge_needs *n, struct merge_view *v, struct rs_err *err);
void merge_needs_clear(struct merge_needs *n);

#endif
