/* session_store.h -- anonymous sessions, the newest first: each a list of different items and the time of its last event.
 *
 * No user stands in it, nor does the order of the sessions tell one: they are sorted by time and then by their items. */
#ifndef RS_RECIPE_SESSION_STORE_H
#define RS_RECIPE_SESSION_STORE_H

#include "lib/data/container.h"
#include "lib/data/events.h"

struct rs_session_store {
	uint32_t n, n_items;
	uint64_t *row_ptr; /* n + 1 */
	uint32_t *item;    /* different ones, in the order of their last events */
	int64_t *time_s;   /* n, descending */
	uint64_t *at_ptr;  /* n_items + 1 */
	uint32_t *at;      /* sessions by item, the newest first */
};

struct rs_session_how {
	double gap_s;          /* without an event ends a session; 0: never */
	uint32_t max_items;    /* the last ones are kept */
	uint32_t max_sessions; /* the newest are kept; 0: all */
};

/* Sessions of one item are left out. RS_EDATA where e has no times, or no session of two items. */
int rs_session_store_make(struct rs_session_store *s, const struct rs_events *e,
                          const struct rs_session_how *how, struct rs_err *err);
int rs_session_store_save(const struct rs_session_store *s, struct rs_writer *w, struct rs_err *err);
int rs_session_store_load(struct rs_session_store *s, struct rs_reader *r, uint32_t n_items,
                          struct rs_err *err);
void rs_session_store_release(struct rs_session_store *s);

/* Whether the session is among the `sample` newest with the item. */
bool rs_session_store_has(const struct rs_session_store *s, uint32_t session, uint32_t item, uint32_t sample);

#endif
