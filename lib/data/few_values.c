/* few_values.c -- the different numbers of a column, if they are few, and their ranks: joining and sorting. */
#include "lib/data/few_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void few_values_join(struct few_values *to, const struct few_values *from)
{
	to->too_many |= from->too_many;
	for (size_t i = 0; i < from->n; i++)
		few_values_add(to, from->value[i]);
}

static int cmp_value(const void *pa, const void *pb)
{
	const float *a = pa, *b = pb;

	if (isnan(*a) || isnan(*b))
		return (int)isnan(*b) - (int)isnan(*a);
	return (*a > *b) - (*a < *b);
}

void few_values_rank(struct few_values *s)
{
	qsort(s->value, s->n, sizeof *s->value, cmp_value);
	memset(s->slot, 0, sizeof s->slot);
	for (size_t i = 0; i < s->n; i++)
		*few_values_slot(s, s->value[i]) = (uint16_t)(i + 1);
}
