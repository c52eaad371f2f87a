/* jsonw.c -- see jsonw.h. */
#include "lib/report/jsonw.h"

#include "lib/base/text.h"
#include "lib/report/field.h"

#include <math.h>
#include <string.h>

static void add(struct rs_jsonw *w, const char *p, size_t n)
{
	if (w->rc == 0)
		w->rc = rs_buf_add(w->b, p, n, w->err);
}

static void start(struct rs_jsonw *w, const char *name)
{
	if (w->comma)
		add(w, ",", 1);
	w->comma = true;
	if (name == NULL)
		return;
	if (w->rc == 0)
		w->rc = rs_field_json(w->b, name, strlen(name), w->err);
	add(w, ":", 1);
}

void rs_jw_open(struct rs_jsonw *w, const char *name, char bracket)
{
	start(w, name);
	add(w, &bracket, 1);
	w->comma = false;
}

void rs_jw_close(struct rs_jsonw *w, char bracket)
{
	add(w, &bracket, 1);
	w->comma = true;
}

void rs_jw_bytes(struct rs_jsonw *w, const char *name, const char *p, size_t n)
{
	start(w, name);
	if (w->rc == 0)
		w->rc = rs_field_json(w->b, p, n, w->err);
}

void rs_jw_text(struct rs_jsonw *w, const char *name, const char *text)
{
	if (text != NULL) {
		rs_jw_bytes(w, name, text, strlen(text));
		return;
	}
	start(w, name);
	add(w, "null", 4);
}

void rs_jw_count(struct rs_jsonw *w, const char *name, uint64_t v)
{
	char text[RS_NUM_MAX];

	start(w, name);
	add(w, text, rs_put_u64(text, v));
}

void rs_jw_int(struct rs_jsonw *w, const char *name, int64_t v)
{
	char text[RS_NUM_MAX];

	start(w, name);
	add(w, text, rs_put_i64(text, v));
}

void rs_jw_number(struct rs_jsonw *w, const char *name, double v)
{
	char text[RS_NUM_MAX];

	if (!isfinite(v)) {
		rs_jw_text(w, name, NULL);
		return;
	}
	start(w, name);
	add(w, text, rs_put_f64(text, v));
}

void rs_jw_bool(struct rs_jsonw *w, const char *name, bool v)
{
	start(w, name);
	add(w, v ? "true" : "false", v ? 4 : 5);
}

void rs_jw_time(struct rs_jsonw *w, const char *name, int64_t s)
{
	char text[RS_NUM_MAX];

	rs_jw_bytes(w, name, text, rs_put_iso_time(text, s));
}
