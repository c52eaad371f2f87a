/* list.c -- lists of recommendations as text. */
#include "lib/report/list.h"

#include "lib/base/text.h"

#include <string.h>

#define NAME_MAX_BYTES 256 /* of an attribute with its value: longer ones are cut */

static int put_number(struct rs_buf *b, float v, struct rs_err *err)
{
	int rc = rs_buf_reserve(b, RS_NUM_MAX, err);

	if (rc == 0)
		b->n += rs_put_f32(b->p + b->n, v);
	return rc;
}

static int put_score(struct rs_buf *b, float v, struct rs_err *err)
{
	return v == v ? put_number(b, v, err) : rs_buf_adds(b, "null", err);
}

static const char *item_id(const struct rs_list_writer *w, uint32_t item, size_t *n)
{
	return item < w->item_key->n ? rs_keys_get(w->item_key, item, n) : rs_keys_get(w->other_key, item - w->item_key->n, n);
}

int rs_list_header(struct rs_list_writer *w, const char *first, const char *second, struct rs_err *err)
{
	char sep = w->format == RS_TEXT_CSV ? ',' : '\t';

	if (w->format == RS_TEXT_JSONL)
		return 0;
	return rs_out_printf(w->out, err, "%s%c%s%crank%cscore%s%s\n", first, sep, second, sep, sep,
	                     w->name == NULL ? "" : sep == ',' ? ",name" : "\tname",
	                     !w->because ? "" : sep == ',' ? ",because" : "\tbecause");
}

int rs_column_text(const struct rs_column *c, uint32_t row, struct rs_buf *text, struct rs_err *err)
{
	int rc = 0;

	text->n = 0;
	if (row == RS_NONE)
		return 0;
	if (c->type == RS_TYPE_TEXT)
		return rs_buf_add(text, c->text + c->ptr[row], c->ptr[row + 1] - c->ptr[row], err);
	if (c->type == RS_TYPE_NUMBER) {
		if ((rc = rs_buf_reserve(text, RS_NUM_MAX, err)) == 0 && c->number[row] == c->number[row])
			text->n += rs_put_f64(text->p, c->number[row]);
		return rc;
	}
	for (uint64_t k = c->ptr[row]; k < c->ptr[row + 1] && rc == 0; k++) {
		size_t n;
		const char *value = rs_keys_get(&c->dict, c->code[k], &n);

		if (k > c->ptr[row])
			rc = rs_buf_addc(text, '|', err);
		if (rc == 0)
			rc = rs_buf_add(text, value, n, err);
	}
	return rc;
}

static int name_of(const struct rs_list_writer *w, uint32_t item, struct rs_buf *text, struct rs_err *err)
{
	return rs_column_text(w->name, item < w->item_key->n ? w->name_row[item] : RS_NONE, text, err);
}

static int put_cell(struct rs_list_writer *w, const char *p, size_t n, struct rs_err *err)
{
	return w->format == RS_TEXT_JSONL ? rs_field_json(&w->line, p, n, err) : rs_field(&w->line, w->format, p, n, err);
}

/* The id of the item, or the attribute as "column=value". */
static const char *cause_text(const struct rs_list_writer *w, const struct rs_cause *c, char *room, size_t size, size_t *n)
{
	const char *name;

	if (!c->is_attribute)
		return rs_keys_get(w->item_key, c->item, n);
	name = rs_features_name(w->user_features, c->item, room, size);
	*n = strlen(name);
	return name;
}

/* "item=share; item=share" */
static int causes_text(const struct rs_list_writer *w, const struct rs_pick *p, struct rs_buf *text, struct rs_err *err)
{
	int rc = 0;

	text->n = 0;
	for (uint32_t c = 0; c < p->n_causes && rc == 0; c++) {
		char name[NAME_MAX_BYTES];
		size_t n;
		const char *key = cause_text(w, &p->cause[c], name, sizeof name, &n);

		if ((c > 0 && (rc = rs_buf_adds(text, "; ", err)) < 0) || (rc = rs_buf_add(text, key, n, err)) < 0 ||
		    (rc = rs_buf_addc(text, '=', err)) < 0)
			break;
		rc = put_number(text, p->cause[c].share, err);
	}
	return rc;
}

