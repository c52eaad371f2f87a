/* rejects.c -- bad rows, written out. */
#include "lib/data/rejects.h"

#include <inttypes.h>
#include <string.h>

int rs_rejects_open(struct rs_rejects *r, const char *path, uint64_t max, struct rs_err *err)
{
	memset(r, 0, sizeof *r);
	r->max = max;
	return path == NULL ? 0 : rs_out_open(&r->out, path, err);
}

int rs_rejects_header(struct rs_rejects *r, const char *header, size_t n, struct rs_err *err)
{
	int rc;

	if (r->out == NULL)
		return 0;
	if ((rc = rs_out_write(r->out, "position\treason\t", 16, err)) < 0 ||
	    (rc = rs_out_write(r->out, header, n, err)) < 0)
		return rc;
	return rs_out_write(r->out, "\n", 1, err);
}

int rs_rejects_add(struct rs_rejects *r, const char *position, const char *reason, const char *record, size_t n,
                   uint64_t rows, struct rs_err *err)
{
	int rc;

	r->n += rows;
	if (r->out != NULL) {
		if ((rc = rs_out_printf(r->out, err, "%s\t%s\t", position, reason)) < 0 ||
		    (rc = rs_out_write(r->out, record, n, err)) < 0 || (rc = rs_out_write(r->out, "\n", 1, err)) < 0)
			return rc;
	}
	if (r->n <= r->max)
		return 0;
	if (r->max == 0)
		return rs_fail(err, RS_EDATA, "%s: %s", position, reason);
	return rs_fail(err, RS_EDATA, "%s: %s (bad row %" PRIu64 ", --max-rejects allows %" PRIu64 ")", position, reason,
	               r->n, r->max);
}

int rs_rejects_commit(struct rs_rejects *r, struct rs_err *err)
{
	return r->out == NULL ? 0 : rs_out_commit(&r->out, err);
}

void rs_rejects_abort(struct rs_rejects *r)
{
	rs_out_abort(r->out);
	r->out = NULL;
}
