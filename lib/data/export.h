/* export.h -- the tables of a dataset as text, without loss: importing it again gives the same dataset.
 *
 * Columns are named as Amazon Personalize names them (USER_ID, ITEM_ID or ACTION_ID, TIMESTAMP, EVENT_TYPE, EVENT_VALUE), then
 * come the dataset's own in their order. A null is an empty cell (JSON: null), several values of a cell are joined with
 * '|', numbers are the shortest text that reads back as the same number. */
#ifndef RS_DATA_EXPORT_H
#define RS_DATA_EXPORT_H

#include "lib/base/file.h"
#include "lib/data/dataset.h"

enum rs_export_format { RS_EXPORT_CSV, RS_EXPORT_TSV, RS_EXPORT_JSONL };
enum rs_export_table { RS_EXPORT_EVENTS, RS_EXPORT_USERS, RS_EXPORT_ITEMS, RS_EXPORT_ACTIONS, RS_EXPORT_ACTION_EVENTS };

static inline bool rs_export_of_actions(enum rs_export_table table)
{
	return table >= RS_EXPORT_ACTIONS;
}

static inline bool rs_export_of_events(enum rs_export_table table)
{
	return table == RS_EXPORT_EVENTS || table == RS_EXPORT_ACTION_EVENTS;
}

/* d: for tables of actions, the dataset's actions. Events: order (NULL: as they stand) is n_events row numbers. Users and
 * items: those that have a row in the table, or all ids where there is no such table; order has to be NULL. RS_EDATA where
 * JSON cannot hold the bytes. */
int rs_export(struct rs_out *out, const struct rs_dataset *d, enum rs_export_table table, enum rs_export_format format,
              const uint64_t *order, struct rs_err *err);

/* What rs_dataset_open must read for it. */
unsigned rs_export_needs(enum rs_export_table table);

/* Row numbers of all events ordered by time (then user), or dealt at random by the seed. *order is the caller's. */
int rs_order_by_time(uint64_t **order, const struct rs_dataset *d, struct rs_err *err);
int rs_order_at_random(uint64_t **order, const struct rs_dataset *d, uint64_t seed, struct rs_err *err);

#endif
