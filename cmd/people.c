/* people.c -- the people that a command serves, out of datasets. */
#include "cmd/people.h"

#include "lib/base/keymap.h"

/* Their ids in map, but no more than so few; *many where there are more. */
static int collect(struct rs_keymap *map, const struct rs_idlist *asked, bool *many, struct rs_err *err)
{
	uint32_t ix;
	int rc = 0;

	for (size_t i = 0; i < asked->n && rc == 0 && rs_keymap_count(map) <= RS_PEOPLE_MAX; i++) {
		size_t n;
		const char *id = rs_idlist_get(asked, i, &n);

		rc = rs_keymap_add(map, id, n, &ix, err);
	}
	*many = rs_keymap_count(map) > RS_PEOPLE_MAX;
	return rc;
}

int rs_people_open(struct rs_dataset **out, const struct rs_idlist *asked, const char *const *path, size_t n, unsigned need,
                   struct rs_err *err)
{
	struct rs_keymap *map;
	struct rs_keys users;
	bool many = true;
	int rc;

	if (asked == NULL)
		return rs_dataset_open(out, path, n, need, err);
	if ((rc = rs_keymap_new(&map, err)) < 0)
		return rc;
	if ((rc = collect(map, asked, &many, err)) == 0 && !many && (rc = rs_keys_from_map(&users, map, NULL, err)) == 0) {
		rc = rs_dataset_lookup(out, path, n, &users, err);
		rs_keys_release(&users);
	}
	rs_keymap_free(map);
	return rc == 0 && many ? rs_dataset_open(out, path, n, need, err) : rc;
}
