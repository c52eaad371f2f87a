/* bind.h -- the conditions of a filter, tied to the columns of a dataset. */
#ifndef RS_FILTER_BIND_H
#define RS_FILTER_BIND_H

#include "lib/filter/eval.h"

/* Three-valued logic: AND is the minimum, OR the maximum, NOT is RS_TRUE - x. */
enum { RS_FALSE, RS_UNKNOWN, RS_TRUE };

enum rs_source {
	RS_SOURCE_USER,    /* truth[user] */
	RS_SOURCE_ITEM,    /* truth[item] */
	RS_SOURCE_TIME,
	RS_SOURCE_VALUE,
	RS_SOURCE_TYPE,    /* truth[type] */
	RS_SOURCE_CONTEXT  /* a column with one row for each event */
};

struct rs_bound {
	enum rs_source source;
	const struct rs_filter_step *step;
	const struct rs_filter_value *value; /* step->n_values */
	double *number;                      /* the values as numbers, where the column holds numbers */
	const struct rs_column *column;      /* CONTEXT */
	uint8_t *truth; /* by user, item, event type or dictionary value; NULL where rows are compared one by one */
};

int rs_bind(struct rs_bound *b, const struct rs_filter *f, size_t step, const struct rs_dataset *d,
            enum rs_filter_table table, struct rs_err *err);
void rs_bound_release(struct rs_bound *b);

/* One row of the table against the condition. */
uint8_t rs_bound_test(const struct rs_bound *b, const struct rs_dataset *d, uint64_t event, uint32_t user, uint32_t item);

#endif
