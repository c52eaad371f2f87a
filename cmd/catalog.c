/* catalog.c -- masks and names of a model's items. */
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