/* What stands before each item: the user, again and again. 8 bytes more are written. */
static char *put_who(char *to, const char *who, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t x;

		memcpy(&x, who + i, 8);
		memcpy(to + i, &x, 8);
	}
	return to + n;
}

#define CELLS (3 + 20 + RS_NUM_MAX) /* bytes of rank and score, with what separates them */

/* "user item rank score", at the end of which one byte more may follow without asking for room; the first `who` bytes of the
 * buffer are the user with what separates it. */
static int put_cells(struct rs_list_writer *w, size_t who, char sep, const struct rs_pick *p, uint32_t rank, struct rs_err *err)
{
	struct rs_buf *b = &w->line;
	size_t n;
	const char *item = item_id(w, p->item, &n);
	char *at;
	int rc;

	if ((rc = rs_buf_reserve(b, who + 8 + RS_FIELD_MAX(n) + CELLS, err)) < 0)
		return rc;
	at = b->p + b->n;
	if (rank > 1)
		at = put_who(at, b->p, who);
	at = rs_field_put(at, w->format, item, n);
	*at++ = sep;
	at += rs_put_u64(at, rank);
	*at++ = sep;
	if (p->score == p->score)
		at += rs_put_f32(at, p->score);
	b->n = (size_t)(at - b->p);
	return 0;
}

#define AHEAD 16 /* items whose ids are looked up so long before */

/* The ids of items lie anywhere: where they stand, and then they themselves, are asked for in time. (Always inline: a function
 * that does nothing else is left out by the compiler.) */
static inline __attribute__((always_inline)) void fetch_place(const struct rs_list_writer *w, const struct rs_list *list,
                                                              uint32_t k)
{
	if (k < list->n && list->pick[k].item < w->item_key->n)
		__builtin_prefetch(w->item_key->off + list->pick[k].item);
}

static inline __attribute__((always_inline)) void fetch_id(const struct rs_list_writer *w, const struct rs_list *list,
                                                           uint32_t k)
{
	if (k < list->n && list->pick[k].item < w->item_key->n)
		__builtin_prefetch(w->item_key->bytes + w->item_key->off[list->pick[k].item]);
}

static int put_rows(struct rs_list_writer *w, const char *key, size_t n_key, const struct rs_list *list,
                    struct rs_buf *text, struct rs_err *err)
{
	char sep = w->format == RS_TEXT_CSV ? ',' : '\t';
	size_t who;
	int rc;

	w->line.n = 0; /* all rows of the list, each of which begins as the first does */
	if ((rc = rs_field(&w->line, w->format, key, n_key, err)) < 0 || (rc = rs_buf_addc(&w->line, sep, err)) < 0)
		return rc;
	who = w->line.n;
	for (uint32_t k = 0; k < AHEAD; k++)
		fetch_place(w, list, k);
	for (uint32_t k = 0; k < AHEAD / 2; k++)
		fetch_id(w, list, k);
	for (uint32_t k = 0; k < list->n; k++) {
		const struct rs_pick *p = &list->pick[k];

		fetch_place(w, list, k + AHEAD);
		fetch_id(w, list, k + AHEAD / 2);
		if ((rc = put_cells(w, who, sep, p, k + 1, err)) < 0)
			return rc;
		if (w->name == NULL && !w->because) {
			w->line.p[w->line.n++] = '\n';
			continue;
		}
		if (w->name != NULL && ((rc = name_of(w, p->item, text, err)) < 0 ||
		                        (rc = rs_buf_addc(&w->line, sep, err)) < 0 ||
		                        (rc = put_cell(w, text->p, text->n, err)) < 0))
			return rc;
		if (w->because && ((rc = causes_text(w, p, text, err)) < 0 || (rc = rs_buf_addc(&w->line, sep, err)) < 0 ||
		                   (rc = put_cell(w, text->p, text->n, err)) < 0))
			return rc;
		if ((rc = rs_buf_addc(&w->line, '\n', err)) < 0)
			return rc;
	}
	return list->n == 0 ? 0 : rs_out_write(w->out, w->line.p, w->line.n, err);
}

