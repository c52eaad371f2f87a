/* click_history.c -- a user as the events the user had. */
#include "lib/recipe/click.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <math.h>
#include <string.h>

bool rs_click_kept_out(uint64_t seed, uint64_t event, double validation)
{
	return rs_rand_unit(seed, RS_RNG_VALIDATE, event, 0) < validation;
}

int rs_click_history_init(struct rs_click_history *h, const struct rs_click *m, struct rs_err *err)
{
	memset(h, 0, sizeof *h);
	if ((h->work = rs_array(m->d * (m->d + 2), sizeof *h->work, err)) == NULL ||
	    (h->sums = rs_array(m->n_fields * m->width, sizeof *h->sums, err)) == NULL) {
		rs_click_history_release(h);
		return RS_ENOMEM;
	}
	return 0;
}

void rs_click_history_release(struct rs_click_history *h)
{
	rs_free(h->base);
	rs_free(h->work);
	rs_free(h->z);
	rs_free(h->weight);
	rs_free(h->sums);
	rs_free(h->label);
	memset(h, 0, sizeof *h);
}

static int reserve(struct rs_click_history *h, const struct rs_click *m, size_t n, struct rs_err *err)
{
	size_t cap[4] = { h->cap, h->cap, h->cap, h->cap * m->d };

	if (n <= h->cap)
		return 0;
	if (rs_grow(&h->base, &cap[0], n, sizeof *h->base, err) < 0 ||
	    rs_grow(&h->weight, &cap[1], n, sizeof *h->weight, err) < 0 ||
	    rs_grow(&h->label, &cap[2], n, sizeof *h->label, err) < 0 ||
	    rs_grow(&h->z, &cap[3], n * m->d, sizeof *h->z, err) < 0)
		return RS_ENOMEM;
	h->cap = n;
	return 0;
}

/* The events of user u that train, or those that were kept out. */
static void fill(struct rs_click_history *h, const struct rs_click *m, const struct rs_events *e, uint32_t u,
                 struct rs_click_features user, const struct rs_csr *context, double validation, bool kept_out)
{
	struct rs_click_cells c;

	for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
		float weight = e->weight == NULL ? 1 : e->weight[i];

		if ((validation > 0 && rs_click_kept_out(m->seed, i, validation)) != kept_out)
			continue;
		for (uint32_t k = 0; k <= m->negatives; k++, h->n++) {
			uint32_t item = e->item[i];

			if (k > 0)
				item = rs_click_negative(m, m->seed, item, i - e->row_ptr[u], k);
			rs_click_cells(m, &c, user, &item, rs_click_features_of(context, i));
			h->base[h->n] = rs_click_row(m, &c, h->z + h->n * m->d, h->sums);
			h->weight[h->n] = fabsf(weight);
			h->label[h->n] =
			        k > 0 ? 0 : rs_click_label(m->positive_from, e->value == NULL ? NAN : e->value[i], weight);
		}
	}
}

int rs_click_history_fill(struct rs_click_history *h, const struct rs_click *m, const struct rs_events *e, uint32_t u,
                          struct rs_click_features user, const struct rs_csr *context, double validation,
                          struct rs_err *err)
{
	size_t n = (size_t)(e->row_ptr[u + 1] - e->row_ptr[u]) * (1 + (size_t)m->negatives);
	int rc = reserve(h, m, n, err);

	h->n = h->n_train = 0;
	if (rc < 0 || h->base == NULL)
		return rc;
	fill(h, m, e, u, user, context, validation, false);
	h->n_train = h->n;
	if (validation > 0)
		fill(h, m, e, u, user, context, validation, true);
	rs_click_whiten(m, h->n, h->base, h->z);
	return 0;
}

void rs_click_history_solve(struct rs_click_history *h, const struct rs_click *m, double *x)
{
	rs_click_solve(m->d, x, h->n_train, h->base, h->z, h->label, h->weight, h->work);
}
