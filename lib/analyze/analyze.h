/* analyze.h -- what a dataset holds, what is wrong with it and what to do about it, as plain figures.
 *
 * One struct of results for each idea; nothing here is text for people but names from the data and the sentences of advice.
 * Writers are in lib/report. The events are read once, by wave (lib/data/tape.h); every figure is the same for any number of
 * threads. Definitions: rs-analyze(1). */
#ifndef RS_ANALYZE_ANALYZE_H
#define RS_ANALYZE_ANALYZE_H

#include "lib/analyze/spread.h"
#include "lib/base/buf.h"
#include "lib/data/dataset.h"

struct rs_name {
	char *text; /* any bytes, with a 0 behind them; owned */
	size_t n;
	uint64_t count;
};

/* ---- columns ---- */

#define RS_TOP 10

struct rs_column_facts {
	char *name;
	const char *type; /* "id", "time", "number", "category", "text" */
	bool multi;
	uint64_t n_rows, n_null;
	uint64_t n_distinct;
	bool distinct_estimated;
	struct rs_spread number;  /* "number": the values; "text": bytes of a cell */
	int64_t first_s, last_s;  /* "time" */
	uint32_t n_top;           /* "category" and "number": the most frequent values */
	struct rs_name top[RS_TOP];
	uint64_t n_numeral;       /* "category" with one value a cell, and "text": cells that are a number */
	struct rs_name odd;       /* the first that is none, and how many are none */
};

struct rs_table_facts {
	const char *name; /* "interactions", "users", "items" */
	bool present;
	uint64_t n_rows, n_incomplete; /* rows with a null */
	uint32_t n_columns, n_context; /* beyond the fixed ones */
	struct rs_column_facts *column;
};

/* ---- who did how much ---- */

struct rs_counts {
	uint64_t n_users, n_items;   /* with an event */
	uint64_t n_events, n_pairs;  /* different pairs of user and item */
	uint64_t n_equal;            /* events equal to another in user, item, time, type and value */
	double density;              /* pairs / (users x items) */
	double repeat_share;         /* events that repeat an earlier pair / events */
	uint64_t users_2;            /* users with two or more events */
	struct rs_spread per_user, per_item; /* events; users and items without any do not count */
	struct rs_power user_power, item_power;
	uint32_t n_top_users, n_top_items;
	struct rs_name top_user[RS_TOP], top_item[RS_TOP];
};

/* ---- when ---- */

#define RS_TIMELINE_MAX 512

struct rs_times {
	bool known;     /* the dataset has times */
	bool real;      /* they are dates, not numbers in a row */
	int64_t first_s, last_s;
	uint64_t hour_of_week[168]; /* from Monday 00:00 UTC */
	int64_t start_s, width_s;   /* of the timeline */
	uint32_t n;
	uint64_t events[RS_TIMELINE_MAX], new_users[RS_TIMELINE_MAX];
	uint32_t n_empty;           /* parts of the timeline without an event */
	int64_t gap_start_s, gap_s; /* the longest run of them; 0: none */
};

struct rs_sessions {
	int64_t gap_s; /* a longer pause ends a session */
	uint64_t n;
	struct rs_spread events, minutes;
	uint64_t pause[64]; /* between two events of a user: of 0 seconds, then 2^(k-1) .. 2^k - 1 */
};

/* ---- popularity and time ---- */

#define RS_SLICES_MAX 32

/* Two halves of the users are compared, so that lag 0 shows what is chance alone. */
struct rs_lag {
	uint32_t lag, n;  /* slices apart; pairs of slices that were compared */
	double overlap;   /* of the most popular items of both: the share that is in both lists */
	double rank;      /* Spearman's correlation of their counts over the items of the old list */
	double catch;     /* events that the old list catches in the new slice / what the new slice's own list would */
};

struct rs_drift {
	bool known;
	int64_t start_s, width_s;
	uint32_t n;       /* slices */
	uint64_t events[RS_SLICES_MAX], new_items[RS_SLICES_MAX];
	uint32_t n_top;   /* length of the lists */
	uint32_t n_lags;
	struct rs_lag lag[RS_SLICES_MAX];
	int64_t retrain_s;     /* suggested interval; 0: no drift within the time span */
	bool retrain_at_most;  /* even one slice is too long: this or less */
	/* the last slice (two where the last is short) against everything before */
	int64_t last_start_s;
	uint64_t last_events, last_users, last_items, cold_users, cold_items, cold_events; /* cold_events: on new items */
};

/* ---- from view to buy ---- */

#define RS_FUNNEL_TYPES 16

struct rs_step {
	char *name;
	uint64_t n_events, n_users, n_pairs;
	uint64_t on_users, on_pairs; /* that have this step and all steps before */
};

struct rs_funnel {
	uint32_t n;         /* steps, the widest first or as asked for */
	struct rs_step step[RS_FUNNEL_TYPES];
	uint32_t n_types;   /* in the data */
	uint64_t n_null;    /* events without a type */
};

/* ---- do the tables fit each other ---- */

struct rs_match {
	bool present;
	uint64_t n_rows;          /* of the table */
	uint64_t rows_idle;       /* rows without an event */
	uint64_t ids_missing;     /* ids with events and without a row */
	uint64_t events_missing;  /* their events */
	uint32_t n_example;
	struct rs_name example[3]; /* such ids with the number of their events */
};

