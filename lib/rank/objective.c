/* objective.c -- lists between what the person wants and what they shall be rich in. */
#include "lib/rank/objective.h"

#include <stdlib.h>

#define ROOM 5         /* times as many candidates as are asked for, */
#define ROOM_LEAST 100 /* at least so many */

static const float share[] = { 0, .2f, .5f, .8f }; /* by enum rs_sensitivity */

bool rs_objective_room(const struct rs_model *m, uint32_t n, uint32_t *room)
{
	uint64_t want = (uint64_t)n * ROOM > ROOM_LEAST ? (uint64_t)n * ROOM : ROOM_LEAST;

	*room = n;
	if (m->item_objective == NULL || m->choice.sensitivity == RS_SENSITIVITY_OFF)
		return false;
	*room = want < m->item_key.n ? (uint32_t)want : m->item_key.n;
	return true;
}

/* Whether pick a with goal ga comes before b. */
static bool before(const struct rs_pick *a, float ga, const struct rs_pick *b, float gb)
{
	return ga > gb || (ga == gb && a->item < b->item);
}

static void sift(struct rs_pick *p, float *g, uint32_t at, uint32_t n)
{
	for (;;) {
		uint32_t child = 2 * at + 1;
		struct rs_pick pick = p[at];
		float goal = g[at];

		if (child >= n)
			return;
		if (child + 1 < n && before(&p[child], g[child], &p[child + 1], g[child + 1]))
			child++; /* the later one goes up */
		if (!before(&pick, goal, &p[child], g[child]))
			return;
		p[at] = p[child];
		g[at] = g[child];
		p[child] = pick;
		g[child] = goal;
		at = child;
	}
}

void rs_objective_sort(const struct rs_model *m, struct rs_pick *pick, uint32_t n, float *goal)
{
	float s = share[m->choice.sensitivity], top = n > 0 ? pick[0].score : 0, span = n > 0 ? top - pick[n - 1].score : 0;

	for (uint32_t k = 0; k < n; k++)
		goal[k] = (1 - s) * (span > 0 ? 1 - (top - pick[k].score) / span : 1) + s * m->item_objective[pick[k].item];
	for (uint32_t k = n / 2; k-- > 0;)
		sift(pick, goal, k, n);
	for (uint32_t k = n; k-- > 1;) { /* the last of all stands first */
		struct rs_pick p = pick[0];
		float g = goal[0];

		pick[0] = pick[k];
		goal[0] = goal[k];
		pick[k] = p;
		goal[k] = g;
		sift(pick, goal, 0, k);
	}
}
