/* events.h -- what a recipe sees: events that passed the choice, as (item, weight, time) by user.
 *
 * Which event types count, with which weight and from which value on, is resolved here, once for every recipe, at
 * training and again at request time with the choice that the model file remembers. */
#ifndef RS_DATA_EVENTS_H
#define RS_DATA_EVENTS_H

#include "lib/data/dataset.h"

#include <jansson.h>

/* Events by user, in time order (repeats stay). Indexes are those of the catalogue at hand: a model's items. */
struct rs_events {
	uint32_t n_users, n_items;
	uint64_t *row_ptr; /* n_users + 1 */
	uint32_t *item;    /* row_ptr[n_users] */
	float *weight;     /* the same number; NULL: all 1 */
	int64_t *time_s;   /* the same number; NULL: unknown (the order is then that of the items) */
	float *value;      /* the same number, NaN is null; NULL: the dataset has none, or they were not read */
	uint64_t *place;   /* the same number: the event of the dataset; NULL: not asked for */
};

struct rs_event_rule {
	char type[64];   /* event type; compared without case */
	float min_value; /* NaN: any */
	float weight;    /* below 0: the person does not want it; not every recipe takes that */
};

enum rs_sensitivity { RS_SENSITIVITY_OFF, RS_SENSITIVITY_LOW, RS_SENSITIVITY_MEDIUM, RS_SENSITIVITY_HIGH };

/* The choice. All zero with min_value NaN: every event with weight 1. */
struct rs_choice {
	uint32_t n_rules;           /* 0: every type */
	struct rs_event_rule rule[32];
	float min_value;            /* events whose value is below (or null) do not count; NaN: no such limit */
	double half_life_days;      /* weight 2^(-age / half life), age from the newest event; 0: none */
	char weight_column[64];     /* a number column of events (or "value"), by which weights are multiplied; "": none */
	/* Of training alone: */
	double min_history,
	        max_history; /* users with histories shorter or longer than these percentiles are left out; 0 .. 1; 0: none */
	uint32_t last_events;       /* of each user only so many last events count; 0: all */
	/* Of requests alone: */
	char objective[64];         /* a number column of items, of which lists shall be rich; "": none */
	enum rs_sensitivity sensitivity;
	/* Not stored: */
	bool places;                /* rs_events_make fills place */
};

void rs_choice_init(struct rs_choice *c);

/* "TYPE[:min=V][:weight=W]" as in --event; each type once. Both the rule's min and min_value have to hold. RS_EUSAGE. */
int rs_choice_parse_event(struct rs_choice *c, const char *spec, struct rs_err *err);

/* "COLUMN[:off|low|medium|high]" as in --objective; medium where nothing is said. RS_EUSAGE. */
int rs_choice_parse_objective(struct rs_choice *c, const char *spec, struct rs_err *err);
int rs_choice_to_json(const struct rs_choice *c, json_t *object, struct rs_err *err);
int rs_choice_from_json(struct rs_choice *c, const json_t *object, struct rs_err *err);

/* What rs_dataset_open must read for this choice. */
unsigned rs_choice_needs(const struct rs_choice *c);

/* Whether d has a type of event of this name, compared as rules of a choice are. */
bool rs_event_type_known(const struct rs_dataset *d, const char *type);

/* The events of all users of d that pass. item_map (NULL: identity) gives for each item of d its index among n_items, or
 * RS_NONE: such events are left out. now_s: the newest time for the half life; INT64_MIN: the newest in d. RS_EDATA where
 * the choice asks for types, values or times and the events of d have no such column. Events of weight 0 do not count. A
 * null in the weight column is 1, and so is all of it where the column is not there. */
int rs_events_make(struct rs_events *out, const struct rs_dataset *d, const struct rs_choice *c,
                   const uint32_t *item_map, uint32_t n_items, int64_t now_s, struct rs_err *err);

/* The same with the items of d, whose events are given up: what counts as it stands is not copied. */
int rs_events_take(struct rs_events *out, struct rs_dataset *d, const struct rs_choice *c, struct rs_err *err);

/* The smallest and the largest of n[] between the percentiles lo and hi (0 .. 1): by value, so that equal ones share their
 * fate. With 0 and 1 every number is. */
int rs_percentiles(uint64_t *least, uint64_t *most, const uint64_t *n, size_t count, double lo, double hi, struct rs_err *err);

/* Leaves, of the users, those between the percentiles of history length, and of each the last events, as the choice wants it
 * for training. */
int rs_events_trim(struct rs_events *e, const struct rs_choice *c, struct rs_err *err);

/* The weight column of the choice: *number has one row for each event; NULL where d lacks it (or the choice has none) or its
 * values stand in d->value (*is_value). RS_EDATA where it is no number. */
int rs_choice_weights(const struct rs_choice *c, const struct rs_dataset *d, const double **number, bool *is_value,
                      struct rs_err *err);

/* The rows of some users, copied. */
int rs_events_rows(struct rs_events *out, const struct rs_events *e, const uint32_t *user, uint32_t n,
                   struct rs_err *err);

void rs_events_release(struct rs_events *e);

#endif
