/* forget.h -- a dataset as if some users, items or actions had never been in it.
 *
 * Their events go, their rows of attributes, their ids, their places in lists of IMPRESSION, every type and category that
 * stood nowhere else, and steps of the provenance that name them. Columns whose type was found out from the values get
 * the type that the remaining values give. So the rest equals what an import of the remaining rows makes, but for the steps. */
#ifndef RS_DATA_FORGET_H
#define RS_DATA_FORGET_H

#include "lib/data/dataset.h"

/* Whom to forget. Lists without a key are fine. */
struct rs_forget {
	struct rs_keys user, item, action;
};

struct rs_forgotten {
	uint32_t users;                  /* ids of the list that were there */
	uint32_t items, actions;         /* those, and the ones that nobody else had anything to do with */
	uint64_t events, action_events;
	uint64_t impressions;            /* places in lists */
	uint64_t steps;
};

/* *out stays NULL where nothing is to be forgotten; else it belongs to the caller. */
int rs_forget(struct rs_dataset **out, const struct rs_dataset *d, const struct rs_forget *f, struct rs_forgotten *n,
              struct rs_err *err);

/* ---- the proof ---- */

/* A column of somebody else's rows that mentions a forgotten id: as a value, or as a word of a text. */
struct rs_mention {
	char table[24];
	char *column;
	uint64_t n;      /* values of the dictionary, or cells with such a text */
};

struct rs_search {
	uint64_t ids;    /* ids that were looked through, of users, items and actions, and places in lists */
	uint64_t values; /* values of dictionaries, types of events */
	uint64_t words;  /* words of texts */
	uint64_t steps;  /* of the provenance */
	uint64_t found;  /* forgotten ids that are still there */
	size_t n_mentions, cap_mentions;
	struct rs_mention *mention;
};

/* Looks through everything that the dataset holds. *s is released by the caller, also on failure. */
int rs_forget_search(struct rs_search *s, const struct rs_dataset *d, const struct rs_forget *f, struct rs_err *err);
void rs_search_release(struct rs_search *s);

/* Whether a step of the provenance, of n bytes, names somebody: only a condition can. */
bool rs_forget_names_step(const struct rs_forget *f, const char *step, size_t n);

#endif
