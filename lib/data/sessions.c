/* sessions.c -- visitors who turn out to be somebody, in a dataset. */
#include "lib/data/sessions.h"

#include "lib/base/mem.h"
#include "lib/data/arrange.h"
#include "lib/data/column.h"

#include <string.h>

struct linking {
	struct rs_dataset *d;
	struct rs_column text; /* the sessions, as text */
	struct rs_keymap *map; /* of sessions */
	uint32_t *session;     /* by event, or RS_NONE */
	uint32_t *visitor, *user; /* by session: users, or RS_NONE */
	int64_t *time_s;       /* by session: of the event that named the user */
	uint32_t *of_event;    /* the user of each event */
};

static int find_sessions(struct linking *l, const struct rs_column *column, struct rs_err *err)
{
	struct rs_dataset *d = l->d;
	uint32_t n;
	int rc;

	if ((rc = rs_keymap_new(&l->map, err)) < 0)
		return rc;
	if (column->type != RS_TYPE_TEXT) {
		if ((rc = rs_column_as(&l->text, column, RS_TYPE_TEXT, err)) < 0)
			return rc;
		column = &l->text;
	}
	if ((l->session = rs_array(d->n_events, sizeof *l->session, err)) == NULL)
		return RS_ENOMEM;
	for (uint64_t e = 0; e < d->n_events; e++) {
		uint64_t len = column->ptr[e + 1] - column->ptr[e];

		l->session[e] = RS_NONE;
		if (len > 0 && len <= RS_KEY_MAX &&
		    (rc = rs_keymap_add(l->map, column->text + column->ptr[e], (size_t)len, &l->session[e], err)) < 0)
			return rc;
	}
	n = rs_keymap_count(l->map);
	if ((l->visitor = rs_array(n, sizeof *l->visitor, err)) == NULL ||
	    (l->user = rs_array(n, sizeof *l->user, err)) == NULL || (l->time_s = rs_array0(n, sizeof *l->time_s, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t s = 0; s < n; s++) {
		size_t len;
		const char *key = rs_keymap_key(l->map, s, &len);

		l->visitor[s] = rs_keys_find(&d->user_key, key, len);
		l->user[s] = RS_NONE;
	}
	return 0;
}

static void find_users(struct linking *l)
{
	const struct rs_dataset *d = l->d;

	for (uint32_t u = 0; u < d->user_key.n; u++) { /* in the order of ids, so that the lower one is met first */
		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++) {
			int64_t t = d->time_s == NULL ? 0 : d->time_s[e];
			uint32_t s = l->session[e];

			if (s == RS_NONE || l->visitor[s] == u || (l->user[s] != RS_NONE && l->time_s[s] <= t))
				continue;
			l->user[s] = u;
			l->time_s[s] = t;
		}
	}
}

/* Deals the events anew; keep[u] becomes 0 for visitors who have none any more. *linked: some were. */
static int deal(struct linking *l, uint8_t *keep, uint32_t *n_visitors, struct rs_err *err)
{
	struct rs_dataset *d = l->d;

	if ((l->of_event = rs_array(d->n_events, sizeof *l->of_event, err)) == NULL)
		return RS_ENOMEM;
	memset(keep, 1, d->user_key.n);
	*n_visitors = 0;
	for (uint32_t u = 0; u < d->user_key.n; u++) {
		bool moved = false, left = false;

		for (uint64_t e = d->row_ptr[u]; e < d->row_ptr[u + 1]; e++) {
			uint32_t s = l->session[e];
			bool known = s != RS_NONE && l->visitor[s] == u && l->user[s] != RS_NONE;

			l->of_event[e] = known ? l->user[s] : u;
			moved |= known;
			left |= !known;
		}
		*n_visitors += moved;
		keep[u] = !moved || left || (d->users.present != NULL && d->users.present[u] != 0);
	}
	if (*n_visitors == 0)
		return 0;
	for (uint64_t e = 0; e < d->n_events; e++) /* somebody may have been a visitor of another's session */
		keep[l->of_event[e]] = 1;
	rs_free(d->row_ptr);
	d->row_ptr = NULL;
	return rs_arrange(d, l->of_event, err);
}

int rs_sessions_link(struct rs_dataset **d, uint32_t *n_visitors, struct rs_err *err)
{
	const struct rs_column *column = rs_column_find((*d)->context, (*d)->n_context, RS_SESSION_ID);
	struct linking l = { .d = *d };
	struct rs_dataset *kept = NULL;
	uint8_t *keep = NULL;
	uint64_t merged;
	int rc;

	*n_visitors = 0;
	if (column == NULL)
		return 0;
	if ((rc = find_sessions(&l, column, err)) < 0)
		goto out;
	find_users(&l);
	merged = l.d->n_duplicates;
	if ((keep = rs_array(l.d->user_key.n, 1, err)) == NULL)
		rc = RS_ENOMEM;
	if (rc < 0 || (rc = deal(&l, keep, n_visitors, err)) < 0 || *n_visitors == 0 ||
	    (rc = rs_dataset_subset(&kept, l.d, NULL, keep, NULL, false, err)) < 0)
		goto out;
	kept->n_duplicates = merged + l.d->n_duplicates;
	kept->actions = l.d->actions;
	l.d->actions = NULL;
	rs_dataset_free(*d);
	*d = kept;
out:
	rs_column_release(&l.text);
	rs_keymap_free(l.map);
	rs_free(l.session);
	rs_free(l.visitor);
	rs_free(l.user);
	rs_free(l.time_s);
	rs_free(l.of_event);
	rs_free(keep);
	return rc;
}
