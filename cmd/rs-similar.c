/* rs-similar.c -- the items most like given items. */
#include "cmd/catalog.h"
#include "cmd/common.h"
#include "lib/base/mem.h"
#include "lib/data/idlist.h"
#include "lib/report/list.h"

#include <string.h>

static int64_t top_n = 10;
static const char *items_path, *allow_path, *deny_path, *where, *name_column;
static int format;
static struct rs_idlist asked;

static int add_item(const char *value, struct rs_err *err)
{
	return rs_idlist_add(&asked, value, strlen(value), err);
}

static const struct rs_opt opts[] = {
	RS_OPT_INT('n', "top", "N", &top_n, 1, RS_TOPK_MAX, "items for each item"),
	RS_OPT_CALL('i', "item", "ID", add_item, "an item to start from; repeat for more [all items of the model]"),
	RS_OPT_PATH(0, "items", &items_path, "items to start from, one id or {\"itemId\":ID} per line; \"-\" is stdin"),
	RS_OPT_PATH(0, "allow", &allow_path, "only these items, one id per line"),
	RS_OPT_PATH(0, "deny", &deny_path, "not these items, one id per line"),
	RS_OPT_STRING(0, "where", "CONDITION", &where, "only items for which this holds: see rs-filter(7)"),
	RS_OPT_CHOICE('f', "format", "FORMAT", &format, rs_text_format_name, "form of the output"),
	RS_OPT_STRING(0, "name", "COLUMN", &name_column, "add this column of the items table of the datasets"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-similar",
	.synopsis = "[-n N] [--item ID]... MODEL [DATASET...]",
	.summary = "Write the items most like given items.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected a MODEL",
};

struct counts {
	size_t n, n_unknown, n_empty;
};

/* One list. An item that the model does not know gets the popular items. */
static int put_one(struct rs_list_writer *w, const struct rs_model *m, const uint8_t *mask, const char *id, size_t n_id,
                   struct counts *c, struct rs_err *err)
{
	uint32_t item = rs_keys_find(&m->item_key, id, n_id);
	struct rs_list list = { .from_prior = item == RS_NONE };
	int rc;

	if (item == RS_NONE) {
		c->n_unknown++;
		rc = rs_rank_popular(m, (uint32_t)top_n, mask, &list.pick, &list.n, err);
	} else {
		rc = rs_rank_similar(m, item, (uint32_t)top_n, mask, &list.pick, &list.n, err);
	}
	c->n++;
	c->n_empty += list.n == 0;
	if (rc == 0)
		rc = rs_list_put(w, "itemId", id, n_id, &list, err);
	rs_free(list.pick);
	return rc;
}

static int put_all(struct rs_list_writer *w, const struct rs_model *m, const uint8_t *mask, struct counts *c,
                   struct rs_err *err)
{
	bool named = asked.n > 0 || items_path != NULL;
	size_t n = named ? asked.n : m->item_key.n;
	int rc = rs_list_header(w, "item", "similar", err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		size_t n_id;
		const char *id = named ? rs_idlist_get(&asked, i, &n_id) : rs_keys_get(&m->item_key, (uint32_t)i, &n_id);

		rc = put_one(w, m, mask, id, n_id, c, err);
	}
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_list_writer w = { .format = (enum rs_text_format)format };
	struct rs_dataset *d = NULL;
	struct rs_model *m = NULL;
	uint32_t *name_row = NULL;
	uint8_t *mask = NULL;
	struct counts c = { 0 };
	int rc;

	if ((name_column != NULL || where != NULL) && argc < 2)
		return rs_fail(err, RS_EUSAGE, "%s needs a DATASET with a table of items",
		               where != NULL ? "--where" : "--name");
	if ((items_path != NULL && (rc = rs_idlist_read(&asked, items_path, "itemId", err)) < 0) ||
	    (rc = rs_model_open(&m, argv[0], err)) < 0 || (rc = rs_catalog_mask(&mask, m, allow_path, deny_path, err)) < 0)
		goto out;
	if (argc > 1 && ((rc = rs_dataset_open_items(&d, (const char *const *)argv + 1, (size_t)argc - 1, err)) < 0 ||
	                 (name_column != NULL && (rc = rs_catalog_names(&w.name, &name_row, m, d, name_column, err)) < 0) ||
	                 (where != NULL && (rc = rs_catalog_where(&mask, m, d, where, err)) < 0)))
		goto out;
	w.name_row = name_row;
	w.item_key = &m->item_key;
	if ((rc = rs_out_open(&w.out, rs_output, err)) < 0 || (rc = put_all(&w, m, mask, &c, err)) < 0)
		goto out;
	rc = rs_out_commit(&w.out, err);
	if (rc == 0 && c.n_unknown > 0)
		rs_say("%zu of %zu items are not in the model: they got the early-history list", c.n_unknown, c.n);
	if (rc == 0 && c.n_empty > 0)
		rs_say("%zu of %zu lists are empty: nothing goes with the item, or nothing that is allowed", c.n_empty, c.n);
out:
	rs_out_abort(w.out);
	rs_buf_release(&w.line);
	rs_free(mask);
	rs_free(name_row);
	rs_idlist_release(&asked);
	rs_dataset_free(d);
	rs_model_free(m);
	return rc;
}
