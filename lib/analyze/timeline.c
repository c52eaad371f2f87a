/* timeline.c -- see timeline.h. */
#include "lib/analyze/timeline.h"

#include <stddef.h>

static const int64_t ladder[] = { 1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400 };

/* The next width that the given one divides. */
static int64_t wider(int64_t width_s)
{
	for (size_t i = 0; i < sizeof ladder / sizeof ladder[0]; i++)
		if (ladder[i] > width_s)
			return ladder[i];
	return 2 * width_s;
}

bool rs_timeline_fit(struct rs_timeline *t, int64_t first_s, int64_t last_s)
{
	struct rs_timeline old = *t;

	if (old.width_s == 0) {
		t->width_s = 1;
		t->first_s = first_s;
		t->last_s = last_s;
	}
	t->first_s = first_s < t->first_s ? first_s : t->first_s;
	t->last_s = last_s > t->last_s ? last_s : t->last_s;
	while (rs_floor_div(t->last_s, t->width_s) - rs_floor_div(t->first_s, t->width_s) >= (int64_t)t->n_max)
		t->width_s = wider(t->width_s);
	t->start_s = rs_floor_div(t->first_s, t->width_s) * t->width_s;
	return old.width_s != 0 && (old.width_s != t->width_s || old.start_s != t->start_s);
}
