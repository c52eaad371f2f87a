/* catalog.c -- masks and names of a model's items, conditions. */
#include "cmd/catalog.h"

#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/nearest.h"
#include "lib/base/tiles.h"
#include "lib/data/idlist.h"

#include <string.h>

/* Sets mask[item] to `to` for each id in the file. */
static int mark(uint8_t *mask, uint8_t to, const struct rs_model *m, const char *path, struct rs_err *err)
{
	struct rs_idlist ids = { 0 };
	size_t unknown = 0;
	int rc = rs_idlist_read(&ids, path, NULL, err);

	for (size_t i = 0; i < ids.n && rc == 0; i++) {
		size_t n;
		const char *id = rs_idlist_get(&ids, i, &n);
		uint32_t item = rs_keys_find(&m->item_key, id, n);

		if (item == RS_NONE)
			unknown++;
		else
			mask[item] = to;
	}
	if (rc == 0 && unknown > 0)
		rs_note("%s: %zu of %zu items are not in the model", path, unknown, ids.n);
	rs_idlist_release(&ids);
	return rc;
}

int rs_catalog_mask(uint8_t **mask, const struct rs_model *m, const char *allow, const char *deny, struct rs_err *err)
{
	int rc = 0;

	*mask = NULL;
	if (allow == NULL && deny == NULL)
		return 0;
	if ((*mask = rs_array(m->item_key.n, 1, err)) == NULL)
		return RS_ENOMEM;
	memset(*mask, allow == NULL, m->item_key.n);
	if (allow != NULL)
		rc = mark(*mask, 1, m, allow, err);
	if (rc == 0 && deny != NULL)
		rc = mark(*mask, 0, m, deny, err);
	return rc;
}

static void prefix(struct rs_err *err, const char *condition)
{
	char q[RS_QUOTE_MAX];

	rs_fail_prefix(err, "condition %s", rs_quote(q, sizeof q, condition, strlen(condition)));
}

int rs_catalog_rows(uint8_t **keep, const char *condition, const struct rs_dataset *d, enum rs_filter_table table,
                    struct rs_err *err)
{
	uint32_t n = table == RS_FILTER_ITEMS ? d->item_key.n : d->user_key.n;
	struct rs_filter *f;
	int rc;

	*keep = NULL;
	if ((rc = rs_filter_parse(&f, condition, err)) < 0) {
		prefix(err, condition);
		return rc;
	}
	if ((*keep = rs_array(n, 1, err)) == NULL)
		rc = RS_ENOMEM;
	else if ((rc = rs_filter_rows(f, d, table, *keep, err)) < 0)
		prefix(err, condition);
	rs_filter_free(f);
	return rc;
}

int rs_catalog_where(uint8_t **mask, const struct rs_model *m, const struct rs_dataset *d, const char *condition,
                     struct rs_err *err)
{
	uint32_t *row = NULL;
	uint8_t *keep;
	int rc = rs_catalog_rows(&keep, condition, d, RS_FILTER_ITEMS, err);

	if (rc < 0 || (rc = rs_keys_match(&m->item_key, &d->item_key, &row, err)) < 0)
		goto out;
	if (*mask == NULL) {
		if ((*mask = rs_array(m->item_key.n, 1, err)) == NULL) {
			rc = RS_ENOMEM;
			goto out;
		}
		memset(*mask, 1, m->item_key.n);
	}
	for (uint32_t i = 0; i < m->item_key.n; i++)
		(*mask)[i] &= row[i] != RS_NONE && keep[row[i]] != 0;
out:
	rs_free(row);
	rs_free(keep);
	return rc;
}

void rs_catalog_check_causes(const struct rs_model *m, int64_t n)
{
	if (n > 0 && m->recipe->explain == NULL)
		rs_note("--explain: a %s model does not tell what caused an item", m->recipe->name);
}

bool rs_catalog_apart(const char *const *path, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rs_path_reads_once(path[i]))
			return false;
	return n > 0;
}

int rs_catalog_names(const struct rs_column **name, uint32_t **row, const struct rs_model *m, const struct rs_dataset *d,
                     const char *column, struct rs_err *err)
{
	char q[RS_QUOTE_MAX], hint[RS_NEAREST_MAX];
	struct rs_nearest near;

	*name = rs_column_find(d->items.column, d->items.n_columns, column);
	if (*name == NULL) {
		rs_nearest_init(&near, column, strlen(column));
		for (uint32_t i = 0; i < d->items.n_columns; i++)
			rs_nearest_show(&near, d->items.column[i].name);
		return rs_fail(err, RS_EUSAGE, "--name %s: the items of the datasets have no such column%s",
		               rs_quote(q, sizeof q, column, strlen(column)), rs_nearest_hint(&near, "", hint, sizeof hint));
	}
	return rs_keys_match(&m->item_key, &d->item_key, row, err);
}
