/* jsonw.h -- writes a JSON object member by member, in the order of the calls. The first failure stays and makes the rest do
 * nothing, so that only the end has to be checked. */
#ifndef RS_REPORT_JSONW_H
#define RS_REPORT_JSONW_H

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct rs_jsonw {
	struct rs_buf *b;
	struct rs_err *err;
	int rc;
	bool comma; /* something stands before on this level */
};

/* name: NULL within an array. */
void rs_jw_open(struct rs_jsonw *w, const char *name, char bracket); /* '{' or '[' */
void rs_jw_close(struct rs_jsonw *w, char bracket);
void rs_jw_bytes(struct rs_jsonw *w, const char *name, const char *p, size_t n);
void rs_jw_text(struct rs_jsonw *w, const char *name, const char *text); /* NULL: null */
void rs_jw_count(struct rs_jsonw *w, const char *name, uint64_t v);
void rs_jw_int(struct rs_jsonw *w, const char *name, int64_t v);
void rs_jw_number(struct rs_jsonw *w, const char *name, double v); /* NaN: null */
void rs_jw_bool(struct rs_jsonw *w, const char *name, bool v);
void rs_jw_time(struct rs_jsonw *w, const char *name, int64_t s); /* "2024-01-01T00:00:00Z" */

#endif
