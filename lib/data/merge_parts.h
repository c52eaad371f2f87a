/* merge_parts.h -- inside of merging: what its parts share. */
#ifndef RS_DATA_MERGE_PARTS_H
#define RS_DATA_MERGE_PARTS_H

#include "lib/data/merge.h"
#include "lib/data/schema.h"
#include "lib/data/stream.h"

/* A context column of one file. */
struct merge_part {
	enum rs_type type;
	struct rs_stream rows;   /* PTR, or the numbers; without a chunk: all null */
	struct rs_stream values; /* codes or text */
	struct rs_keys dict;
	uint32_t *map;           /* CATEGORICAL in the result: codes of this file to codes of the result */
};

struct merge_source {
	struct rs_reader *r;
	struct rs_schema s;
	uint32_t n_types;
	uint64_t *row_ptr;
	struct rs_stream item, time, value, type;
	struct merge_part *context; /* by column of the result */
	bool loose; /* columns of another type or order than in the result: what ties in time and item has to be sorted */
};

/* Columns of one element for each event. */
enum merge_what { MERGE_ITEM, MERGE_TIME, MERGE_VALUE, MERGE_TYPE };

/* Events of one file in a row. */
struct merge_run {
	uint64_t row;
	uint32_t n, source;
};

/* A context column of the result; its description stands in the dataset. */
struct merge_column {
	struct rs_keys all; /* CATEGORICAL: the values of all files */
	uint32_t *place;    /* of those in the dictionary of the result, or RS_NONE: no event has it */
	uint64_t n_values;  /* codes or bytes in the result */
};

struct merging {
	size_t n;
	struct merge_source *source;
	struct rs_dataset *d; /* the result without its events */
	struct rs_union_maps maps;
	bool time, value, type;
	struct merge_column *column;
	const struct rs_column *event_id; /* in d->context; NULL: none, or repeats stay */
	uint64_t *row_ptr;    /* of the result */
	struct merge_run *run;
	size_t n_runs, cap_runs;
	uint64_t n_dropped;
	bool too_loose; /* a loose file has more ties than can be sorted where they lie: set as planning fails */
};

/* merge_linked.c: bytes that the files take together as they are read, joined, and sorted into place. */
uint64_t merge_bytes(struct rs_reader *const *r, size_t n);

/* merge_cells.c: one cell of column k, as it will be written: a double, codes of the result (of `all`), or text; empty: null.
 * Appended to out. */
int merge_cell(struct merging *m, size_t source, uint32_t k, uint64_t row, struct rs_buf *out, struct rs_err *err);
int merge_cmp_cells(const struct rs_column *c, const struct rs_buf *a, const struct rs_buf *b);

/* merge_plan.c: fills row_ptr and run. */
int merge_plan(struct merging *m, struct rs_err *err);

/* merge_write.c: finds out which values of the dictionaries are left, then writes the chunks of the events. */
int merge_survey(struct merging *m, struct rs_err *err);
int merge_write_events(void *merging, struct rs_writer *w, struct rs_err *err);

#endif
