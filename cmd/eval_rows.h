/* eval_rows.h -- the result of rs-eval: rows of metrics, collected first, so that one bootstrap serves them all. */
#ifndef RS_CMD_EVAL_ROWS_H
#define RS_CMD_EVAL_ROWS_H

#include "lib/base/file.h"
#include "lib/eval/eval.h"

struct rs_eval_row {
	char name[96];
	double value, low, high; /* NaN: not there */
	const struct rs_scores *a, *b; /* whose mean, or mean difference, it is; NULL: no interval */
	size_t metric;
};

struct rs_eval_rows {
	const struct rs_metric *metric; /* the caller's */
	size_t n_metrics;
	struct rs_eval_row *row;
	size_t n, cap;
};

int rs_eval_rows_add(struct rs_eval_rows *r, const char *prefix, size_t metric, double value, const struct rs_scores *a,
                     const struct rs_scores *b, struct rs_err *err);

/* A row for each metric. */
int rs_eval_rows_add_scores(struct rs_eval_rows *r, const char *prefix, const struct rs_scores *s, struct rs_err *err);

/* "difference." of a less b for each metric, and "p." where it is a mean over users. */
int rs_eval_rows_add_differences(struct rs_eval_rows *r, const struct rs_scores *a, const struct rs_scores *b, uint64_t seed,
                                 struct rs_err *err);

/* Fills low and high. */
int rs_eval_rows_intervals(struct rs_eval_rows *r, uint32_t n_users, uint32_t resamples, double confidence, uint64_t seed,
                           struct rs_err *err);

int rs_eval_rows_put(const struct rs_eval_rows *r, struct rs_out *out, uint32_t n_users, bool as_json, struct rs_err *err);
void rs_eval_rows_release(struct rs_eval_rows *r);

/* A number, or nothing (JSON: null) where there is none. */
int rs_eval_put_number(struct rs_out *out, const char *before, double v, bool as_json, struct rs_err *err);

#endif