static int put_causes_json(struct rs_list_writer *w, const struct rs_list *list, struct rs_err *err)
{
	struct rs_buf *b = &w->line;
	int rc = rs_buf_adds(b, ",\"because\":[", err);

	for (uint32_t k = 0; k < list->n && rc == 0; k++) {
		rc = rs_buf_adds(b, k > 0 ? ",[" : "[", err);
		for (uint32_t c = 0; c < list->pick[k].n_causes && rc == 0; c++) {
			const struct rs_cause *cause = &list->pick[k].cause[c];
			char name[NAME_MAX_BYTES];
			size_t n;
			const char *key = cause_text(w, cause, name, sizeof name, &n);

			if ((c > 0 && (rc = rs_buf_addc(b, ',', err)) < 0) ||
			    (rc = rs_buf_adds(b, cause->is_attribute ? "{\"attribute\":" : "{\"itemId\":", err)) < 0 ||
			    (rc = rs_field_json(b, key, n, err)) < 0 || (rc = rs_buf_adds(b, ",\"share\":", err)) < 0 ||
			    (rc = put_number(b, list->pick[k].cause[c].share, err)) < 0)
				return rc;
			rc = rs_buf_addc(b, '}', err);
		}
		if (rc == 0)
			rc = rs_buf_addc(b, ']', err);
	}
	return rc < 0 ? rc : rs_buf_addc(b, ']', err);
}

static int put_json(struct rs_list_writer *w, const char *what, const char *key, size_t n_key, const struct rs_list *list,
                    struct rs_buf *text, struct rs_err *err)
{
	struct rs_buf *b = &w->line;
	int rc;

	b->n = 0;
	if ((rc = rs_buf_addf(b, err, "{\"input\":{\"%s\":", what)) < 0 || (rc = rs_field_json(b, key, n_key, err)) < 0 ||
	    (w->asked != NULL && (rc = rs_buf_add(b, w->asked->p, w->asked->n, err)) < 0) ||
	    (rc = rs_buf_adds(b, "},\"output\":{\"recommendedItems\":[", err)) < 0)
		return rc;
	for (uint32_t k = 0; k < list->n; k++) {
		size_t n;
		const char *item = item_id(w, list->pick[k].item, &n);

		if ((k > 0 && (rc = rs_buf_addc(b, ',', err)) < 0) || (rc = rs_field_json(b, item, n, err)) < 0)
			return rc;
	}
	if ((rc = rs_buf_adds(b, "],\"scores\":[", err)) < 0)
		return rc;
	for (uint32_t k = 0; k < list->n; k++)
		if ((k > 0 && (rc = rs_buf_addc(b, ',', err)) < 0) || (rc = put_score(b, list->pick[k].score, err)) < 0)
			return rc;
	if ((rc = rs_buf_addc(b, ']', err)) < 0)
		return rc;
	if (w->name != NULL) {
		rc = rs_buf_adds(b, ",\"names\":[", err);
		for (uint32_t k = 0; k < list->n && rc == 0; k++)
			if ((k == 0 || (rc = rs_buf_addc(b, ',', err)) == 0) &&
			    (rc = name_of(w, list->pick[k].item, text, err)) == 0)
				rc = rs_field_json(b, text->p, text->n, err);
		if (rc < 0 || (rc = rs_buf_addc(b, ']', err)) < 0)
			return rc;
	}
	if ((w->because && (rc = put_causes_json(w, list, err)) < 0) ||
	    (list->from_prior && (rc = rs_buf_adds(b, ",\"reason\":\"early history\"", err)) < 0) ||
	    (rc = rs_buf_adds(b, "},\"error\":null}\n", err)) < 0)
		return rc;
	return rs_out_write(w->out, b->p, b->n, err);
}

int rs_list_put(struct rs_list_writer *w, const char *what, const char *key, size_t n_key, const struct rs_list *list,
                struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	int rc;

	if (w->format == RS_TEXT_JSONL)
		rc = put_json(w, what, key, n_key, list, &text, err);
	else
		rc = put_rows(w, key, n_key, list, &text, err);
	rs_buf_release(&text);
	return rc;
}
