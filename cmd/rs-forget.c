/* rs-forget.c -- datasets as if some users, items or actions had never been in them. */
#include "cmd/common.h"
#include "cmd/proof.h"
#include "lib/base/keymap.h"
#include "lib/base/mem.h"
#include "lib/data/idlist.h"

#include <string.h>

static const char *users_path, *items_path, *actions_path, *proof_path;
static bool strict, in_place;

static const struct rs_opt opts[] = {
	RS_OPT_PATH('u', "users", &users_path, "users to forget: ids, one a line; \"-\" is stdin"),
	RS_OPT_PATH('i', "items", &items_path, "items to forget: ids, one a line; \"-\" is stdin"),
	RS_OPT_PATH('a', "actions", &actions_path, "actions to forget: ids, one a line; \"-\" is stdin"),
	RS_OPT_FLAG(0, "in-place", &in_place, "rewrite each file that holds one of them, instead of writing their union"),
	RS_OPT_OUT(0, "proof", &proof_path, "write here what was searched and found, as JSON Lines"),
	RS_OPT_FLAG(0, "strict", &strict, "an id that is in none of the datasets is an error"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-forget",
	.synopsis = "[--users FILE] [--items FILE] [--actions FILE] DATASET...",
	.summary = "Writes datasets without these users, items and actions, as if they had never been in them.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.operands_hint = "expected at least one DATASET",
};

/* A list of ids, sorted; known[i]: it stood in some dataset. */
struct list {
	const char *path;
	struct rs_keys *key;
	uint8_t *known;
};

struct forgetting {
	struct rs_forget f;
	struct list list[3];
	struct rs_forgotten sum;
	size_t n_rewritten;
	struct rs_proof proof;
};

static int read_list(struct list *l, struct rs_err *err)
{
	struct rs_idlist ids = { 0 };
	struct rs_keymap *map = NULL;
	uint32_t ix;
	int rc;

	if ((rc = rs_keymap_new(&map, err)) < 0)
		return rc;
	if (l->path != NULL)
		rc = rs_idlist_read(&ids, l->path, NULL, err);
	for (size_t i = 0; i < ids.n && rc == 0; i++) {
		size_t n;
		const char *id = rs_idlist_get(&ids, i, &n);

		rc = rs_keymap_add(map, id, n, &ix, err);
	}
	if (rc == 0)
		rc = rs_keys_from_map(l->key, map, NULL, err);
	if (rc == 0 && (l->known = rs_array0(l->key->n, 1, err)) == NULL)
		rc = RS_ENOMEM;
	rs_idlist_release(&ids);
	rs_keymap_free(map);
	return rc;
}

static int read_lists(struct forgetting *g, struct rs_err *err)
{
	int rc = 0;

	g->list[0] = (struct list){ users_path, &g->f.user, NULL };
	g->list[1] = (struct list){ items_path, &g->f.item, NULL };
	g->list[2] = (struct list){ actions_path, &g->f.action, NULL };
	if (users_path == NULL && items_path == NULL && actions_path == NULL)
		return rs_fail(err, RS_EUSAGE, "nothing to forget: expected --users FILE, --items FILE or --actions FILE");
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = read_list(&g->list[i], err);
	return rc;
}

static void mark_known(struct list *l, const struct rs_keys *key)
{
	for (uint32_t i = 0; i < l->key->n; i++) {
		size_t n;
		const char *id = rs_keys_get(l->key, i, &n);

		if (rs_keys_find(key, id, n) != RS_NONE)
			l->known[i] = 1;
	}
}

static void mark(struct forgetting *g, const struct rs_dataset *d)
{
	mark_known(&g->list[0], &d->user_key);
	mark_known(&g->list[1], &d->item_key);
	if (d->actions == NULL)
		return;
	mark_known(&g->list[0], &d->actions->user_key);
	mark_known(&g->list[2], &d->actions->item_key);
}

static int count_unknown(const struct forgetting *g, uint64_t *n_unknown, struct rs_err *err)
{
	*n_unknown = 0;
	for (int k = 0; k < 3; k++) {
		const struct list *l = &g->list[k];

		for (uint32_t i = 0; i < l->key->n; i++) {
			char q[RS_QUOTE_MAX];
			size_t n;
			const char *id = rs_keys_get(l->key, i, &n);

			if (l->known[i] != 0)
				continue;
			(*n_unknown)++;
			if (strict)
				return rs_fail(err, RS_EDATA, "%s: unknown id %s: expected one of the dataset", l->path,
				               rs_quote(q, sizeof q, id, n));
		}
	}
	return 0;
}

static void add_counts(struct rs_forgotten *sum, const struct rs_forgotten *n)
{
	sum->users += n->users;
	sum->items += n->items;
	sum->actions += n->actions;
	sum->events += n->events + n->action_events;
	sum->impressions += n->impressions;
	sum->steps += n->steps;
}

/* ---- each file by itself ---- */

/* Everything is looked at before anything is written. */
static int look_at_all(struct forgetting *g, char **path, int n, struct rs_err *err)
{
	uint64_t n_unknown;
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		struct rs_dataset *d = NULL;

		if (strcmp(path[i], "-") == 0)
			return rs_fail(err, RS_EUSAGE, "--in-place cannot rewrite stdin");
		if ((rc = rs_dataset_open(&d, (const char *const *)&path[i], 1, RS_NEED_ALL, err)) == 0)
			mark(g, d);
		rs_dataset_free(d);
	}
	return rc < 0 ? rc : count_unknown(g, &n_unknown, err);
}

