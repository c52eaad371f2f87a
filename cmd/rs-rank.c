/* rs-rank.c -- given items in each person's own order. */
#include "cmd/catalog.h"
#include "cmd/common.h"
#include "cmd/people.h"
#include "lib/base/mem.h"
#include "lib/base/tiles.h"
#include "lib/data/idlist.h"
#include "lib/data/requests.h"
#include "lib/rank/explain.h"
#include "lib/rank/order.h"
#include "lib/report/list.h"
#include "lib/rank/situations.h"

#include <math.h>
#include <string.h>

#define REQUESTS 4096            /* taken at a time */
#define CANDIDATES (1u << 20)    /* and no more items than so many, but for the last request */

static int64_t top_n, n_causes;
static const char *requests_path = "-", *items_path, *users_path, *name_column;
static int format;
static struct rs_idlist asked, candidates;
static struct rs_text_columns common_context;

static int add_user(const char *value, struct rs_err *err)
{
	return rs_idlist_add(&asked, value, strlen(value), err);
}

static int add_context(const char *value, struct rs_err *err)
{
	return rs_text_columns_set(&common_context, value, err);
}

static const struct rs_opt opts[] = {
	RS_OPT_PATH(0, "requests", &requests_path, "who is asked about which items: JSON Lines, TSV or CSV; \"-\" is stdin"),
	RS_OPT_PATH(0, "items", &items_path, "instead: these items for everybody, one id per line"),
	RS_OPT_CALL('u', "user", "ID", add_user, "with --items: a user; repeat for more [all users of the datasets]"),
	RS_OPT_PATH(0, "users", &users_path, "with --items: users, one id or {\"userId\":ID} per line"),
	RS_OPT_CALL(0, "context", "COLUMN=VALUE", add_context, "the situation of all requests; repeat for more columns"),
	RS_OPT_INT('n', "top", "N", &top_n, 0, RS_TOPK_MAX, "only the first so many items of each request; 0: all"),
	RS_OPT_CHOICE('f', "format", "FORMAT", &format, rs_text_format_name, "form of the output"),
	RS_OPT_INT(0, "explain", "N", &n_causes, 0, 1000, "name up to N past items that caused each item's place"),
	RS_OPT_STRING(0, "name", "COLUMN", &name_column, "add this column of the items table"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-rank",
	.synopsis = "[--requests FILE | --items FILE [--user ID]...] MODEL DATASET...",
	.summary = "Put given items into each person's own order.",
	.opts = opts,
	.min_operands = 2,
	.max_operands = -1,
	.operands_hint = "expected a MODEL and at least one DATASET",
};

/* Requests that are answered together. */
struct chunk {
	struct rs_idlist user, item;
	struct rs_text_columns context; /* by request */
	struct rs_request request[REQUESTS];
	uint8_t from_prior[REQUESTS];
	size_t n;
};

struct serving {
	const struct rs_model *m;
	struct rs_dataset *d, *items; /* items: with their table, where it was read apart, else NULL */
	struct rs_histories h;
	struct rs_csr common;    /* the context of all requests */
	struct rs_requests *in;  /* NULL: the same items for everybody */
	size_t next_user;        /* then: of those asked for, or of the datasets */
	struct chunk *c;
	struct rs_list_writer w;
	struct rs_buf json;      /* the request's items as JSON */
	uint64_t n_requests, n_prior, n_unknown;
};

static void clear(struct rs_idlist *l)
{
	l->n = 0;
	l->bytes.n = 0;
}

/* One more request; 0 at the end. */
static int next_request(struct serving *s, struct rs_err *err)
{
	bool named = asked.n > 0 || users_path != NULL;
	const char *id;
	size_t n;
	int rc;

	if (s->in != NULL) /* before there is a dataset, too */
		return rs_requests_next(s->in, &s->c->user, &s->c->item, &s->c->context, err);
	if (s->next_user == (named ? asked.n : s->d->user_key.n))
		return 0;
	id = named ? rs_idlist_get(&asked, s->next_user, &n) :
	             rs_keys_get(&s->d->user_key, (uint32_t)s->next_user, &n);
	s->next_user++;
	if ((rc = rs_idlist_add(&s->c->user, id, n, err)) < 0)
		return rc;
	for (size_t i = 0; i < candidates.n && rc == 0; i++) {
		id = rs_idlist_get(&candidates, i, &n);
		rc = rs_idlist_add(&s->c->item, id, n, err);
	}
	return rc < 0 ? rc : 1;
}

/* The next requests, whose users are not yet looked for. */
static int fill_chunk(struct serving *s, struct rs_err *err)
{
	struct chunk *c = s->c;

	clear(&c->user);
	clear(&c->item);
	for (c->n = 0; c->n < REQUESTS && c->item.n < CANDIDATES; c->n++) {
		struct rs_request *q = &c->request[c->n];
		int rc;

		q->first = c->item.n;
		if ((rc = next_request(s, err)) <= 0)
			return rc;
		q->n = c->item.n - q->first;
	}
	return 0;
}

/* ,"itemList":["a","b"] */
static int put_asked(struct serving *s, const struct rs_request *q, struct rs_err *err)
{
	struct rs_buf *b = &s->json;
	int rc;

	b->n = 0;
	rc = rs_buf_adds(b, ",\"itemList\":[", err);
	for (uint64_t k = 0; k < q->n && rc == 0; k++) {
		size_t n;
		const char *id = rs_idlist_get(&s->c->item, q->first + k, &n);

		if (k == 0 || (rc = rs_buf_addc(b, ',', err)) == 0)
			rc = rs_field_json(b, id, n, err);
	}
	return rc < 0 ? rc : rs_buf_addc(b, ']', err);
}

/* The causes of those that have a score. */
static int explain(const struct serving *s, const struct rs_request *q, struct rs_pick *pick, uint32_t n,
                   struct rs_cause **room, struct rs_err *err)
{
	struct rs_list known = { .user = q->user, .pick = pick };

	*room = NULL;
	while (known.n < n && !isnan(pick[known.n].score))
		known.n++;
	if ((*room = rs_array((size_t)known.n * (size_t)n_causes, sizeof **room, err)) == NULL)
		return RS_ENOMEM;
	return rs_explain(s->m, &s->h, &known, (uint32_t)n_causes, *room, err);
}

static int put_request(struct serving *s, size_t i, struct rs_pick *pick, struct rs_err *err)
{
	const struct rs_request *q = &s->c->request[i];
	struct rs_list list = { .user = q->user, .pick = pick + q->first, .from_prior = s->c->from_prior[i] != 0 };
	struct rs_cause *room = NULL;
	const char *id;
	size_t n;
	int rc = 0;

	list.n = top_n > 0 && q->n > (uint64_t)top_n ? (uint32_t)top_n : (uint32_t)q->n;
	s->n_requests++;
	s->n_prior += list.from_prior;
	if (n_causes > 0 && !list.from_prior && q->user != RS_NONE)
		rc = explain(s, q, list.pick, list.n, &room, err);
	if (rc == 0 && s->w.format == RS_TEXT_JSONL)
		rc = put_asked(s, q, err);
	id = rs_idlist_get(&s->c->user, i, &n);
	if (rc == 0)
		rc = rs_list_put(&s->w, "userId", id, n, &list, err);
	rs_free(room);
	return rc;
}

static int serve_chunk(struct serving *s, struct rs_err *err)
{
	struct chunk *c = s->c;
	struct rs_keys other = { .n = (uint32_t)c->item.n, .off = c->item.off, .bytes = c->item.bytes.p };
	struct rs_csr situation = { 0 };
	uint32_t *item = rs_array(c->item.n, sizeof *item, err);
	struct rs_pick *pick = rs_array(c->item.n, sizeof *pick, err);
	bool situated = s->common.row_ptr[1] > 0 || c->context.n > 0;
	int rc = item == NULL || pick == NULL ? RS_ENOMEM : 0;

	for (size_t i = 0; i < c->n; i++) {
		size_t n;
		const char *id = rs_idlist_get(&c->user, i, &n);

		c->request[i].user = rs_keys_find(&s->d->user_key, id, n);
	}
	for (size_t k = 0; k < c->item.n && rc == 0; k++) {
		size_t n;
		const char *id = rs_idlist_get(&c->item, k, &n);

		item[k] = rs_keys_find(&s->m->item_key, id, n);
		s->n_unknown += item[k] == RS_NONE;
	}
	s->w.other_key = &other;
	if (rc == 0 && situated)
		rc = rs_situations_make(&situation, s->m, &c->context, &s->common, (uint32_t)c->n,
		                        s->n_requests == 0, err);
	if (rc == 0)
		rc = rs_order(s->m, &s->h, c->request, c->n, item, situated ? &situation : NULL, pick, c->from_prior, err);
	for (size_t i = 0; i < c->n && rc == 0; i++)
		rc = put_request(s, i, pick, err);
	s->w.other_key = NULL;
	rs_free(item);
	rs_free(pick);
	rs_csr_release(&situation);
	rs_progress("ranking", s->n_requests, 0, "requests");
	return rc;
}

static int serve(struct serving *s, struct rs_err *err)
{
	int rc = 0;

	while (rc == 0 && s->c->n > 0)
		if ((rc = serve_chunk(s, err)) == 0)
			rc = fill_chunk(s, err);
	return rc;
}

/* The datasets, and the first requests. Where these are all, they tell who is needed. */
static int open_people(struct serving *s, const char *const *path, size_t n, struct rs_err *err)
{
	bool apart = name_column == NULL || rs_catalog_apart(path, n), named = asked.n > 0 || users_path != NULL;
	const struct rs_idlist *who = named ? &asked : NULL;
	int rc = 0;

	if (s->in != NULL) {
		if ((rc = fill_chunk(s, err)) < 0)
			return rc;
		who = s->c->n < REQUESTS && s->c->item.n < CANDIDATES ? &s->c->user : NULL;
	}
	if (name_column != NULL && apart)
		rc = rs_dataset_open_items(&s->items, path, n, err);
	if (rc == 0)
		rc = rs_people_open(&s->d, apart ? who : NULL, path, n,
		                    rs_model_needs(s->m) | (apart ? 0 : RS_NEED_ITEMS), err);
	return rc == 0 && s->in == NULL ? fill_chunk(s, err) : rc;
}

static int open_all(struct serving *s, const char *const *path, size_t n, struct rs_err *err)
{
	int rc;

	if (items_path != NULL)
		rc = rs_idlist_read(&candidates, items_path, "itemId", err);
	else if ((rc = rs_requests_open(&s->in, requests_path, err)) == 0)
		rs_say_awaited(requests_path, "requests");
	if (rc < 0 || (users_path != NULL && (rc = rs_idlist_read(&asked, users_path, "userId", err)) < 0))
		return rc;
	if ((s->c = rs_array0(1, sizeof *s->c, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = open_people(s, path, n, err)) < 0 ||
	    (rc = rs_situations_common(&s->common, s->m, &common_context, err)) < 0)
		return rc;
	return rs_histories_make(&s->h, s->m, s->d, NULL, err);
}

static int run(struct serving *s, const char *const *path, size_t n, struct rs_err *err)
{
	uint32_t *name_row = NULL;
	int rc = open_all(s, path, n, err);

	if (rc == 0 && name_column != NULL)
		rc = rs_catalog_names(&s->w.name, &name_row, s->m, s->items != NULL ? s->items : s->d, name_column, err);
	if (rc == 0)
		rs_catalog_check_causes(s->m, n_causes);
	s->w.name_row = name_row;
	s->w.format = (enum rs_text_format)format;
	s->w.item_key = &s->m->item_key;
	s->w.because = n_causes > 0;
	s->w.user_features = &s->m->user_features;
	s->w.asked = &s->json;
	if (rc == 0 && (rc = rs_out_open(&s->w.out, rs_output, err)) == 0 &&
	    (rc = rs_list_header(&s->w, "user", "item", err)) == 0 && (rc = serve(s, err)) == 0)
		rc = rs_out_commit(&s->w.out, err);
	if (rc == 0 && s->n_prior > 0)
		rs_say("%llu of %llu people have no history that the model can use: their items are in the early-history order",
		       (unsigned long long)s->n_prior, (unsigned long long)s->n_requests);
	if (rc == 0 && s->n_unknown > 0)
		rs_say("%llu items are not in the model: they come last, in the order given", (unsigned long long)s->n_unknown);
	rs_out_abort(s->w.out);
	rs_buf_release(&s->w.line);
	rs_free(name_row);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct serving s = { 0 };
	struct rs_model *m = NULL;
	int rc = 0;

	if (items_path == NULL && (asked.n > 0 || users_path != NULL))
		return rs_fail(err, RS_EUSAGE, "--user and --users go with --items: requests name their users themselves");
	if (items_path != NULL && strcmp(requests_path, "-") != 0)
		return rs_fail(err, RS_EUSAGE, "--items stands instead of --requests");
	if ((rc = rs_model_open(&m, argv[0], err)) == 0) {
		s.m = m;
		rc = run(&s, (const char *const *)argv + 1, (size_t)argc - 1, err);
	}
	if (s.c != NULL) {
		rs_idlist_release(&s.c->user);
		rs_idlist_release(&s.c->item);
		rs_text_columns_release(&s.c->context);
	}
	rs_free(s.c);
	rs_requests_close(s.in);
	rs_buf_release(&s.json);
	rs_csr_release(&s.common);
	rs_histories_release(&s.h);
	rs_text_columns_release(&common_context);
	rs_dataset_free(s.d);
	rs_dataset_free(s.items);
	rs_idlist_release(&asked);
	rs_idlist_release(&candidates);
	rs_model_free(m);
	return rc;
}
