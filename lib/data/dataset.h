/* dataset.h -- who did what when: users, items, and events held by user.
 *
 * Users and items are sorted lists of ids; indexes are dense and exist only inside one struct. The events of user u are
 * row_ptr[u] .. row_ptr[u + 1], ordered by time, then item, event type, value and the other columns, so that nothing
 * depends on the order of rows in any input. Without times the order is that of the items.
 * Events equal in all columns are one event, and so are those of one user with the same value in a context column EVENT_ID, of
 * which the first stays; unless the dataset says keep_duplicates.
 * Actions are a dataset of their own beside that of the items: actions stand where items stand, and it has its own users,
 * those with events on actions. What is said about a dataset holds for it, too.
 * Byte layout: rs-dataset(5). */
#ifndef RS_DATA_DATASET_H
#define RS_DATA_DATASET_H

#include "lib/base/buf.h"
#include "lib/base/keys.h"
#include "lib/data/container.h"

/* ---- columns beyond the fixed ones: attributes of users and items, context of events ---- */

enum rs_type {
	RS_TYPE_CATEGORICAL = 'c', /* one or several values of a dictionary per row */
	RS_TYPE_NUMBER = 'n',      /* float64; NaN is null */
	RS_TYPE_TEXT = 't'         /* bytes; empty is null */
};

#define RS_EVENT_ID "EVENT_ID"
#define RS_SESSION_ID "SESSION_ID"

struct rs_column {
	char *name;        /* as the user wrote it; compared without case, '_' and '-' */
	enum rs_type type;
	char declared[16]; /* the schema's own word: string, int, long, float, double, boolean; "" if inferred */
	bool multi;        /* categorical: some row has several values (joined by '|' in text) */
	uint64_t n_rows;
	double *number;    /* NUMBER: n_rows */
	struct rs_keys dict; /* CATEGORICAL: the values, sorted */
	uint64_t *ptr;     /* CATEGORICAL: n_rows + 1 offsets into code; TEXT: n_rows + 1 offsets into text */
	uint32_t *code;    /* CATEGORICAL: indexes into dict, in the order of the cell */
	char *text;        /* TEXT */
};

/* A table of attributes: one row per user or per item of the dataset (all null where the id had no row). */
struct rs_table {
	uint32_t n_columns;
	struct rs_column *column;
	uint8_t *present; /* n_rows: 1 where the id had a row in the table; NULL where the dataset has no such table */
};

struct rs_dataset {
	struct rs_keys user_key, item_key;
	uint64_t n_events;
	uint64_t *row_ptr;    /* user_key.n + 1 */
	uint32_t *item;       /* n_events */
	int64_t *time_s;      /* n_events, seconds since 1970; NULL: unknown (all or none) */
	float *value;         /* n_events, NaN is null; NULL: no such column */
	struct rs_keys type_key; /* names of event types, sorted; n = 0: no such column */
	uint16_t *type;       /* n_events indexes into type_key, or UINT16_MAX (null); NULL: no such column */
	uint32_t n_context;   /* further columns of events, n_rows = n_events each */
	struct rs_column *context;
	struct rs_table users, items;
	bool keep_duplicates; /* equal events stay apart (rs-import --duplicates keep) */
	struct rs_dataset *actions; /* actions as its items, events on actions as its events; NULL: none */
	struct rs_buf prov;   /* steps of the inputs, see provenance.h */
	uint64_t n_duplicates; /* equal events that the last build or union merged (not stored) */
};

/* What a caller needs; the rest is not read (its pointers are NULL, its counts 0). Keys, row_ptr and item always are. */
enum rs_need {
	RS_NEED_TIME = 1,
	RS_NEED_VALUE = 2,
	RS_NEED_TYPE = 4,
	RS_NEED_CONTEXT = 8,
	RS_NEED_USERS = 16,
	RS_NEED_ITEMS = 32,
	RS_NEED_EVENTS = 7,
	RS_NEED_ACTIONS = 64, /* all of them */
	RS_NEED_ALL = 127
};

/* The union of n files ("-" at most once): later files win for rows of users and items, equal events count once.
 * Every checksum of each file is verified. *out belongs to the caller. */
int rs_dataset_open(struct rs_dataset **out, const char *const *path, size_t n, unsigned need, struct rs_err *err);

/* One dataset from an open file, checked in the same way. The reader stays the caller's. */
int rs_dataset_load(struct rs_dataset **out, struct rs_reader *r, unsigned need, struct rs_err *err);

/* The same without events and their columns: ids, attributes, actions, steps, names of event types. s is the schema of the file
 * (schema.h), from which the columns of users and items are taken. */
