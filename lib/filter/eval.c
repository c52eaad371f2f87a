/* eval.c -- runs the steps over the rows, tile by tile, with a stack of three-valued columns. */
#include "lib/filter/eval.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/filter/bind.h"

#include <string.h>

#define TILE 8192 /* rows */

struct evaluation {
	const struct rs_filter *f;
	const struct rs_dataset *d;
	enum rs_filter_table table;
	struct rs_bound *bound; /* by step; unused for AND, OR and NOT */
	uint64_t n_rows;
	uint8_t *keep;
};

static void test_rows(const struct evaluation *x, const struct rs_bound *b, uint64_t lo, uint64_t hi, uint8_t *out)
{
	const struct rs_dataset *d = x->d;

	if (x->table != RS_FILTER_EVENTS) {
		for (uint64_t row = lo; row < hi; row++)
			out[row - lo] = rs_bound_test(b, d, row, (uint32_t)row, (uint32_t)row);
		return;
	}
	for (uint32_t user = rs_dataset_user_of(d, lo); lo < hi; user++) {
		uint64_t end = d->row_ptr[user + 1] < hi ? d->row_ptr[user + 1] : hi;

		for (; lo < end; lo++)
			*out++ = rs_bound_test(b, d, lo, user, d->item[lo]);
	}
}

/* a becomes a AND b, a OR b, NOT a. */
static void combine(enum rs_filter_op op, uint8_t *a, const uint8_t *b, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		if (op == RS_FILTER_AND)
			a[i] = a[i] < b[i] ? a[i] : b[i];
		else if (op == RS_FILTER_OR)
			a[i] = a[i] > b[i] ? a[i] : b[i];
		else
			a[i] = (uint8_t)(RS_TRUE - a[i]);
	}
}

static int tile(void *ctx, size_t t, int worker, struct rs_err *err)
{
	const struct evaluation *x = ctx;
	uint64_t lo = t * TILE, n = x->n_rows - lo > TILE ? TILE : x->n_rows - lo;
	uint8_t *stack = rs_array(x->f->depth, TILE, err), *top = stack;

	(void)worker;
	if (stack == NULL)
		return RS_ENOMEM;
	for (size_t s = 0; s < x->f->n_steps; s++) {
		enum rs_filter_op op = x->f->step[s].op;

		if (op >= RS_FILTER_EQ) {
			test_rows(x, &x->bound[s], lo, lo + n, top);
			top += TILE;
			continue;
		}
		if (op != RS_FILTER_NOT)
			top -= TILE;
		combine(op, top - TILE, top, n);
	}
	for (uint64_t i = 0; i < n; i++)
		x->keep[lo + i] = stack[i] == RS_TRUE;
	rs_free(stack);
	return 0;
}

int rs_filter_rows(const struct rs_filter *f, const struct rs_dataset *d, enum rs_filter_table table, uint8_t *keep,
                   struct rs_err *err)
{
	struct evaluation x = { .f = f, .d = d, .table = table, .keep = keep };
	int rc = 0;

	x.n_rows = table == RS_FILTER_EVENTS ? d->n_events : table == RS_FILTER_USERS ? d->user_key.n : d->item_key.n;
	if ((x.bound = rs_array0(f->n_steps, sizeof *x.bound, err)) == NULL)
		return RS_ENOMEM;
	for (size_t s = 0; s < f->n_steps && rc == 0; s++)
		if (f->step[s].op >= RS_FILTER_EQ)
			rc = rs_bind(&x.bound[s], f, s, d, table, err);
	if (rc == 0)
		rc = rs_tiles_run((size_t)((x.n_rows + TILE - 1) / TILE), tile, &x, err);
	for (size_t s = 0; s < f->n_steps; s++)
		rs_bound_release(&x.bound[s]);
	rs_free(x.bound);
	return rc;
}
