/* schema.h -- what a dataset file holds: counts and columns, as JSON in chunk SCHM, and the names of its chunks. */
#ifndef RS_DATA_SCHEMA_H
#define RS_DATA_SCHEMA_H

#include "lib/data/dataset.h"

#define RS_COLUMNS_MAX 1024
#define RS_COLUMN_NAME_MAX 1024          /* bytes */
#define RS_EVENTS_MAX ((uint64_t)1 << 40)

/* Kinds of chunks in a dataset. */
#define RS_CHUNK_SCHEMA RS_KIND('S', 'C', 'H', 'M')
#define RS_CHUNK_USERS RS_KIND('U', 'K', 'E', 'Y')
#define RS_CHUNK_ITEMS RS_KIND('I', 'K', 'E', 'Y')
#define RS_CHUNK_TYPES RS_KIND('T', 'K', 'E', 'Y')
#define RS_CHUNK_ROWS RS_KIND('E', 'R', 'O', 'W')
#define RS_CHUNK_ITEM RS_KIND('E', 'I', 'T', 'M')
#define RS_CHUNK_TIME RS_KIND('E', 'T', 'I', 'M')
#define RS_CHUNK_VALUE RS_KIND('E', 'V', 'A', 'L')
#define RS_CHUNK_TYPE RS_KIND('E', 'T', 'Y', 'P')

/* Kinds of chunks of a column; owner is 'C' (context of events), 'U' (users) or 'I' (items). */
#define RS_CHUNK_DICT(owner) RS_KIND(owner, 'D', 'I', 'C')
#define RS_CHUNK_PTR(owner) RS_KIND(owner, 'P', 'T', 'R')
#define RS_CHUNK_CODE(owner) RS_KIND(owner, 'C', 'O', 'D')
#define RS_CHUNK_NUMBER(owner) RS_KIND(owner, 'N', 'U', 'M')
#define RS_CHUNK_TEXT(owner) RS_KIND(owner, 'T', 'X', 'T')
#define RS_CHUNK_PRESENT(owner) RS_KIND(owner, 'P', 'R', 'E')

/* The dataset of actions has the same chunks, beside those of items in the same file: the last letter of their kinds is '2'. */
enum rs_half { RS_HALF_ITEMS, RS_HALF_ACTIONS };

static inline uint32_t rs_kind_in(enum rs_half half, uint32_t kind)
{
	return half == RS_HALF_ITEMS ? kind : (kind & 0x00ffffffu) | (uint32_t)'2' << 24;
}

/* Columns of one kind: name, type, declared, multi and n_rows are filled, contents are not. */
struct rs_schema_table {
	bool present; /* the dataset has this table (always for context) */
	uint32_t n_columns;
	struct rs_column *column;
};

struct rs_schema {
	uint32_t n_users, n_items;
	uint64_t n_events;
	bool time, value, type, keep_duplicates;
	struct rs_schema_table context, users, items;
};

/* events: where they come from, if not from d. */
int rs_schema_write(struct rs_writer *w, enum rs_half half, const struct rs_dataset *d, const struct rs_events_out *events,
                    struct rs_err *err);

/* Reads and checks the chunk alone: names distinct, counts within limits. */
int rs_schema_read(struct rs_schema *out, struct rs_reader *r, enum rs_half half, struct rs_err *err);

/* Whether equal events are kept, without reading the rest where the chunk is as rs writes it. */
int rs_schema_keeps_duplicates(bool *keep, struct rs_reader *r, enum rs_half half, struct rs_err *err);

void rs_schema_release(struct rs_schema *s);

/* The contents of column i of a table, c being its description: owner is 'C' (context of events), 'U' or 'I'. What was read
 * stays in c, also on failure. */
int rs_column_load(struct rs_reader *r, enum rs_half half, char owner, uint32_t i, struct rs_column *c, struct rs_err *err);

#endif
