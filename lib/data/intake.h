/* intake.h -- the rows of one table, read from its files in parallel.
 *
 * A file is read in batches, and a batch is cut into tiles at ends of records; while the tiles of one batch are being read,
 * the next batch comes in. Each worker codes ids and values by maps of its own; at the end the maps are joined, and the
 * sorted order of keys makes the result independent of who read what. */
#ifndef RS_DATA_INTAKE_H
#define RS_DATA_INTAKE_H

#include "lib/data/import.h"
#include "lib/data/names.h"
#include "lib/data/pseudonym.h"
#include "lib/data/rejects.h"

struct rs_intake;

int rs_intake_new(struct rs_intake **out, enum rs_table_kind kind, const struct rs_import_options *o,
                  struct rs_rejects *rejects, struct rs_err *err);
void rs_intake_free(struct rs_intake *in);

/* Users, and sessions, get pseudonyms by this key, which stays the caller's. */
void rs_intake_hide(struct rs_intake *in, const struct rs_hmac *key);

int rs_intake_file(struct rs_intake *in, const char *path, struct rs_err *err);

/* Rows read and rejected so far. */
uint64_t rs_intake_read(const struct rs_intake *in);
uint64_t rs_intake_rejected(const struct rs_intake *in);

/* Sets what entries of --ignore a file had columns for. */
void rs_intake_ignored(const struct rs_intake *in, bool *met);

/* All rows of events; the maps of *rows stay with the intake. */
int rs_intake_events(struct rs_intake *in, struct rs_rows *rows, struct rs_err *err);

/* All rows of a table of attributes, the last one of each id; *merged tells how many that left out. */
int rs_intake_table(struct rs_intake *in, struct rs_table_in *table, uint64_t *merged, struct rs_err *err);

#endif
