/* split.h -- which events train and which are kept back as truth. Definitions: rs-split(1).
 *
 * Choices at random are keyed by the ids, so that other users or items that come or go change nothing. */
#ifndef RS_DATA_SPLIT_H
#define RS_DATA_SPLIT_H

#include "lib/data/dataset.h"

enum rs_split_by {
	RS_SPLIT_LAST,   /* the newest events of each user */
	RS_SPLIT_RANDOM, /* some items of each user, with all events of the pair */
	RS_SPLIT_TIME,   /* the newest events of all */
	RS_SPLIT_USERS,  /* the newest events of some users, whose older ones are history and train nothing */
	RS_SPLIT_FILE    /* the events that stand in another dataset too */
};

struct rs_split_options {
	enum rs_split_by by;
	double fraction;     /* 0 .. 1: of a user's events or items; of all events; of the users */
	uint64_t count;      /* LAST, RANDOM: so many instead; 0: the fraction decides */
	double hold;         /* USERS: the share of such a user's events that is truth */
	int64_t at_s;        /* TIME: truth begins here; INT64_MIN: the fraction decides */
	uint64_t min_events; /* LAST, RANDOM, USERS: users with fewer train with all they have */
	uint64_t seed;
	const struct rs_dataset *test; /* FILE */
};

enum rs_part { RS_PART_TRAIN = 1, RS_PART_HISTORY = 2, RS_PART_TRUTH = 4 };

struct rs_split {
	uint8_t *event; /* n_events: its RS_PART_* */
	uint8_t *user;  /* n_users: the parts that its events are in, or'ed */
	uint64_t n_unmatched; /* FILE: events of the test that the data does not have */
};

/* RS_EUSAGE where the data has no times and the split needs them. */
int rs_split_make(struct rs_split *s, const struct rs_dataset *d, const struct rs_split_options *o, struct rs_err *err);
void rs_split_release(struct rs_split *s);

/* One part as a dataset. TRAIN: the training events, with the rows of all users but those of HISTORY, and of all items.
 * HISTORY: what the users of the truth did before (from TRAIN where the split makes no HISTORY), with the rows of all items.
 * TRUTH: the truth, with the rows of users and items in it. */
int rs_split_take(struct rs_dataset **out, const struct rs_split *s, const struct rs_dataset *d, enum rs_part part,
                  struct rs_err *err);

#endif
