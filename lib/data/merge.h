/* merge.h -- many files into one, block by block.
 *
 * The result is that of rs_dataset_open and rs_dataset_write, byte for byte, but the events are never in memory at once: first
 * a plan is made, user by user, which says from which file each event comes and which are repeats; then each column is
 * written by the plan, its blocks packed side by side. In memory are the ids, the dictionaries of context columns, the
 * attributes of users and items, the actions, some million rows of a few columns, one block of each of these of each file, and
 * 16 bytes for each change from one file to another. Files whose context columns differ in type or order and that hold
 * hundreds of events of one user, time and item are joined in memory. */
#ifndef RS_DATA_MERGE_H
#define RS_DATA_MERGE_H

#include "lib/data/dataset.h"

struct rs_merge_counts {
	uint32_t users, items;
	uint64_t events, repeats;
};

int rs_merge(const char *out, const char *const *path, size_t n, struct rs_merge_counts *counts, struct rs_err *err);

/* The same with visitors made users, see sessions.h: all is in memory, as anybody's events may be somebody else's, and
 * RS_ENOMEM is told before anything is read where that cannot be. */
int rs_merge_linked(const char *out, const char *const *path, size_t n, struct rs_merge_counts *counts, uint32_t *n_visitors,
                    struct rs_err *err);

#endif
