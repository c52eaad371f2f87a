/* tape.h -- the events of a dataset from front to back, whole users at a time, without holding all of them.
 *
 * One file is read by block, each block once; several files are joined in memory first. What comes off the tape is
 * checked as rs_dataset_open checks it: indexes, order, finite values. A wave ends between two users, so memory is that of
 * one wave or of the busiest user. */
#ifndef RS_DATA_TAPE_H
#define RS_DATA_TAPE_H

#include "lib/data/dataset.h"
#include "lib/data/schema.h"

/* Users lo .. hi - 1 with all their events, event `first` of the dataset being number 0 of the arrays (NULL: no such
 * column). row_ptr counts from the start of the dataset. */
struct rs_wave {
	uint32_t lo, hi;
	uint64_t first, n;
	const uint64_t *row_ptr; /* of the whole dataset */
	const uint32_t *item;
	const int64_t *time_s;
	const float *value;
	const uint16_t *type;
};

struct rs_tape;

/* half: the events on items, or those on actions (RS_EUSAGE where there are none). hold: all is read into memory, as several
 * files always are. */
int rs_tape_open(struct rs_tape **out, const char *const *path, size_t n, enum rs_half half, bool hold,
                 struct rs_err *err);
void rs_tape_close(struct rs_tape *t);

/* Counts, flags and columns (their contents are not there). */
const struct rs_schema *rs_tape_schema(const struct rs_tape *t);
const uint64_t *rs_tape_rows(const struct rs_tape *t);
const struct rs_keys *rs_tape_types(const struct rs_tape *t);

/* The dataset where it is held in memory, else NULL. */
const struct rs_dataset *rs_tape_dataset(const struct rs_tape *t);

/* Bytes of the file; 0 where it is held in memory. */
uint64_t rs_tape_bytes(const struct rs_tape *t);

/* 1 and the next wave, valid until the next call; 0 at the end. */
int rs_tape_next(struct rs_tape *t, struct rs_wave *w, struct rs_err *err);

/* Verifies the checksums of what was not read. */
int rs_tape_verify(struct rs_tape *t, struct rs_err *err);

/* Ids of users (item: of items): those of ix[0 .. n), which ascend, or all of them. The caller's. */
int rs_tape_pick(struct rs_keys *out, struct rs_tape *t, bool item, const uint32_t *ix, uint32_t n, struct rs_err *err);
int rs_tape_keys(struct rs_keys *out, struct rs_tape *t, bool item, struct rs_err *err);

/* One column, whole: owner is 'C' (context of events), 'U' or 'I', i its number. Given back with rs_tape_drop. */
int rs_tape_column(const struct rs_column **out, struct rs_tape *t, char owner, uint32_t i, struct rs_err *err);
void rs_tape_drop(struct rs_tape *t, char owner, uint32_t i);

/* The rows that a table of users ('U') or items ('I') has: 1 for each id that has one; NULL: there is no such table. */
int rs_tape_present(const uint8_t **out, struct rs_tape *t, char owner, struct rs_err *err);

#endif