struct rs_schema;
int rs_dataset_load_tables(struct rs_dataset **out, struct rs_reader *r, struct rs_schema *s, struct rs_err *err);

/* The items of n files with their tables, as rs_dataset_open joins them: nobody, no events. The blocks that are used
 * are verified, and files of up to 8 MiB whole. *out belongs to the caller. */
int rs_dataset_open_items(struct rs_dataset **out, const char *const *path, size_t n, struct rs_err *err);

/* The union of datasets in memory, in order. The inputs stay the caller's. */
int rs_dataset_union(struct rs_dataset **out, const struct rs_dataset *const *in, size_t n, struct rs_err *err);

/* Where the parts of each input went: arrays of n, each with one entry per user, item, event type of that input. */
struct rs_union_maps {
	size_t n;
	uint32_t **user, **item, **type;
};

/* The same; the maps are the caller's, also on failure (released with rs_union_maps_release). */
int rs_dataset_union_maps(struct rs_dataset **out, const struct rs_dataset *const *in, size_t n, struct rs_union_maps *maps,
                          struct rs_err *err);
void rs_union_maps_release(struct rs_union_maps *maps);

/* The events whose keep_event[] is nonzero (NULL: all), the users and items whose keep is nonzero (NULL: all). Events of
 * dropped users and items go too. drop_unused: users and items left without an event and without a row go as well. Actions
 * are not taken along: they are a dataset to take a part of by itself. */
int rs_dataset_subset(struct rs_dataset **out, const struct rs_dataset *d, const uint8_t *keep_event,
                      const uint8_t *keep_user, const uint8_t *keep_item, bool drop_unused, struct rs_err *err);

/* Writes the file; path may be "-". */
int rs_dataset_write(const struct rs_dataset *d, const char *path, struct rs_err *err);

/* Events that come from elsewhere than a struct: write() makes their chunks, from EROW to the last column of the context, whose
 * descriptions stand in the dataset. */
struct rs_events_out {
	uint64_t n;
	bool time, value, type;
	int (*write)(void *ctx, struct rs_writer *w, struct rs_err *err);
	void *ctx;
};
int rs_dataset_write_with(const struct rs_dataset *d, const struct rs_events_out *events, const char *path,
                          struct rs_err *err);

/* The user whose event it is. */
uint32_t rs_dataset_user_of(const struct rs_dataset *d, uint64_t event);

/* Gives up the events and their columns: ids, attributes and actions stay. */
void rs_dataset_drop_events(struct rs_dataset *d);

void rs_dataset_free(struct rs_dataset *d);

/* The column by name ('_', '-' and case do not count), or NULL. */
const struct rs_column *rs_column_find(const struct rs_column *c, uint32_t n, const char *name);
void rs_column_release(struct rs_column *c);
void rs_columns_free(struct rs_column *c, uint32_t n); /* an array of n */

/* ---- building from rows in any order ---- */

/* Coded rows, as a reader or a generator makes them. Arrays of n; NULL where there is no such column. The rows may be
 * in any order. user, item and type are indexes into maps (order of first appearance). */
struct rs_rows {
	uint64_t n;
	uint32_t *user, *item;
	int64_t *time_s;
	float *value;
	uint16_t *type; /* UINT16_MAX: null */
	struct rs_keymap *user_map, *item_map, *type_map;
	uint32_t n_context;
	struct rs_column *context; /* n rows each */
};

/* A table of attributes: its ids, sorted, and columns of one row for each of them. */
struct rs_table_in {
	struct rs_keys key;
	uint32_t n_columns;
	struct rs_column *column;
};

/* Sorts and merges; adds users and items that stand only in tables of attributes, either of which may be NULL. Takes the
 * contents of all of its arguments, also on failure (they are left empty; the maps stay the caller's). */
int rs_dataset_build(struct rs_dataset **out, struct rs_rows *rows, struct rs_table_in *users,
                     struct rs_table_in *items, bool keep_duplicates, struct rs_err *err);
void rs_rows_release(struct rs_rows *r);
void rs_table_in_release(struct rs_table_in *t);

/* ---- some users of large files, by block ---- */

/* A dataset with the events and attributes of these users, and with the items in the events, keys included (no item table);
 * users that no file knows are not in it. The files form a union as in rs_dataset_open. Of each file only the few blocks
 * that hold these users are decoded, and each thread has one file open at a time; the blocks that are used are verified,
 * and files of up to 8 MiB whole. *out belongs to the caller. */
int rs_dataset_lookup(struct rs_dataset **out, const char *const *path, size_t n, const struct rs_keys *users,
                      struct rs_err *err);

#endif
