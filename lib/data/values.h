/* values.h -- the distinct values of one column as codes, and the typed column that they make in the end.
 *
 * Values of up to RS_KEY_MAX bytes are kept once; a longer one (a description) each time it comes. */
#ifndef RS_DATA_VALUES_H
#define RS_DATA_VALUES_H

#include "lib/data/avro.h"
#include "lib/data/dataset.h"

struct rs_values {
	struct rs_keymap *map;
	struct rs_buf bytes;  /* the long ones */
	uint64_t *off;        /* n_long + 1 offsets into bytes */
	size_t off_cap;
	uint32_t n_long;
};

/* All zero is an empty one. */
void rs_values_release(struct rs_values *v);

uint32_t rs_values_find(const struct rs_values *v, const char *p, size_t n); /* RS_NONE: not (yet) there */
int rs_values_add(struct rs_values *v, const char *p, size_t n, uint32_t *code, struct rs_err *err);

/* All values by place, and one of them. */
uint32_t rs_values_count(const struct rs_values *v);
const char *rs_values_get(const struct rs_values *v, uint32_t place, size_t *n);

/* The codes of a column of n rows (RS_NONE: null) into a column: what the field of a schema says, or (NULL) by the values
 * alone: numbers if all are; categories, several joined by '|', where they come back; else text. A column IMPRESSION holds
 * categories whatever the schema says. The name is copied. */
int rs_values_column(struct rs_column *out, const struct rs_values *v, const char *name,
                     const struct rs_avro_field *field, const uint32_t *code, uint64_t n, struct rs_err *err);

/* The place of a code among all values: the short ones first, then the long ones. */
uint32_t rs_values_place(const struct rs_values *v, uint32_t code);

/* Adds the values of b to a; *map gets for the place of each value of b its code in a. Owned by the caller. */
int rs_values_join(struct rs_values *a, const struct rs_values *b, uint32_t **map, struct rs_err *err);

#endif
