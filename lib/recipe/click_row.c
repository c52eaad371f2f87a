/* click_row.c -- one example: its logit, and what belongs to the user. */
#include "lib/recipe/click.h"

#include <math.h>
#include <string.h>

/* The run of a row of features that belongs to field f, whose features start at first. */
static void take(struct rs_click_cells *c, const struct rs_click_field *field, uint32_t f, struct rs_click_features x)
{
	uint32_t lo = 0, hi;

	c->n[f] = 0;
	if (x.n == 0)
		return;
	while (lo < x.n && x.col[lo] < field->first)
		lo++;
	for (hi = lo; hi < x.n && x.col[hi] - field->first < field->n;)
		hi++;
	c->col[f] = x.col + lo;
	c->n[f] = hi - lo;
}

void rs_click_cells(const struct rs_click *m, struct rs_click_cells *c, struct rs_click_features user,
                    const uint32_t *item_ix, struct rs_click_features event)
{
	struct rs_click_features item = { NULL, 0 };

	if (*item_ix < m->n_items && m->item.row_ptr != NULL) {
		item.col = m->item.col + m->item.row_ptr[*item_ix];
		item.n = (uint32_t)(m->item.row_ptr[*item_ix + 1] - m->item.row_ptr[*item_ix]);
	}
	c->n[0] = 0;
	c->col[1] = item_ix;
	c->n[1] = *item_ix < m->n_items;
	for (uint32_t f = 2; f < m->n_fields; f++)
		take(c, &m->field[f], f,
		     m->field[f].owner == RS_CLICK_USER   ? user
		     : m->field[f].owner == RS_CLICK_ITEM ? item
		                                          : event);
}

void rs_click_factors(const struct rs_click *m, const struct rs_click_cells *c, const float **v, float *sums)
{
	for (uint32_t f = 1; f < m->n_fields; f++) {
		const float *table = m->v + m->field[f].w_at * m->width;
		float *sum = sums + f * m->width, x;

		v[f] = c->n[f] == 0 ? NULL : table + (c->col[f][0] - m->field[f].first) * m->width;
		if (c->n[f] < 2)
			continue;
		v[f] = sum;
		x = 1 / sqrtf((float)c->n[f]);
		memset(sum, 0, m->width * sizeof *sum);
		for (uint32_t i = 0; i < c->n[f]; i++) {
			const float *of_value = table + (c->col[f][i] - m->field[f].first) * m->width;

			for (size_t k = 0; k < m->width; k++)
				sum[k] += x * of_value[k];
		}
	}
}

static double linear(const struct rs_click *m, const struct rs_click_cells *c)
{
	double sum = m->w0;

	for (uint32_t f = 1; f < m->n_fields; f++) {
		double x = c->n[f] > 1 ? 1 / sqrt((double)c->n[f]) : 1;

		for (uint32_t i = 0; i < c->n[f]; i++)
			sum += x * (double)m->w[m->field[f].w_at + (c->col[f][i] - m->field[f].first)];
	}
	return sum;
}

static double product(const float *a, const float *b, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return (double)sum;
}

double rs_click_row(const struct rs_click *m, const struct rs_click_cells *c, float *z, float *sums)
{
	const float *v[RS_CLICK_FIELDS_MAX];
	double sum = linear(m, c);
	size_t k = m->k;
	bool ffm = m->kind == RS_CLICK_FFM;

	memset(z, 0, m->d * sizeof *z);
	z[0] = 1;
	if (m->kind == RS_CLICK_LR)
		return sum;
	rs_click_factors(m, c, v, sums);
	for (uint32_t f = 1; f < m->n_fields; f++) {
		if (v[f] == NULL)
			continue;
		if (ffm && m->field[f].z_at > 0)
			memcpy(z + m->field[f].z_at, v[f], k * sizeof *z);
		for (size_t i = 0; i < k && !ffm; i++)
			z[1 + i] += (m->r == NULL ? 1 : m->r[f]) * v[f][i];
		for (uint32_t g = f + 1; g < m->n_fields; g++)
			if (v[g] != NULL)
				sum += (m->r == NULL ? 1 : (double)m->r[f * m->n_fields + g]) *
				       product(v[f] + (ffm ? g * k : 0), v[g] + (ffm ? f * k : 0), k);
	}
	return sum;
}
