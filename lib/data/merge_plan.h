/* merge_plan.h -- inside of planning: users in stretches and tiles, and the sorting of one user's events. */
#ifndef RS_DATA_MERGE_PLAN_H
#define RS_DATA_MERGE_PLAN_H

#include "lib/data/merge_view.h"

#define MERGE_STRETCH_ROWS (1u << 21) /* at most; fewer where fewer threads have them in their caches */
#define MERGE_TILE_ROWS (1u << 16)
#define MERGE_TILES_MAX (MERGE_STRETCH_ROWS / MERGE_TILE_ROWS + 2)

struct merge_record {
	int64_t time_s;
	uint64_t row;
	uint32_t item, source;
	bool dropped;
};

/* The plan of users [from, to). */
struct merge_tile {
	struct merge_planning *p;
	uint32_t from, to;
	struct merge_run *run;
	size_t n_runs, cap_runs;
	uint64_t n_dropped;
	struct merge_record *record, *spare;
	size_t cap_records, cap_spare, n_records;
	size_t *bound; /* by file of the user: where its records start */
	struct rs_buf a, b; /* two cells */
	bool tied;     /* two files have an event of the same time and item */
	int rc;        /* of comparing */
	struct rs_err err;
};

struct merge_planning {
	struct merging *m;
	uint64_t *first;   /* users + 1: where a user's sources start in `source` */
	uint32_t *source;  /* files, in their order */
	uint32_t *user;    /* the user there */
	struct merge_view item, time, value, type;
	struct merge_needs needs;
	bool whole;        /* events are compared in all columns */
	struct merge_tile tile[MERGE_TILES_MAX];
	size_t n_tiles;
};

/* merge_plan.c: cuts the next stretch into tiles and finds what it needs of the files; returns the user behind it. */
uint32_t merge_take_users(struct merge_planning *p, uint32_t u);

/* merge_memory.c: whether --memory allows what planning and writing will take; RS_ENOMEM before they start where not. */
int merge_require(struct merge_planning *p, struct rs_err *err);

/* merge_sort.c: sorts the records of a user, who is in k files, and marks those to be dropped. Where events would have to be
 * compared in all columns and p->whole does not hold, only t->tied is set. */
int merge_sort_user(struct merge_tile *t, size_t k, struct rs_err *err);

#endif
