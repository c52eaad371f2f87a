/* check.h -- what a dataset from a file has to fulfil before anybody relies on it. */
#ifndef RS_DATA_CHECK_H
#define RS_DATA_CHECK_H

#include "lib/data/dataset.h"

/* Rows, indexes, values and the order of the events of d. all: every column of events is there, so that the order and
 * the absence of repeats can be checked whole. RS_EDATA without a file name. */
int rs_dataset_check(const struct rs_dataset *d, bool all, struct rs_err *err);

/* The contents of one column: offsets ascend and end at n_values (codes or bytes of text), codes are below dict.n, numbers are
 * finite or null. */
int rs_column_check(const struct rs_column *c, uint64_t n_values, struct rs_err *err);

#endif