/* ---- who is not a person ---- */

enum rs_suspicion {
	RS_SUSPECT_PUSH = 1,   /* one of a group: odd profiles that share an item */
	RS_SUSPECT_COPY = 2,   /* one of a group of near copies */
	RS_SUSPECT_BURST = 4,  /* faster than anybody */
	RS_SUSPECT_CLOCK = 8,  /* as regular as a machine */
	RS_SUSPECT_AWAKE = 16, /* never sleeps */
	RS_SUSPECT_VOLUME = 32 /* far more events than anybody */
};
#define RS_SUSPICIONS 6
extern const char *const rs_suspicion_name[RS_SUSPICIONS];

struct rs_suspect {
	uint32_t user;    /* index in the dataset */
	unsigned why;     /* RS_SUSPECT_* */
	double score;     /* how far out, in units of its own measure; for the order of the list */
	struct rs_name name; /* count: events */
	char *reason;
};

struct rs_target { /* an item that a group pushes */
	struct rs_name item; /* count: users of the group */
	double expected;     /* of them without a group */
};

struct rs_suspects {
	bool profiles_known;  /* profiles were compared: the events fit the limit */
	uint32_t n_users;     /* looked at */
	uint32_t n;           /* by score, worst first */
	struct rs_suspect *user;
	uint64_t n_by[RS_SUSPICIONS];
	uint32_t n_targets;
	struct rs_target target[RS_TOP];
};

/* ---- does a truth leak ---- */

struct rs_leaks {
	bool asked;
	uint64_t n_events, n_users, n_items; /* of the truth */
	uint64_t n_pairs, pairs_known;       /* pairs that are in the training data too */
	uint64_t events_equal;               /* events that are in both in all they hold */
	bool times;
	uint64_t events_early;     /* older than the newest training event of all */
	uint64_t events_early_own; /* older than the newest training event of their user */
	uint64_t users_cold, items_cold, events_cold; /* no training event; events of a cold user or item */
};

/* ---- what to do ---- */

enum rs_severity { RS_ADVICE_ERROR, RS_ADVICE_WARNING, RS_ADVICE_NOTE };
extern const char *const rs_severity_name[];

struct rs_advice {
	enum rs_severity severity;
	const char *id; /* stable, "few-events" */
	char *what, *todo;
};

struct rs_trainable {
	const char *recipe;
	const char *verdict; /* "yes", "limited", "no" */
	char *why;
};

struct rs_analysis {
	char *name; /* of the data, for titles */
	uint32_t n_files;
	uint64_t bytes; /* of the one file; 0: several */
	struct rs_table_facts table[3];
	struct rs_counts counts;
	struct rs_times times;
	struct rs_sessions sessions;
	struct rs_drift drift;
	struct rs_funnel funnel;
	struct rs_match users, items;
	struct rs_suspects suspects;
	struct rs_leaks leaks;
	uint32_t n_advice;
	struct rs_advice *advice;
	uint32_t n_trainable;
	struct rs_trainable *trainable;
};

struct rs_analyze_options {
	int64_t session_gap_s;
	const char *funnel;        /* event types, joined by ","; NULL: the widest first */
	const char *truth;         /* path; NULL: none */
	bool actions;              /* of the actions instead of the items */
	bool suspects;             /* look for them */
	uint64_t suspect_events;   /* compare profiles up to so many events */
	size_t distinct_max;       /* so many different values are counted exactly */
};
void rs_analyze_init(struct rs_analyze_options *o);

/* The union of the files; "-" at most once. *out belongs to the caller. */
int rs_analyze(struct rs_analysis **out, const char *const *path, size_t n, const struct rs_analyze_options *o,
               struct rs_err *err);
void rs_analysis_free(struct rs_analysis *a);

/* A length of time in words, "8 days"; fills text of RS_SPAN_MAX bytes and returns it. */
#define RS_SPAN_MAX 48
const char *rs_span(char *text, int64_t s);

/* ---- two datasets ---- */

struct rs_shift {
	char *what;       /* "interactions.EVENT_TYPE" */
	bool column;      /* false: a figure of the whole, which hangs on the size of the data, too */
	double psi;       /* population stability index over the values or the quantile bars of the old data */
	double old_mean, new_mean; /* numbers; else NaN */
	double old_null, new_null; /* shares */
	char *most;       /* the category whose share moved most; NULL: none */
	double most_old, most_new; /* its shares */
};

struct rs_comparison {
	struct rs_analysis *before, *after;
	uint64_t users_both, users_gone, users_new, items_both, items_gone, items_new; /* ids with events */
	uint64_t events_new_users, events_new_items; /* events of the new data */
	double top_overlap;  /* of the most popular items */
	uint32_t n_top;
	double rank;         /* Spearman over the items of both */
	double tv;           /* total variation distance of the items' shares of events, 0 .. 1 */
	uint32_t n_shifts;
	struct rs_shift *shift;
	uint32_t n_columns_gone, n_columns_new;
	struct rs_name column_gone[RS_TOP], column_new[RS_TOP];
	uint32_t n_advice;
	struct rs_advice *advice;
};

int rs_compare(struct rs_comparison **out, const char *before, const char *after, const struct rs_analyze_options *o,
               struct rs_err *err);
void rs_comparison_free(struct rs_comparison *c);

#endif
