/* rs-segment.c -- the people who want an item, or items of a kind, most; people alike, and what marks them. */
#include "cmd/catalog.h"
#include "cmd/common.h"
#include "cmd/segment_clusters.h"
#include "cmd/segment_queries.h"
#include "lib/base/mem.h"
#include "lib/data/idlist.h"
#include "lib/rank/cluster.h"
#include "lib/rank/segment.h"
#include "lib/report/segments.h"

#include <string.h>

#define BEST_OF 10 /* items that speak for a person where a query matches more */

static const char *const by_names[] = { "place", "score", NULL };
static const char *const of_names[] = { "users", "items", NULL };

static int64_t top_n = 25, n_clusters, n_marks = 10;
static const char *queries_path, *user_where, *users_path, *members_path, *name_column;
static int format, seen, by, of;
static struct rs_queries queries;

static int add_item(const char *value, struct rs_err *err)
{
	return rs_queries_add(&queries, RS_QUERY_ITEM, value, strlen(value), err);
}

static int add_where(const char *value, struct rs_err *err)
{
	return rs_queries_add(&queries, RS_QUERY_WHERE, value, strlen(value), err);
}

static const struct rs_opt opts[] = {
	RS_OPT_INT('n', "top", "N", &top_n, 1, 5000000, "people for each item or condition"),
	RS_OPT_CALL('i', "item", "ID", add_item, "an item; repeat for more"),
	RS_OPT_CALL(0, "where", "CONDITION", add_where, "items for which this holds, as one; repeat for more"),
	RS_OPT_PATH(0, "items", &queries_path,
	            "items, one id, {\"itemId\":ID} or {\"itemAttributes\":CONDITION} per line; \"-\" is stdin"),
	RS_OPT_STRING(0, "user-where", "CONDITION", &user_where, "only people for whom this holds"),
	RS_OPT_PATH(0, "users", &users_path, "only these people, one id per line"),
	RS_OPT_CHOICE(0, "seen", "WHAT", &seen, rs_seen_name, "people who had the item"),
	RS_OPT_CHOICE(0, "by", "WHAT", &by, by_names, "what compares people: the item's place in their list, or its score"),
	RS_OPT_INT(0, "clusters", "K", &n_clusters, 0, RS_CLUSTERS_MAX, "instead: so many clusters of people who want alike"),
	RS_OPT_CHOICE(0, "of", "WHAT", &of, of_names, "what is in the clusters"),
	RS_OPT_INT(0, "marks", "N", &n_marks, 1, 1000, "items, and attributes, that tell what marks a cluster"),
	RS_OPT_OUT(0, "members", &members_path, "write here who is in which cluster"),
	RS_OPT_STRING(0, "name", "COLUMN", &name_column, "tell items of clusters by this column of the items table"),
	RS_OPT_CHOICE('f', "format", "FORMAT", &format, rs_text_format_name, "form of the output"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-segment",
	.synopsis = "--item ID|--items FILE|--where CONDITION|--clusters K MODEL DATASET...",
	.summary = "Write the people who want an item, or items of a kind, most; or clusters of people.",
	.opts = opts,
	.min_operands = 2,
	.max_operands = -1,
	.operands_hint = "expected a MODEL and at least one DATASET",
};

/* The people who may be in a segment; *allow stays NULL where all may. */
static int choose_people(uint8_t **allow, const struct rs_dataset *d, struct rs_err *err)
{
	struct rs_idlist ids = { 0 };
	int rc = 0;

	*allow = NULL;
	if (user_where != NULL && (rc = rs_catalog_rows(allow, user_where, d, RS_FILTER_USERS, err)) < 0)
		return rc;
	if (users_path == NULL)
		return 0;
	if ((rc = rs_idlist_read(&ids, users_path, "userId", err)) == 0 && *allow == NULL) {
		*allow = rs_array(d->user_key.n, 1, err);
		rc = *allow == NULL ? RS_ENOMEM : 0;
		if (rc == 0)
			memset(*allow, 1, d->user_key.n);
	}
	for (size_t i = 0; i < ids.n && rc == 0; i++) {
		size_t n;
		const char *id = rs_idlist_get(&ids, i, &n);
		uint32_t u = rs_keys_find(&d->user_key, id, n);

		if (u != RS_NONE && (*allow)[u] != 0)
			(*allow)[u] = 2;
	}
	for (uint32_t u = 0; u < d->user_key.n && rc == 0; u++)
		(*allow)[u] = (*allow)[u] == 2;
	rs_idlist_release(&ids);
	return rc;
}

/* The items of each query, in the numbers of the model. */
struct wanted {
	uint64_t *ptr;
	uint32_t *item;
	size_t cap;
	size_t n_unknown; /* queries that no item of the model answers to */
};

static int add_item_to(struct wanted *w, uint64_t *n, uint32_t item, struct rs_err *err)
{
	int rc = item == RS_NONE ? 0 : rs_grow(&w->item, &w->cap, *n + 1, sizeof *w->item, err);

	if (rc == 0 && item != RS_NONE)
		w->item[(*n)++] = item;
	return rc;
}

/* The items of the model for which the condition holds. */
static int add_where_items(struct wanted *w, uint64_t *n, const char *condition, const struct rs_model *m,
                           const struct rs_dataset *d, struct rs_err *err)
{
	uint8_t *keep;
	int rc = rs_catalog_rows(&keep, condition, d, RS_FILTER_ITEMS, err);

	if (rc < 0) {
		rs_free(keep);
		return rc;
	}
	for (uint32_t i = 0; i < d->item_key.n && rc == 0; i++) {
		size_t n_key;
		const char *key = rs_keys_get(&d->item_key, i, &n_key);

		if (keep[i] != 0)
			rc = add_item_to(w, n, rs_keys_find(&m->item_key, key, n_key), err);
	}
	rs_free(keep);
	return rc;
}

static int add_items(struct wanted *w, size_t q, const struct rs_model *m, const struct rs_dataset *d, struct rs_err *err)
{
	size_t n_text;
	const char *text = rs_idlist_get(&queries.text, q, &n_text);
	uint64_t n = w->ptr[q];
	int rc;

	if (queries.kind[q] == RS_QUERY_ITEM) {
		rc = add_item_to(w, &n, rs_keys_find(&m->item_key, text, n_text), err);
	} else {
		char *condition = rs_strndup(text, n_text, err);

		rc = condition == NULL ? RS_ENOMEM : add_where_items(w, &n, condition, m, d, err);
		rs_free(condition);
	}
	w->n_unknown += n == w->ptr[q];
	w->ptr[q + 1] = n;
	return rc;
}

static int find_items(struct wanted *w, const struct rs_model *m, const struct rs_dataset *d, struct rs_err *err)
{
	int rc = 0;

	if ((w->ptr = rs_array0(queries.text.n + 1, sizeof *w->ptr, err)) == NULL ||
	    rs_grow(&w->item, &w->cap, queries.text.n, sizeof *w->item, err) < 0)
		return RS_ENOMEM;
	for (size_t q = 0; q < queries.text.n && rc == 0; q++)
		rc = add_items(w, q, m, d, err);
	return rc;
}

static int write_segments(struct rs_topk *top, const struct rs_dataset *d, struct rs_err *err)
{
	struct rs_segment_writer w = { .format = (enum rs_text_format)format, .user_key = &d->user_key };
	int rc = rs_out_open(&w.out, rs_output, err);

	if (rc == 0)
		rc = rs_segment_header(&w, err);
	for (size_t q = 0; q < queries.text.n && rc == 0; q++) {
		size_t n;
		const char *text = rs_idlist_get(&queries.text, q, &n);

		rs_topk_sort(&top[q]);
		rc = rs_segment_put(&w, queries.kind[q] == RS_QUERY_ITEM ? "itemId" : "itemAttributes", text, n, top[q].best,
		                    top[q].n, err);
	}
	if (rc == 0)
		rc = rs_out_commit(&w.out, err);
	rs_out_abort(w.out);
	rs_buf_release(&w.line);
	return rc;
}

static int make_tops(struct rs_topk **top, uint32_t k, struct rs_err *err)
{
	uint64_t bytes = (uint64_t)queries.text.n * k * sizeof(struct rs_scored) * 3;
	int rc = rs_mem_require(bytes, "segments", "--top or fewer queries at a time make them smaller", err);

	if (rc < 0)
		return rc;
	if ((*top = rs_array0(queries.text.n, sizeof **top, err)) == NULL)
		return RS_ENOMEM;
	for (size_t q = 0; q < queries.text.n && rc == 0; q++)
		rc = rs_topk_init(&(*top)[q], k, err);
	return rc;
}

static int segment(const struct rs_model *m, const struct rs_dataset *d, struct rs_err *err)
{
	struct rs_segment_options o = { .seen = (enum rs_seen)seen, .best_of = BEST_OF, .by = (enum rs_segment_by)by };
	struct rs_histories h = { .chosen.row_ptr = NULL };
	struct wanted w = { .ptr = NULL };
	struct rs_topk *top = NULL;
	uint8_t *allow = NULL;
	int rc;

	if ((rc = rs_histories_make(&h, m, d, NULL, err)) == 0 && (rc = choose_people(&allow, d, err)) == 0 &&
	    (rc = find_items(&w, m, d, err)) == 0) {
		struct rs_segment_queries q = { .n = queries.text.n, .ptr = w.ptr, .item = w.item };
		uint32_t k = top_n < d->user_key.n ? (uint32_t)top_n : d->user_key.n;

		o.allow = allow;
		if ((rc = make_tops(&top, k > 0 ? k : 1, err)) == 0 && (rc = rs_segment(m, &h, &q, &o, top, err)) == 0)
			rc = write_segments(top, d, err);
	}
	if (rc == 0 && w.n_unknown > 0)
		rs_say("%zu of %zu queries match no item of the model: their segments are empty", w.n_unknown, queries.text.n);
	for (size_t q = 0; q < queries.text.n && top != NULL; q++)
		rs_topk_release(&top[q]);
	rs_free(top);
	rs_free(w.ptr);
	rs_free(w.item);
	rs_free(allow);
	rs_histories_release(&h);
	return rc;
}

static int clusters(const struct rs_model *m, char **path, int n, struct rs_err *err)
{
	struct rs_clusters_how how = { .k = (uint32_t)n_clusters, .n_top = (uint32_t)n_marks, .of_items = of == 1,
		                       .members = members_path, .name = name_column, .format = (enum rs_text_format)format };
	unsigned need = rs_model_needs(m) | RS_NEED_ITEMS | RS_NEED_USERS;
	struct rs_dataset *d = NULL;
	int rc = rs_dataset_open(&d, (const char *const *)path, (size_t)n, need, err);

	if (rc == 0)
		rc = rs_clusters_run(m, d, &how, err);
	rs_dataset_free(d);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_dataset *d = NULL;
	struct rs_model *m = NULL;
	unsigned need;
	int rc;

	if (queries_path != NULL && (rc = rs_queries_read(&queries, queries_path, err)) < 0)
		goto out;
	if ((queries_path == NULL && queries.text.n == 0) == (n_clusters == 0)) {
		rc = rs_fail(err, RS_EUSAGE, "expected --item, --items or --where, or else --clusters");
		goto out;
	}
	if ((rc = rs_model_open(&m, argv[0], err)) < 0)
		goto out;
	if (n_clusters > 0) {
		rc = clusters(m, argv + 1, argc - 1, err);
		goto out;
	}
	need = rs_model_needs(m) | (rs_queries_have_where(&queries) ? RS_NEED_ITEMS : 0u) |
	       (user_where != NULL ? RS_NEED_USERS : 0u);
	if ((rc = rs_dataset_open(&d, (const char *const *)argv + 1, (size_t)argc - 1, need, err)) == 0)
		rc = segment(m, d, err);
out:
	rs_dataset_free(d);
	rs_model_free(m);
	rs_queries_release(&queries);
	return rc;
}
