/* random_events.h -- small random sets of events for the tests of recipes, with a plain dense matrix beside them. */
#ifndef RS_TESTS_RANDOM_EVENTS_H
#define RS_TESTS_RANDOM_EVENTS_H

#include "tests/unit/sample.h"

#include "lib/recipe/recipe.h"

struct random_events {
	struct rs_events e;
	double *x; /* n_users x n_items: the largest weight of the pair, 0 where there is none */
};

static inline uint64_t draw(uint64_t seed, uint64_t row, uint32_t step, uint64_t n)
{
	return rs_rand_below(n, seed, RS_RNG_TEST, row, step);
}

static inline void random_events_init(struct random_events *r, uint64_t seed, bool weighted, bool timed)
{
	uint32_t n_users = 1 + (uint32_t)draw(seed, 0, 0, 12), n_items = 1 + (uint32_t)draw(seed, 0, 1, 10);
	uint64_t n = 0, room = (uint64_t)n_users * 9;

	memset(r, 0, sizeof *r);
	r->e.n_users = n_users;
	r->e.n_items = n_items;
	r->e.row_ptr = rs_array0(n_users + 1, sizeof *r->e.row_ptr, NULL);
	r->e.item = rs_array(room, sizeof *r->e.item, NULL);
	r->e.weight = weighted ? rs_array(room, sizeof *r->e.weight, NULL) : NULL;
	r->e.time_s = timed ? rs_array(room, sizeof *r->e.time_s, NULL) : NULL;
	r->x = rs_array0((size_t)n_users * n_items, sizeof *r->x, NULL);
	for (uint32_t u = 0; u < n_users; u++) {
		uint64_t k = draw(seed, u + 1, 0, 9);

		for (uint64_t i = 0; i < k; i++, n++) {
			uint32_t item = (uint32_t)draw(seed, u + 1, (uint32_t)(3 * i + 1), n_items);
			float w = weighted ? (float)(1 + draw(seed, u + 1, (uint32_t)(3 * i + 2), 4)) / 2 : 1;
			double *cell = &r->x[(size_t)u * n_items + item];

			r->e.item[n] = item;
			if (weighted)
				r->e.weight[n] = w;
			if (timed)
				r->e.time_s[n] = (int64_t)(i * 40000 + draw(seed, u + 1, (uint32_t)(3 * i + 3), 40000));
			if ((double)w > *cell)
				*cell = (double)w;
		}
		r->e.row_ptr[u + 1] = n;
	}
}

static inline void random_events_release(struct random_events *r)
{
	rs_events_release(&r->e);
	rs_free(r->x);
}

/* Training on events without times is refused with a sentence that says so. */
static inline void expect_order_needed(const struct rs_recipe *recipe, const char *why)
{
	uint64_t row_ptr[] = { 0, 2 };
	uint32_t item[] = { 0, 1 };
	struct rs_events e = { .n_users = 1, .n_items = 2, .row_ptr = row_ptr, .item = item };
	struct rs_train_in in = { .events = &e };
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;
	void *m;

	rs_params_init(&p, recipe->params);
	recipe->resolve(&p, &in);
	assert_int_equal(recipe->train(&m, &in, &p, &err), RS_EDATA);
	assert_non_null(strstr(err.text, why));
}

/* Equal within 1e-5 relative. */
static inline bool near(double a, double b)
{
	return fabs(a - b) <= 1e-5 * (fabs(a) > fabs(b) ? fabs(a) : fabs(b)) + 1e-12;
}

#endif