static int rewrite(struct forgetting *g, const char *path, struct rs_err *err)
{
	struct rs_dataset *d = NULL, *rest = NULL;
	struct rs_forgotten n;
	int rc;

	if ((rc = rs_proof_before(&g->proof, &path, 1, err)) < 0 ||
	    (rc = rs_dataset_open(&d, &path, 1, RS_NEED_ALL, err)) < 0 || (rc = rs_forget(&rest, d, &g->f, &n, err)) < 0)
		goto out;
	add_counts(&g->sum, &n);
	if (rest != NULL && (rc = rs_dataset_write(rest, path, err)) == 0)
		g->n_rewritten++;
	if (rc == 0)
		rc = rs_proof_after(&g->proof, path, &g->f, &n, err);
out:
	rs_dataset_free(d);
	rs_dataset_free(rest);
	return rc;
}

static int rewrite_all(struct forgetting *g, char **path, int n, struct rs_err *err)
{
	int rc = look_at_all(g, path, n, err);

	for (int i = 0; i < n && rc == 0; i++)
		if ((rc = rewrite(g, path[i], err)) < 0 && g->n_rewritten > 0)
			rs_fail_prefix(err, "%zu of %d files are rewritten, run it again for the others", g->n_rewritten, n);
	return rc;
}

/* ---- the union ---- */

static int write_union(struct forgetting *g, const char *const *path, size_t n, struct rs_err *err)
{
	struct rs_dataset *d = NULL, *rest = NULL;
	struct rs_forgotten count;
	uint64_t n_unknown;
	int rc;

	if ((rc = rs_refuse_terminal(rs_output, err)) < 0 || (rc = rs_proof_before(&g->proof, path, n, err)) < 0 ||
	    (rc = rs_dataset_open(&d, path, n, RS_NEED_ALL, err)) < 0)
		goto out;
	mark(g, d);
	if ((rc = count_unknown(g, &n_unknown, err)) < 0 || (rc = rs_forget(&rest, d, &g->f, &count, err)) < 0 ||
	    (rc = rs_dataset_write(rest == NULL ? d : rest, rs_output, err)) < 0)
		goto out;
	add_counts(&g->sum, &count);
	rc = rs_proof_after(&g->proof, rs_output, &g->f, &count, err);
out:
	rs_dataset_free(d);
	rs_dataset_free(rest);
	return rc;
}

static int check_options(struct rs_err *err)
{
	if (in_place && strcmp(rs_output, "-") != 0)
		return rs_fail(err, RS_EUSAGE, "--in-place beside -o: use one of them");
	if (proof_path != NULL && !in_place && strcmp(rs_output, "-") == 0)
		return rs_fail(err, RS_EUSAGE, "--proof reads the result again: expected -o FILE or --in-place");
	return 0;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct forgetting g = { 0 };
	uint64_t n_unknown = 0;
	int rc;

	if ((rc = check_options(err)) < 0 || (rc = read_lists(&g, err)) < 0 ||
	    (rc = rs_proof_open(&g.proof, proof_path, err)) < 0)
		goto out;
	rc = in_place ? rewrite_all(&g, argv, argc, err) : write_union(&g, (const char *const *)argv, (size_t)argc, err);
	if (rc < 0 || (rc = rs_proof_commit(&g.proof, err)) < 0)
		goto out;
	rc = count_unknown(&g, &n_unknown, err);
	rs_say("%u users, %u items, %llu events forgotten; %llu ids unknown", g.sum.users, g.sum.items,
	       (unsigned long long)g.sum.events, (unsigned long long)n_unknown);
	if (in_place)
		rs_say("%zu of %d files rewritten", g.n_rewritten, argc);
out:
	rs_proof_release(&g.proof);
	for (int i = 0; i < 3; i++)
		rs_free(g.list[i].known);
	rs_keys_release(&g.f.user);
	rs_keys_release(&g.f.item);
	rs_keys_release(&g.f.action);
	return rc;
}
