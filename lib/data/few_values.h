/* few_values.h -- inside of sorting events: the different numbers of a column, if they are few, and their ranks; a small
 * hash table of bits. */
#ifndef RS_DATA_FEW_VALUES_H
#define RS_DATA_FEW_VALUES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FEW_VALUES_MAX 256
#define FEW_VALUES_SLOTS 1024

/* All zero: none. Equal numbers are one: there is one zero, and one NaN, which is the least of all. */
struct few_values {
	size_t n;
	bool too_many; /* more than FEW_VALUES_MAX: the others are not here */
	float value[FEW_VALUES_MAX];
	uint16_t slot[FEW_VALUES_SLOTS]; /* number + 1, in the order of value */
};

static inline float few_values_form(float v)
{
	return isnan(v) ? NAN : v + 0.0f;
}

/* The slot of the value, or the free one where it would stand; v in its one form. */
static inline uint16_t *few_values_slot(struct few_values *s, float v)
{
	uint32_t bits, at;

	memcpy(&bits, &v, sizeof bits);
	for (at = bits * 2654435769u >> 22;; at = (at + 1) % FEW_VALUES_SLOTS) {
		uint32_t there;

		if (s->slot[at] == 0)
			return &s->slot[at];
		memcpy(&there, &s->value[s->slot[at] - 1], sizeof there);
		if (there == bits)
			return &s->slot[at];
	}
}

static inline void few_values_add(struct few_values *s, float v)
{
	float form = few_values_form(v);
	uint16_t *slot = few_values_slot(s, form);

	if (*slot != 0)
		return;
	if (s->n == FEW_VALUES_MAX) {
		s->too_many = true;
		return;
	}
	s->value[s->n++] = form;
	*slot = (uint16_t)s->n;
}

void few_values_join(struct few_values *to, const struct few_values *from);

/* From here on value is sorted, and the number of a value is its rank. */
void few_values_rank(struct few_values *s);

/* The number of a value that is there. */
static inline uint32_t few_values_number(struct few_values *s, float v)
{
	return *few_values_slot(s, few_values_form(v)) - 1u;
}

#endif
