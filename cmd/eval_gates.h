/* eval_gates.h -- what is required of the result of rs-eval. */
#ifndef RS_CMD_EVAL_GATES_H
#define RS_CMD_EVAL_GATES_H

#include "cmd/eval_rows.h"

#define RS_EVAL_GATES_MAX 32

struct rs_eval_gates {
	size_t n;
	struct rs_eval_gate {
		char name[64];
		char sign[3];
		double bound;
	} gate[RS_EVAL_GATES_MAX];
};

/* "METRIC>=NUMBER" and the like. RS_EUSAGE. */
int rs_eval_gates_add(struct rs_eval_gates *g, const char *text, struct rs_err *err);

/* What is required has to be measured: adds to metric[0 .. RS_METRICS_MAX) what is missing. */
int rs_eval_gates_metrics(const struct rs_eval_gates *g, struct rs_metric *metric, size_t *n_metrics, struct rs_err *err);

/* RS_EGATE where one is not met, RS_EUSAGE where there is no such row. */
int rs_eval_gates_check(const struct rs_eval_gates *g, const struct rs_eval_rows *r, struct rs_err *err);

#endif
