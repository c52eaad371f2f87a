/* lists.c -- any system's lists, read from TSV, CSV or JSON Lines. */
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/json.h"
#include "lib/data/source.h"
#include "lib/eval/protocol.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	uint32_t user, item; /* truth's user; index into the map of items */
	uint64_t rank;
};

struct lists {
	struct entry *e;
	size_t n, cap;
	struct rs_keymap *items;
	enum { LISTS_TSV, LISTS_CSV, LISTS_JSON } form;
	int user_col, item_col, rank_col; /* of TSV and CSV */
};

#define MAX_FIELDS 64

/* Cuts a line at tabs and undoes \t \n \r \\. Returns the number of fields. */
static size_t cut(char *p, size_t n, char *field[MAX_FIELDS], size_t len[MAX_FIELDS])
{
	size_t k = 0, to = 0;

	field[0] = p;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\t') {
			len[k] = (size_t)(p + to - field[k]);
			if (++k == MAX_FIELDS)
				return k;
			field[k] = p + to;
		} else if (p[i] == '\\' && i + 1 < n && strchr("tnr\\", p[i + 1]) != NULL) {
			i++;
			p[to++] = (char)(p[i] == 't' ? '\t' : p[i] == 'n' ? '\n' : p[i] == 'r' ? '\r' : '\\');
		} else {
			p[to++] = p[i];
		}
	}
	len[k] = (size_t)(p + to - field[k]);
	return k + 1;
}

/* The same at commas; a cell in double quotes may hold them, and a doubled quote is one. 0: a quote that is not closed. */
static size_t cut_quoted(char *p, size_t n, char *field[MAX_FIELDS], size_t len[MAX_FIELDS])
{
	size_t k = 0, to = 0;
	bool start = true, quoted = false;

	field[0] = p;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"' && quoted && i + 1 < n && p[i + 1] == '"') {
			p[to++] = p[i++];
		} else if (p[i] == '"' && (start || quoted)) {
			quoted = !quoted;
		} else if (p[i] == ',' && !quoted) {
			len[k] = (size_t)(p + to - field[k]);
			if (++k == MAX_FIELDS)
				return k;
			field[k] = p + to;
			start = true;
			continue;
		} else {
			p[to++] = p[i];
		}
		start = false;
	}
	len[k] = (size_t)(p + to - field[k]);
	return quoted ? 0 : k + 1;
}

static int find_field(char *field[], const size_t len[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (len[i] == strlen(name) && memcmp(field[i], name, len[i]) == 0)
			return (int)i;
	return -1;
}

static int keep(struct lists *l, const struct rs_truth *t, const char *user, size_t n_user, const char *item, size_t n_item,
                uint64_t rank, struct rs_err *err)
{
	struct entry e = { .rank = rank, .user = rs_keys_find(&t->user_key, user, n_user) };
	int rc;

	if (e.user == RS_NONE)
		return 0; /* nothing is known of what this person did next */
	if ((rc = rs_keymap_add(l->items, item, n_item, &e.item, err)) < 0 ||
	    (rc = rs_grow(&l->e, &l->cap, l->n + 1, sizeof *l->e, err)) < 0)
		return rc;
	l->e[l->n++] = e;
	return 0;
}

static int take_header(struct lists *l, char *line, size_t n, struct rs_err *err)
{
	char *field[MAX_FIELDS] = { NULL };
	size_t len[MAX_FIELDS] = { 0 }, k;

	l->form = n > 0 && line[0] == '{' ? LISTS_JSON : memchr(line, '\t', n) != NULL ? LISTS_TSV : LISTS_CSV;
	if (l->form == LISTS_JSON)
		return 0;
	k = (l->form == LISTS_TSV ? cut : cut_quoted)(line, n, field, len);
	l->user_col = find_field(field, len, k, "user");
	l->item_col = find_field(field, len, k, "item");
	l->rank_col = find_field(field, len, k, "rank");
	if (l->user_col < 0 || l->item_col < 0 || l->rank_col < 0)
		return rs_fail(err, RS_EDATA, "expected a header with the columns user, item and rank, or JSON Lines");
	return 0;
}

static int take_row(struct lists *l, char *line, size_t n, const struct rs_truth *t, struct rs_err *err)
{
	char *field[MAX_FIELDS] = { NULL }, q[RS_QUOTE_MAX];
	size_t len[MAX_FIELDS] = { 0 }, k = (l->form == LISTS_TSV ? cut : cut_quoted)(line, n, field, len);
	uint64_t rank;

	if (k == 0)
		return rs_fail(err, RS_EDATA, "a quote that is not closed: expected its end in the same line");
	if ((int)k <= l->user_col || (int)k <= l->item_col || (int)k <= l->rank_col)
		return rs_fail(err, RS_EDATA, "expected as many fields as in the header");
	if (!rs_get_u64(field[l->rank_col], len[l->rank_col], &rank) || rank == 0)
		return rs_fail(err, RS_EDATA, "rank %s: expected a whole number from 1",
		               rs_quote(q, sizeof q, field[l->rank_col], len[l->rank_col]));
	return keep(l, t, field[l->user_col], len[l->user_col], field[l->item_col], len[l->item_col], rank, err);
}

/* {"input":{"userId":"7"},"output":{"recommendedItems":["a","b"]},"error":null}; a record with an error has no list. */
static int take_record(struct lists *l, const json_t *o, const struct rs_truth *t, struct rs_err *err)
{
	const json_t *user = json_object_get(json_object_get(o, "input"), "userId"), *output = json_object_get(o, "output");
	const json_t *items = json_object_get(output, "recommendedItems");
	int rc = 0;

	if (!json_is_string(user))
		return rs_fail(err, RS_EDATA, "expected an object with a string \"userId\" in \"input\"");
	if (json_is_null(output) && json_is_string(json_object_get(o, "error")))
		return 0;
	if (!json_is_array(items))
		return rs_fail(err, RS_EDATA, "expected a list \"recommendedItems\" in \"output\"");
	for (size_t i = 0; i < json_array_size(items) && rc == 0; i++) {
		const json_t *item = json_array_get(items, i);

		if (!json_is_string(item))
			return rs_fail(err, RS_EDATA, "recommendedItems: expected strings");
		rc = keep(l, t, json_string_value(user), json_string_length(user), json_string_value(item),
		          json_string_length(item), i + 1, err);
	}
	return rc;
}

static int take_line(struct lists *l, size_t number, char *line, size_t n, const struct rs_truth *t, struct rs_err *err)
{
	json_t *o;
	int rc = number == 1 ? take_header(l, line, n, err) : 0;

	if (rc < 0 || (l->form != LISTS_JSON && number == 1))
		return rc;
	if (l->form != LISTS_JSON)
		return take_row(l, line, n, t, err);
	if (n == 0)
		return 0;
	if ((rc = rs_json_parse(&o, line, n, err)) < 0)
		return rc;
	rc = take_record(l, o, t, err);
	json_decref(o);
	return rc;
}

static int read_lines(struct lists *l, const char *path, const struct rs_truth *t, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	size_t got = 1, number = 0, start = 0;
	struct rs_source *in;
	int rc;

	if ((rc = rs_source_open(&in, path, err)) < 0)
		return rc;
	while (rc == 0 && got > 0) {
		char *lf;

		if (start > 0)
			memmove(b.p, b.p + start, b.n - start);
		b.n -= start;
		start = 0;
		if ((rc = rs_buf_reserve(&b, 1 << 18, err)) < 0 || (rc = rs_source_read(in, b.p + b.n, 1 << 18, &got, err)) < 0)
			break;
		b.n += got;
		while (rc == 0 && start < b.n &&
		       ((lf = memchr(b.p + start, '\n', b.n - start)) != NULL || got == 0)) {
			size_t n = lf == NULL ? b.n - start : (size_t)(lf - (b.p + start)), bom = 0;

			if (number++ == 0 && n >= 3 && memcmp(b.p + start, "\xef\xbb\xbf", 3) == 0)
				bom = 3;
			if ((rc = take_line(l, number, b.p + start + bom,
			                    n - bom - (n > bom && b.p[start + n - 1] == '\r'), t, err)) < 0)
				rs_fail_prefix(err, "%s:%zu", rs_source_name(in), number);
			start += n + (lf != NULL);
		}
	}
	if (rc == 0 && number == 0)
		rc = rs_fail(err, RS_EDATA, "%s: empty: expected a header with the columns user, item and rank",
		             rs_source_name(in));
	rs_buf_release(&b);
	rs_source_close(in);
	return rc;
}

static int by_user_rank(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->item > b->item) - (a->item < b->item);
}

