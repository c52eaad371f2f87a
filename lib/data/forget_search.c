/* forget_search.c -- looks for forgotten ids in all that a dataset holds. */
#include "lib/base/mem.h"
#include "lib/data/forget.h"
#include "lib/data/names.h"

#include <stdio.h>
#include <string.h>

static bool listed(const struct rs_keys *list, const char *id, size_t n)
{
	return list->n > 0 && rs_keys_find(list, id, n) != RS_NONE;
}

static bool any_listed(const struct rs_forget *f, const char *id, size_t n)
{
	return listed(&f->user, id, n) || listed(&f->item, id, n) || listed(&f->action, id, n);
}

static bool in_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
	       (unsigned char)c > 127;
}

/* Whether a word of the text, between bytes that are neither letters, digits, '_', '-' nor above 127, is one of the ids;
 * *n_words (may be NULL) is added to. */
static bool names_somebody(const struct rs_forget *f, const char *text, size_t n, uint64_t *n_words)
{
	bool found = any_listed(f, text, n);

	for (size_t at = 0, end; at < n; at = end + 1) {
		for (end = at; end < n && in_word(text[end]); end++)
			;
		if (end == at)
			continue;
		if (n_words != NULL)
			(*n_words)++;
		found |= any_listed(f, text + at, end - at);
	}
	return found;
}

bool rs_forget_names_step(const struct rs_forget *f, const char *step, size_t n)
{
	static const char condition[] = " --where ";
	const char *p = memmem(step, n, condition, sizeof condition - 1);

	return p != NULL && names_somebody(f, p, (size_t)(step + n - p), NULL);
}

/* ---- what a dataset holds ---- */

static int mention(struct rs_search *s, const char *table, const char *column, uint64_t n, struct rs_err *err)
{
	struct rs_mention *m;

	if (n == 0)
		return 0;
	if (rs_grow(&s->mention, &s->cap_mentions, s->n_mentions + 1, sizeof *s->mention, err) < 0)
		return RS_ENOMEM;
	m = &s->mention[s->n_mentions];
	snprintf(m->table, sizeof m->table, "%s", table);
	m->n = n;
	if ((m->column = rs_strndup(column, strlen(column), err)) == NULL)
		return RS_ENOMEM;
	s->n_mentions++;
	return 0;
}

/* Ids that must not be there any more. */
static void search_ids(struct rs_search *s, const struct rs_keys *key, const struct rs_keys *list)
{
	s->ids += key->n;
	for (uint32_t i = 0; i < key->n; i++) {
		size_t n;
		const char *id = rs_keys_get(key, i, &n);

		s->found += listed(list, id, n);
	}
}

static int search_column(struct rs_search *s, const char *table, const struct rs_column *c, const struct rs_keys *item,
                         const struct rs_forget *f, struct rs_err *err)
{
	uint64_t n = 0;

	if (c->type == RS_TYPE_CATEGORICAL && item != NULL && rs_name_is(c->name, "impression")) {
		search_ids(s, &c->dict, item);
		return 0;
	}
	for (uint32_t i = 0; c->type == RS_TYPE_CATEGORICAL && i < c->dict.n; i++) {
		size_t len;
		const char *value = rs_keys_get(&c->dict, i, &len);

		s->values++;
		n += names_somebody(f, value, len, NULL);
	}
	for (uint64_t i = 0; c->type == RS_TYPE_TEXT && i < c->n_rows; i++)
		n += c->ptr[i + 1] > c->ptr[i] &&
		     names_somebody(f, c->text + c->ptr[i], (size_t)(c->ptr[i + 1] - c->ptr[i]), &s->words);
	return mention(s, table, c->name, n, err);
}

static int search_columns(struct rs_search *s, const char *table, const struct rs_column *c, uint32_t n_columns,
                          const struct rs_keys *item, const struct rs_forget *f, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < n_columns && rc == 0; i++)
		rc = search_column(s, table, &c[i], item, f, err);
	return rc;
}

static int search_half(struct rs_search *s, const struct rs_dataset *d, bool actions, const struct rs_forget *f,
                       struct rs_err *err)
{
	const struct rs_keys *item = actions ? &f->action : &f->item;
	const char *events = actions ? "action-interactions" : "interactions";
	uint64_t n = 0;
	int rc;

	search_ids(s, &d->user_key, &f->user);
	search_ids(s, &d->item_key, item);
	for (uint32_t i = 0; i < d->type_key.n; i++) {
		size_t len;
		const char *type = rs_keys_get(&d->type_key, i, &len);

		s->values++;
		n += names_somebody(f, type, len, NULL);
	}
	if ((rc = mention(s, events, "EVENT_TYPE", n, err)) < 0 ||
	    (rc = search_columns(s, events, d->context, d->n_context, item, f, err)) < 0 ||
	    (rc = search_columns(s, "users", d->users.column, d->users.n_columns, NULL, f, err)) < 0)
		return rc;
	return search_columns(s, actions ? "actions" : "items", d->items.column, d->items.n_columns, NULL, f, err);
}

int rs_forget_search(struct rs_search *s, const struct rs_dataset *d, const struct rs_forget *f, struct rs_err *err)
{
	int rc;

	memset(s, 0, sizeof *s);
	if ((rc = search_half(s, d, false, f, err)) < 0)
		return rc;
	for (size_t at = 0, n; at < d->prov.n; at += n) {
		const char *p = d->prov.p + at, *lf = memchr(p, '\n', d->prov.n - at);

		n = lf == NULL ? d->prov.n - at : (size_t)(lf - p) + 1;
		s->steps++;
		s->found += rs_forget_names_step(f, p, n);
	}
	return d->actions == NULL ? 0 : search_half(s, d->actions, true, f, err);
}

void rs_search_release(struct rs_search *s)
{
	for (size_t i = 0; i < s->n_mentions; i++)
		rs_free(s->mention[i].column);
	rs_free(s->mention);
	memset(s, 0, sizeof *s);
}
