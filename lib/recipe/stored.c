/* stored.c -- arrays of a state into a model file and out of it. */
#include "lib/recipe/stored.h"

#include <math.h>
#include <string.h>

int rs_stored_put_floats(struct rs_writer *w, uint32_t kind, uint32_t column, enum rs_pack pack, const float *x, uint64_t n,
                         struct rs_err *err)
{
	for (uint64_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return rs_fail(err, RS_EDATA,
			               "numbers of the model grew out of range: smaller weights or values of events help");
	return rs_writer_chunk(w, kind, column, pack, sizeof *x, x, n, err);
}

int rs_stored_array(void *array, uint64_t *n, struct rs_reader *r, uint32_t kind, uint32_t elem_bytes, uint64_t n_max,
                    struct rs_err *err)
{
	const struct rs_chunk *c;
	void *data;
	int rc;

	if ((rc = rs_reader_need(r, kind, 0, elem_bytes, n_max, &c, err)) < 0 || (rc = rs_reader_load(r, c, &data, err)) < 0)
		return rc;
	*n = c->n;
	memcpy(array, &data, sizeof data);
	return 0;
}

int rs_stored_floats(float **array, struct rs_reader *r, uint32_t kind, uint32_t column, uint64_t n, float least,
                     const char *what, struct rs_err *err)
{
	int rc = rs_reader_load_exactly(r, kind, column, 4, n, array, err);

	for (uint64_t i = 0; i < n && rc == 0; i++)
		if (!((*array)[i] >= least) || !isfinite((*array)[i]))
			return rs_reader_damaged(r, what, err);
	return rc;
}

int rs_stored_put_parts(struct rs_writer *w, const struct rs_stored_part *part, size_t n_parts, enum rs_pack pack,
                        struct rs_err *err)
{
	int rc = 0;

	for (const struct rs_stored_part *p = part; p < part + n_parts && rc == 0; p++)
		if (p->n > 0)
			rc = rs_stored_put_floats(w, p->kind, p->column, pack, *p->x, p->n, err);
	return rc;
}

int rs_stored_parts(const struct rs_stored_part *part, size_t n_parts, struct rs_reader *r, struct rs_err *err)
{
	int rc = 0;

	for (const struct rs_stored_part *p = part; p < part + n_parts && rc == 0; p++)
		if (p->n > 0)
			rc = rs_stored_floats(p->x, r, p->kind, p->column, p->n, p->least, p->what, err);
	return rc;
}
