/* intake_parts.h -- inside of the intake: what its parts share. */
#ifndef RS_DATA_INTAKE_PARTS_H
#define RS_DATA_INTAKE_PARTS_H

#include "lib/base/tiles.h"
#include "lib/data/intake.h"
#include "lib/data/jsonl.h"
#include "lib/data/shape.h"
#include "lib/data/source.h"
#include "lib/data/values.h"

#include <pthread.h>

#define INTAKE_BATCH_BYTES (8u << 20)
#define INTAKE_TILE_BYTES (256u << 10)
#define INTAKE_HEAD_BYTES 1024 /* what is kept of a record without end */

/* A bad record, as found by a worker. */
struct intake_bad {
	uint64_t line;
	uint32_t cell;   /* from 1; 0: none */
	uint32_t rows;   /* rows that are lost with it */
	const char *record;
	size_t n;
	size_t reason;   /* offset into the tile's reasons, ended by 0 */
};

/* Rows of one tile, as they stay until the end. */
struct intake_piece {
	uint64_t first, n; /* in the arrays of all rows */
	int worker;
	uint32_t n_codes;
	uint32_t **code;   /* by column: codes of the worker for `room` rows, or NULL */
	uint64_t room;
};

/* A part of a batch. */
struct intake_tile {
	const char *p;
	size_t n;
	uint64_t line;    /* number of its first line */
	bool open;        /* the head of a record that is too long */
	uint64_t room;    /* rows at most */
	struct intake_piece piece;
	uint64_t n_rows_bad;
	struct intake_bad *bad;
	size_t n_bad, cap_bad;
	struct rs_buf reasons;
};

struct intake_batch {
	char *buf; /* INTAKE_BATCH_BYTES */
	size_t n, rest; /* bytes; the first byte that is in no tile */
	bool eof;
	struct intake_tile *tile;
	size_t n_tiles, cap_tiles;
	int rc; /* of filling it */
	struct rs_err err;
};

/* A member of JSON objects, as a worker knows it. */
struct intake_member {
	enum rs_role role;
	unsigned rank;
	bool ignored;
	bool session; /* names the visitor of an event, and stays a column beside that */
	bool known;   /* of the calls of Amazon Personalize: needs no place in the schema */
	uint32_t column; /* RS_NONE: not yet asked for */
};

struct intake_attribute {
	const char *name;
	uint32_t column;
	uint32_t at; /* cell, from 1 */
	struct rs_cell cell;
};

/* The cells of one row by what they are. */
struct intake_row {
	struct rs_cell role[RS_ROLES];
	uint32_t at[RS_ROLES]; /* cell, from 1 */
	bool has[RS_ROLES];
	struct intake_attribute *attribute;
	size_t n_attributes, cap_attributes;
};

#define INTAKE_WAITING 64

/* What one thread has for itself. */
struct intake_worker {
	struct rs_splitter split;
	struct rs_json_rows json;
	struct rs_keymap *member_map;
	struct intake_member *member;
	size_t cap_members;
	struct rs_keymap *key[RS_ROLES]; /* user, item and type */
	/* Ids of the last rows of the tile, which are looked up together. */
	struct rs_key user_waiting[INTAKE_WAITING], item_waiting[INTAKE_WAITING];
	size_t n_waiting;
	struct rs_buf waiting; /* ids that do not stand in the text of the tile */
	struct rs_values *values; /* by column */
	size_t cap_values;
	uint32_t n_values;
	struct intake_row row;
	struct rs_buf converted; /* from ISO-8859-1 */
	struct rs_err reason;    /* of the row that was refused */
	uint32_t reason_cell;
};

/* Columns beside the roles, over all files. */
struct intake_column {
	char *name;    /* of several spellings the lowest */
	bool in_order; /* found in a header; others are sorted by name behind them */
	bool left_out; /* says nothing */
	const struct rs_avro_field *field;
};

struct rs_intake {
	struct rs_shape_wish wish;
	struct rs_rejects *rejects;
	const struct rs_avro_field *role_field[RS_ROLES];
	const struct rs_hmac *hide; /* NULL: ids stay as they are */

	pthread_mutex_t lock; /* of the columns and their names */
	struct rs_keymap *column_map; /* folded names */
	struct intake_column *column; /* RS_COLUMNS_MAX, so that they never move */
	uint32_t n_columns;

	/* the file being read */
	const char *name;
	char *name_buf;
	struct rs_source *source;
	struct rs_shape shape;
	uint32_t *column_of; /* by cell: its column, or RS_NONE */
	struct intake_batch batch[2];
	uint64_t line;       /* of the next byte to be cut */
	char hint[512];      /* on a column that could be that of times, to be told when all went well, or "" */
	bool skipping;       /* inside a record that is too long */
	bool header_written;

	/* rows of all files */
	bool any_file, has_time, has_value, has_type;
	uint64_t n_rows, n_rejected;
	uint64_t lines_before; /* of earlier files */
	uint32_t *user, *item; /* a table of items has its ids in user */
	int64_t *time_s;
	float *value;
	uint16_t *type;
	size_t cap_user, cap_item, cap_time, cap_value, cap_type;
	struct intake_piece *piece;
	size_t n_pieces, cap_pieces;

	/* the column of sessions, joined; RS_NONE: none */
	uint32_t session_column;
	struct rs_values session;
	uint32_t *session_code;

	struct intake_worker *worker[RS_THREADS_MAX];
};

/* intake_cut.c: the next bytes of the file into b, behind what was left of the batch before (may be NULL), cut into tiles. */
int intake_fill(struct rs_intake *in, struct intake_batch *b, const struct intake_batch *before, struct rs_err *err);
int intake_cut(struct rs_intake *in, struct intake_batch *b, size_t from, struct rs_err *err);

/* intake_rows.c: reads one tile; bad rows are noted in it. */
int intake_read_tile(struct rs_intake *in, struct intake_tile *t, struct intake_worker *w, struct rs_err *err);

/* The column of this name; a new one if there is none. */
int intake_column_of(struct rs_intake *in, const char *name, size_t n, bool in_order, uint32_t *column, struct rs_err *err);

/* Users and sessions get their pseudonyms, if they are to. */
int intake_hide(struct rs_intake *in, struct rs_keymap **map, struct rs_err *err);

/* intake_sessions.c: joins the column of sessions, and gives the events of visitors to whom the visitor turned out to be.
 * map holds the users and is replaced by one without those visitors. */
int intake_link_sessions(struct rs_intake *in, struct rs_keymap **map, struct rs_err *err);

/* intake_end.c: the codes of all rows in one column, and its values; those of the workers are freed. */
int intake_join_column(struct rs_intake *in, uint32_t column, struct rs_values *values, uint32_t **code, struct rs_err *err);

#endif
