/* intake_sessions.c -- visitors who turn out to be somebody.
 *
 * An event without a user is one of the visitor of its session, whose name it is. Where some event carries this session and a
 * user, the visitor was that user, and all events of the visitor are theirs. If several users share a session, the earliest
 * of these events counts, then the lower id. Pseudonyms come after that, as they name visitors and sessions alike. */
#include "lib/data/intake_parts.h"

#include "lib/base/mem.h"

#include <string.h>

struct session {
	uint32_t visitor; /* the user called like the session, or RS_NONE */
	uint32_t user;    /* who the visitor was, or RS_NONE */
	int64_t time_s;
};

static bool lower_key(const struct rs_keymap *map, uint32_t a, uint32_t b)
{
	size_t na, nb;
	const char *pa = rs_keymap_key(map, a, &na), *pb = rs_keymap_key(map, b, &nb);

	return rs_key_cmp(pa, na, pb, nb) < 0;
}

/* Finds the user of each session. false: nobody has a name but that of the session, which then says nothing. */
static bool find_users(const struct rs_intake *in, const struct rs_keymap *map, struct session *s)
{
	bool named = false;

	for (uint64_t i = 0; i < in->n_rows; i++) {
		int64_t t = in->has_time ? in->time_s[i] : 0;
		struct session *k;

		if (in->session_code[i] == RS_NONE) {
			named = true;
			continue;
		}
		k = &s[rs_values_place(&in->session, in->session_code[i])];
		if (in->user[i] == k->visitor)
			continue;
		named = true;
		if (k->user == RS_NONE || t < k->time_s || (t == k->time_s && lower_key(map, in->user[i], k->user))) {
			k->user = in->user[i];
			k->time_s = t;
		}
	}
	return named;
}

/* The maps belong to the workers. */
static void replace_map(struct rs_intake *in, struct rs_keymap **map, struct rs_keymap *by)
{
	for (int i = 0; i < RS_THREADS_MAX; i++)
		if (in->worker[i] != NULL && in->worker[i]->key[RS_ROLE_USER] == *map)
			in->worker[i]->key[RS_ROLE_USER] = by;
	rs_keymap_free(*map);
	*map = by;
}

/* The map without the keys that were visitors and have no event any more; the codes of the rows follow. */
static int drop_visitors(struct rs_intake *in, struct rs_keymap **map, const struct session *s, uint32_t n, struct rs_err *err)
{
	uint32_t n_keys = rs_keymap_count(*map), *place = rs_array0(n_keys, sizeof *place, err);
	struct rs_keymap *kept = NULL;
	int rc = RS_ENOMEM;

	if (place == NULL || (rc = rs_keymap_new(&kept, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < n; i++)
		if (s[i].user != RS_NONE && s[i].visitor != RS_NONE)
			place[s[i].visitor] = RS_NONE;
	for (uint64_t i = 0; i < in->n_rows; i++)
		place[in->user[i]] = 0;
	for (uint32_t k = 0; k < n_keys && rc == 0; k++) {
		size_t len;
		const char *key = rs_keymap_key(*map, k, &len);

		if (place[k] != RS_NONE)
			rc = rs_keymap_add(kept, key, len, &place[k], err);
	}
	if (rc < 0)
		goto out;
	for (uint64_t i = 0; i < in->n_rows; i++)
		in->user[i] = place[in->user[i]];
	replace_map(in, map, kept);
	kept = NULL;
out:
	rs_keymap_free(kept);
	rs_free(place);
	return rc;
}

int intake_link_sessions(struct rs_intake *in, struct rs_keymap **map, struct rs_err *err)
{
	struct session *s;
	bool linked = false;
	uint32_t n;
	int rc = 0;

	for (uint32_t i = 0; i < in->n_columns; i++)
		if (rs_name_is(in->column[i].name, "sessionid"))
			in->session_column = i;
	if (in->session_column == RS_NONE)
		return 0;
	if ((rc = intake_join_column(in, in->session_column, &in->session, &in->session_code, err)) < 0)
		return rc;
	n = rs_values_count(&in->session);
	if ((s = rs_array(n, sizeof *s, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		size_t len;
		const char *text = rs_values_get(&in->session, i, &len);

		s[i] = (struct session){ len > RS_KEY_MAX ? RS_NONE : rs_keymap_find(*map, text, len), RS_NONE, 0 };
	}
	if (!find_users(in, *map, s))
		in->column[in->session_column].left_out = true;
	for (uint64_t i = 0; i < in->n_rows; i++) {
		const struct session *k;

		if (in->session_code[i] == RS_NONE)
			continue;
		k = &s[rs_values_place(&in->session, in->session_code[i])];
		if (k->user != RS_NONE && in->user[i] == k->visitor) {
			in->user[i] = k->user;
			linked = true;
		}
	}
	if (linked)
		rc = drop_visitors(in, map, s, n, err);
	rs_free(s);
	return rc;
}

/* ---- pseudonyms ---- */

/* A visitor is called like the session, before and after. */
static int hide_sessions(struct rs_intake *in, struct rs_err *err)
{
	struct rs_values hidden = { 0 };
	uint32_t n = rs_values_count(&in->session), *code = rs_array(n, sizeof *code, err);
	int rc = code == NULL ? RS_ENOMEM : 0;

	for (uint32_t i = 0; i < n && rc == 0; i++) {
		char name[RS_PSEUDONYM_BYTES];
		size_t len;
		const char *text = rs_values_get(&in->session, i, &len);

		rs_pseudonym(in->hide, text, len, name);
		rc = rs_values_add(&hidden, name, sizeof name, &code[i], err);
	}
	for (uint64_t i = 0; i < in->n_rows && rc == 0; i++)
		if (in->session_code[i] != RS_NONE)
			in->session_code[i] = code[rs_values_place(&in->session, in->session_code[i])];
	if (rc == 0) {
		rs_values_release(&in->session);
		in->session = hidden;
	} else {
		rs_values_release(&hidden);
	}
	rs_free(code);
	return rc;
}

int intake_hide(struct rs_intake *in, struct rs_keymap **map, struct rs_err *err)
{
	struct rs_keymap *hidden;
	int rc;

	if (in->hide == NULL)
		return 0;
	if ((rc = rs_pseudonym_map(&hidden, in->hide, *map, err)) < 0)
		return rc;
	replace_map(in, map, hidden);
	return in->session_code == NULL ? 0 : hide_sessions(in, err);
}
