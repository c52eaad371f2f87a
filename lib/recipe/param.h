/* param.h -- the parameter table of a recipe: validation, help, tuning ranges, model header.
 *
 * One row describes a parameter once. Values are doubles (integers and booleans too), or an index into `choices`. */
#ifndef RS_RECIPE_PARAM_H
#define RS_RECIPE_PARAM_H

#include "lib/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum rs_param_type { RS_PARAM_INT, RS_PARAM_REAL, RS_PARAM_BOOL, RS_PARAM_CHOICE };
enum rs_param_scale { RS_SCALE_LINEAR, RS_SCALE_LOG };

struct rs_param {
	const char *name;
	enum rs_param_type type;
	double min, max, preset;   /* preset: the default; NaN: "auto", worked out from the data */
	double tune_min, tune_max; /* range worth searching; equal: not tuned */
	enum rs_param_scale scale;
	const char *const *choices; /* CHOICE: names, NULL-ended */
	const char *meaning;       /* one line, with the unit */
};

#define RS_PARAM_MAX 48

struct rs_param_values {
	const struct rs_param *table;
	double v[RS_PARAM_MAX];    /* by row of the table */
	bool given[RS_PARAM_MAX];  /* set by the user */
};

void rs_params_init(struct rs_param_values *p, const struct rs_param *table);

/* "name=value". RS_EUSAGE names the parameter, the value and what is expected; an unknown name lists the known ones. Names of
 * Amazon Personalize are taken; those that mean nothing here are passed over with a note. */
int rs_params_set(struct rs_param_values *p, const char *assignment, struct rs_err *err);

bool rs_params_have(const struct rs_param_values *p, const char *name);

/* The value by name; asserts that the table has it. */
double rs_param(const struct rs_param_values *p, const char *name);

/* Replaces an "auto" by what was worked out, so that the model header shows it. */
void rs_param_resolve(struct rs_param_values *p, const char *name, double v);

int rs_params_to_json(const struct rs_param_values *p, json_t *object, struct rs_err *err);
int rs_params_from_json(struct rs_param_values *p, const json_t *object, struct rs_err *err); /* RS_EDATA */

#endif