/* The lists of the users, in the items' final numbers; an item that a list names twice counts where it stands first. */
static int score_lists(struct rs_scores *s, const struct rs_truth *t, struct lists *l, const uint32_t *number,
                       struct rs_err *err)
{
	static const struct rs_item_facts nothing;
	uint32_t *item = rs_array(l->n, sizeof *item, err);
	uint32_t *last = rs_array0(rs_keymap_count(l->items), sizeof *last, err);

	if (item == NULL || last == NULL) {
		rs_free(item);
		rs_free(last);
		return RS_ENOMEM;
	}
	for (size_t i = 0; i < l->n;) {
		uint32_t u = l->e[i].user;
		size_t n = 0;

		for (; i < l->n && l->e[i].user == u; i++) {
			if (last[l->e[i].item] == u + 1)
				continue;
			last[l->e[i].item] = u + 1;
			item[n++] = number[l->e[i].item];
		}
		rs_scores_take(s, t, &nothing, u, item, n);
	}
	rs_free(item);
	rs_free(last);
	return 0;
}

int rs_eval_lists(struct rs_scores *s, struct rs_truth *t, const char *path, const struct rs_dataset *d,
                  const struct rs_metric *m, size_t n_metrics, struct rs_err *err)
{
	struct rs_keys listed = { 0 }, all = { 0 };
	const struct rs_keys *both[2] = { &listed, &d->item_key };
	uint32_t *perm = NULL, *map[2] = { NULL, NULL };
	struct lists l = { 0 };
	int rc;

	if ((rc = rs_truth_make(t, d, &d->item_key, err)) < 0)
		return rc;
	if ((rc = rs_keymap_new(&l.items, err)) < 0 || (rc = read_lines(&l, path, t, err)) < 0 ||
	    (rc = rs_keys_from_map(&listed, l.items, &perm, err)) < 0 || (rc = rs_keys_union(&all, both, 2, map, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < listed.n; i++)
		perm[i] = map[0][perm[i]];
	rs_truth_release(t);
	if ((rc = rs_truth_make(t, d, &all, err)) < 0 || (rc = rs_scores_init(s, m, n_metrics, t, err)) < 0)
		goto out;
	if (l.n > 0)
		qsort(l.e, l.n, sizeof *l.e, by_user_rank);
	rc = score_lists(s, t, &l, perm, err);
out:
	rs_keys_release(&listed);
	rs_keys_release(&all);
	rs_free(perm);
	rs_free(map[0]);
	rs_free(map[1]);
	rs_free(l.e);
	rs_keymap_free(l.items);
	return rc;
}
