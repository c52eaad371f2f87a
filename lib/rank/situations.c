/* situations.c -- the context that requests are made in, as the model learned it. */
#include "lib/rank/situations.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <string.h>

static bool is_known(const struct rs_features *f, const struct rs_column *c)
{
	for (uint32_t k = 0; k < f->n_columns; k++)
		if (rs_column_find(c, 1, f->column[k].name) != NULL)
			return true;
	return false;
}

/* What is said of a column that the model was not trained with. */
enum unknown { UNKNOWN_FAILS, UNKNOWN_TOLD, UNKNOWN_SILENT };

static int check_column(const struct rs_features *f, const struct rs_column *c, enum unknown how, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	if (how == UNKNOWN_SILENT || is_known(f, c))
		return 0;
	rs_quote(q, sizeof q, c->name, strlen(c->name));
	if (how == UNKNOWN_FAILS)
		return rs_fail(err, RS_EUSAGE, "context %s: expected a column of context that the model was trained with", q);
	rs_note("context %s is not used: the model was not trained with such a column", q);
	return 0;
}

static int apply(struct rs_csr *out, const struct rs_features *f, struct rs_text_columns *t, uint32_t n, enum unknown how,
                 struct rs_err *err)
{
	struct rs_row_set all = { .n = n };
	struct rs_column *column;
	uint32_t n_columns;
	int rc = rs_text_columns_finish(t, n, &column, &n_columns, err);

	if (rc < 0)
		return rc;
	for (uint32_t c = 0; c < n_columns && rc >= 0; c++)
		rc = check_column(f, &column[c], how, err);
	if (rc >= 0)
		rc = rs_features_apply(out, f, column, n_columns, &all, err);
	rs_columns_free(column, n_columns);
	return rc;
}

/* The features of a column in a row; they are sorted. */
static uint64_t end_of(const struct rs_csr *x, uint64_t from, uint64_t end, const struct rs_feature_column *c)
{
	while (from < end && x->col[from] < c->first + c->n)
		from++;
	return from;
}

/* Row u of own where it tells of a column, else row 0 of common, behind what stands in out. */
static void join_row(struct rs_csr *out, const struct rs_features *f, const struct rs_csr *own, const struct rs_csr *common,
                     uint32_t u)
{
	uint64_t n = out->row_ptr[u], a = own->row_ptr[u], b = common->row_ptr[0];

	for (uint32_t c = 0; c < f->n_columns; c++) {
		uint64_t a_end = end_of(own, a, own->row_ptr[u + 1], &f->column[c]);
		uint64_t b_end = end_of(common, b, common->row_ptr[1], &f->column[c]);
		bool mine = a_end > a;
		const uint32_t *from = mine ? own->col + a : common->col + b;
		uint64_t k = mine ? a_end - a : b_end - b;

		memcpy(out->col + n, from, k * sizeof *from);
		n += k;
		a = a_end;
		b = b_end;
	}
	out->row_ptr[u + 1] = n;
}

int rs_situations_common(struct rs_csr *out, const struct rs_model *m, struct rs_text_columns *common, struct rs_err *err)
{
	memset(out, 0, sizeof *out);
	return apply(out, &m->context_features, common, 1, UNKNOWN_FAILS, err);
}

int rs_situations_make(struct rs_csr *out, const struct rs_model *m, struct rs_text_columns *own, const struct rs_csr *common,
                       uint32_t n, bool tell, struct rs_err *err)
{
	const struct rs_features *f = &m->context_features;
	struct rs_csr said = { 0 };
	int rc;

	*out = (struct rs_csr){ .n_rows = n, .n_cols = f->n };
	if ((rc = apply(&said, f, own, n, tell ? UNKNOWN_TOLD : UNKNOWN_SILENT, err)) < 0)
		return rc;
	if ((out->row_ptr = rs_array0((size_t)n + 1, sizeof *out->row_ptr, err)) == NULL ||
	    (out->col = rs_array(said.row_ptr[n] + n * common->row_ptr[1], sizeof *out->col, err)) == NULL) {
		rs_csr_release(&said);
		rs_csr_release(out);
		return RS_ENOMEM;
	}
	for (uint32_t u = 0; u < n; u++)
		join_row(out, f, &said, common, u);
	rs_csr_release(&said);
	return 0;
}
