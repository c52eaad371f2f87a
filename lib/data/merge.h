/* merge.h -- many files into one, block by block.
 *
 * The result is that of rs_dataset_open and rs_dataset_write, byte for byte, but the events are never in memory at once: first
 * a plan is made, user by user, which says from which file each event comes and which are repeats; then each column is
 * written by the plan. In memory are the ids, the attributes of users and items, the actions, one block of each column of
 * each file, and 16 bytes for each change from one file to another. Where a context column holds categories in one file and
 * numbers in another, everything is read into memory instead. */
#ifndef RS_DATA_MERGE_H
#define RS_DATA_MERGE_H

#include "lib/data/dataset.h"

struct rs_merge_counts {
	uint32_t users, items;
	uint64_t events, repeats;
};

int rs_merge(const char *out, const char *const *path, size_t n, struct rs_merge_counts *counts, struct rs_err *err);

#endif
