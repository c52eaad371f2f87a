/* als_explain.c -- what of a score of als comes from which event, and from which attribute of the person.
 *
 * With A the matrix of the person's equations (als_solve.h) the score of y is y'A^-1 (sum c_i y_i + r m): the share of an
 * event is that of its item, c_i y'A^-1 y_i, where it is the heaviest of the item, and that of a feature f is
 * r t y'A^-1 b_f, t the part of m that the number of events leaves. */
#include "lib/recipe/als.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"
#include "lib/recipe/history.h"

struct looking {
	struct rs_als_solver s;
	struct rs_als_scratch *w;
	struct rs_csr x;     /* the one history */
	const float *target; /* factors of the item */
	float r;
	float *part;         /* by cell of x */
};

static void release(struct looking *l)
{
	rs_als_scratch_free(l->w);
	rs_free(l->part);
	rs_csr_release(&l->x);
}

/* The shares of the cells of the history. */
static int look(struct looking *l, const struct rs_als *m, const struct rs_events *h, uint32_t item, struct rs_err *err)
{
	uint64_t n;
	int rc;

	*l = (struct looking){ .s = rs_als_exact_solver(m), .target = m->items.y + item * m->items.ld };
	if ((rc = rs_als_matrix(m, &l->x, h, err)) < 0)
		return rc;
	n = l->x.row_ptr[1];
	l->r = rs_als_strength(m, rs_als_weight(l->x.val, n), m->n_warm);
	if ((rc = rs_dense_items_touch_rows(&m->items, &l->x, err)) < 0
	    || (rc = rs_dense_items_touch(&m->items, item, item + 1, err)) < 0
	    || (rc = rs_als_scratch_new(&l->w, &l->s, n, err)) < 0)
		return rc;
	if ((l->part = rs_array(n, sizeof *l->part, err)) == NULL)
		return RS_ENOMEM;
	return rs_als_shares(&l->s, l->w, l->x.col, l->x.val, n, l->r, l->target, l->part, err);
}

int rs_als_explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err)
{
	struct looking l;
	int rc = look(&l, state, h, item, err);

	for (uint64_t e = 0; rc == 0 && e < h->row_ptr[1]; e++) {
		uint64_t cell = 0;

		while (l.x.col[cell] != h->item[e])
			cell++;
		share[e] = rs_history_counts(h, e) ? l.part[cell] : 0;
	}
	release(&l);
	return rc;
}

int rs_als_explain_profile(const void *state, const struct rs_people *who, uint32_t item, float *share, struct rs_err *err)
{
	const struct rs_als *m = state;
	const struct rs_csr *p = who->profile;
	float *rest = rs_array(m->items.ld, sizeof *rest, err), trust;
	struct looking l = { 0 };
	uint64_t n;
	int rc = RS_ENOMEM;

	if (rest == NULL || (rc = look(&l, m, who->events, item, err)) < 0)
		goto out;
	n = l.x.row_ptr[1];
	trust = rs_als_trust(m, n);
	if (n > 0)
		rs_als_rest(&l.s, l.x.col, n, l.r, l.target, l.part, rest);
	for (uint64_t e = 0; e < p->row_ptr[1]; e++) {
		const float *b = m->people + ((size_t)p->col[e] + 1) * m->items.ld;

		share[e] = trust * rs_isa()->dot(n > 0 ? rest : l.target, b, m->items.ld);
	}
out:
	rs_free(rest);
	release(&l);
	return rc;
}
