/* test_transition.c -- sums over states by their definition, the closed, local and one-shot weights against plain loops,
 * lists from a history alone, explanation, refusals. */
#include "tests/unit/random_events.h"

#include "lib/recipe/recipe.h"
#include "lib/recipe/sequence.h"

#define MAX 16

static const struct rs_recipe *transition;

struct plain { /* by definition, in double */
	double k[MAX][MAX], g[MAX][MAX], xx[MAX][MAX];
	double often[MAX];
};

static double step_by(const struct rs_param_values *p, double half_life, int64_t gap_s)
{
	double gap = rs_param(p, "gap_half_life"), step = half_life > 0 ? pow(2, -1 / half_life) : 1;

	if (gap > 0)
		step *= fmax(rs_param(p, "gap_floor"), pow(2, -(double)gap_s / 3600 / gap));
	return step;
}

static double weight_of(const struct rs_events *e, uint64_t k)
{
	return e->weight == NULL ? 1 : (double)e->weight[k];
}

static void sums_by(struct plain *s, const struct random_events *r, const struct rs_param_values *p)
{
	const struct rs_events *e = &r->e;
	uint64_t window = (uint64_t)rs_param(p, "window");

	memset(s, 0, sizeof *s);
	for (uint64_t k = 0; k < e->row_ptr[e->n_users]; k++)
		s->often[e->item[k]]++;
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t lo = e->row_ptr[u], hi = e->row_ptr[u + 1];

		for (uint64_t t = lo; t + 1 < hi; t++) {
			double state[MAX] = { 0 }, left = 1, w = weight_of(e, t + 1);

			for (uint64_t a = t + 1; a-- > lo && t - a < window;) {
				state[e->item[a]] += left * weight_of(e, a);
				if (a > lo)
					left *= step_by(p, rs_param(p, "half_life"),
					                e->time_s[a] - e->time_s[a - 1]);
			}
			for (uint32_t i = 0; i < e->n_items; i++) {
				s->k[i][e->item[t + 1]] += w * state[i];
				for (uint32_t j = 0; j < e->n_items; j++)
					s->g[i][j] += w * state[i] * state[j];
			}
		}
		for (uint32_t i = 0; i < e->n_items; i++)
			for (uint32_t j = 0; j < e->n_items; j++)
				s->xx[i][j] += r->x[u * e->n_items + i] * r->x[u * e->n_items + j];
	}
}

/* Every item of a model has an event. */
static bool complete(const struct random_events *r)
{
	bool here[MAX] = { false };

	for (uint64_t k = 0; k < r->e.row_ptr[r->e.n_users]; k++)
		here[r->e.item[k]] = true;
	for (uint32_t i = 0; i < r->e.n_items; i++)
		if (!here[i])
			return false;
	return true;
}

/* The mixture of the manual. */
static void mix(struct plain *s, uint32_t n, const struct rs_param_values *p)
{
	double a = rs_param(p, "order_free"), back = rs_param(p, "back"), k[MAX][MAX];

	memcpy(k, s->k, sizeof k);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < n; j++) {
			s->k[i][j] = (1 - a) * (k[i][j] + back * k[j][i]) + (i == j ? 0 : a * s->xx[i][j]);
			s->g[i][j] = (1 - a) * (1 + back) * s->g[i][j] + a * s->xx[i][j];
		}
	}
}

/* b = (g + D)^-1 k for the items of m, by elimination. */
static void solve_by(double b[MAX], double g[MAX][MAX], const double k[MAX], const uint32_t *m, uint32_t n_m)
{
	double a[MAX][MAX + 1];

	for (uint32_t i = 0; i < n_m; i++) {
		for (uint32_t j = 0; j < n_m; j++)
			a[i][j] = g[m[i]][m[j]];
		a[i][n_m] = k[m[i]];
	}
	for (uint32_t c = 0; c < n_m; c++)
		for (uint32_t i = 0; i < n_m; i++)
			for (uint32_t j = n_m + 1; j-- > c && i != c;)
				a[i][j] -= a[i][c] / a[c][c] * a[c][j];
	for (uint32_t i = 0; i < n_m; i++)
		b[m[i]] = a[i][n_m] / a[i][i];
}

/* The weights of target j. */
static void column_by(double b[MAX], struct plain *s, uint32_t n, uint32_t j, const char *solver,
                      const struct rs_param_values *p)
{
	double k[MAX], load = rs_param(p, "dropout") / (1 - rs_param(p, "dropout")), g[MAX][MAX];
	uint32_t m[MAX], n_m = 0;

	memcpy(g, s->g, sizeof g);
	for (uint32_t i = 0; i < n; i++) {
		k[i] = s->k[i][j];
		b[i] = 0;
		g[i][i] = g[i][i] * (1 + load)
		        + rs_param(p, "l2") * pow(s->often[i], rs_param(p, "l2_exponent"));
		if (strcmp(solver, "oneshot") == 0)
			b[i] = k[i] * pow(s->often[i], -rs_param(p, "source_exponent"));
		else if (strcmp(solver, "closed") == 0 || k[i] > 0)
			m[n_m++] = i;
	}
	if (strcmp(solver, "oneshot") != 0)
		solve_by(b, g, k, m, n_m);
	for (uint32_t i = 0; i < n; i++)
		b[i] *= pow(s->often[j], -rs_param(p, "target_exponent"));
}

static void choose(struct rs_param_values *p, uint64_t seed, const char *solver, const struct rs_train_in *in)
{
	static const double half_lives[] = { .5, 3, 20 };
	struct rs_err err = RS_ERR_INIT;
	char text[32];

	rs_params_init(p, transition->params);
	snprintf(text, sizeof text, "solver=%s", solver);
	assert_done(rs_params_set(p, text, &err));
	rs_param_resolve(p, "half_life", half_lives[draw(seed, 80, 0, 3)]);
	rs_param_resolve(p, "window", (double)(1 + draw(seed, 80, 1, 10)));
	rs_param_resolve(p, "gap_half_life", draw(seed, 80, 2, 2) == 0 ? 0 : 5);
	rs_param_resolve(p, "order_free", draw(seed, 80, 3, 2) == 0 ? 0 : .3);
	rs_param_resolve(p, "back", draw(seed, 80, 4, 2) == 0 ? 0 : .5);
	rs_param_resolve(p, "l2", draw(seed, 80, 5, 2) == 0 ? 2 : 30);
	rs_param_resolve(p, "l2_exponent", draw(seed, 80, 6, 2) == 0 ? 0 : .5);
	rs_param_resolve(p, "dropout", draw(seed, 80, 7, 2) == 0 ? 0 : .6);
	rs_param_resolve(p, "target_exponent", draw(seed, 80, 8, 2) == 0 ? 0 : .2);
	if (strcmp(solver, "closed") == 0)
		rs_param_resolve(p, "top", draw(seed, 80, 9, 2) == 0 ? 0 : 50);
	transition->resolve(p, in);
}

/* Regressions in single precision: within 2e-4 of the largest weight. */
static void weights_equal_plain_loops(void **state)
{
	static const char *const solvers[] = { "closed", "local", "oneshot" };

	(void)state;
	for (uint64_t seed = 0; seed < 1200; seed++) {
		const char *solver = solvers[seed % 3];
		struct random_events r;
		struct rs_train_in in = { .events = &r.e };
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct plain plain;
		double largest = 0;
		float row[MAX];
		void *m;

		random_events_init(&r, seed, seed % 2 == 0, true);
		if (!complete(&r)) {
			random_events_release(&r);
			continue;
		}
		choose(&p, seed, solver, &in);
		sums_by(&plain, &r, &p);
		mix(&plain, r.e.n_items, &p);
		assert_done(transition->train(&m, &in, &p, &err));
		for (int pass = 0; pass < 2; pass++) {
			for (uint32_t j = 0; j < r.e.n_items; j++) {
				double want[MAX];

				column_by(want, &plain, r.e.n_items, j, solver, &p);
				for (uint32_t i = 0; i < r.e.n_items; i++) {
					assert_done(transition->similar(m, i, row, &err));
					largest = fmax(largest, fabs(want[i]));
					if (pass == 1)
						assert_true(fabs((double)row[j] - want[i])
						            <= 2e-4 * largest + 1e-12);
				}
			}
		}
		transition->free(m);
		random_events_release(&r);
	}
}

/* Sums of pairs are those of the states, for all windows and gaps. */
static void pairs_equal_states(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct random_events r;
		struct rs_train_in in = { .events = &r.e };
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct rs_sequence s;
		struct rs_cooccur c;
		struct plain plain;

		random_events_init(&r, seed, seed % 2 == 0, true);
		choose(&p, seed, "oneshot", &in);
		sums_by(&plain, &r, &p);
		struct rs_recency recency = { .half_life = rs_param(&p, "half_life"),
			                      .window = (uint32_t)rs_param(&p, "window"),
			                      .gap_half_life = rs_param(&p, "gap_half_life"),
			                      .gap_floor = rs_param(&p, "gap_floor") };
		assert_done(rs_sequence_init(&s, &r.e, &recency, &err));
		assert_done(rs_cooccur_init(&c, r.e.n_items, 1, &err));
		for (uint32_t j = 0; j < r.e.n_items; j++) {
			for (int what = 0; what < 3; what++) {
				(what == 0           ? rs_sequence_before
				         : what == 1 ? rs_sequence_after
				                     : rs_sequence_gram)(&s, j, 2, &c);
				for (uint32_t i = 0; i < r.e.n_items; i++) {
					double want = 2
					        * (what == 0           ? plain.k[i][j]
					                   : what == 1 ? plain.k[j][i]
					                               : plain.g[i][j]);

					assert_true(fabs((double)c.acc[i] - want)
					            <= 1e-5 * fabs(want) + 1e-6);
					c.acc[i] = 0;
				}
			}
		}
		rs_cooccur_release(&c);
		rs_sequence_release(&s);
		random_events_release(&r);
	}
}

/* score = sum over the events of weight by recency x row of the weights; shares add up to it. */
static void scores_are_explained(void **state)
{
	static const char *const solvers[] = { "closed", "local", "oneshot" };

	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct random_events r;
		struct rs_train_in in = { .events = &r.e };
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		float score[MAX * MAX], share[MAX];
		void *m, *q;

		random_events_init(&r, seed, seed % 2 == 0, true);
		if (!complete(&r)) {
			random_events_release(&r);
			continue;
		}
		choose(&p, seed, solvers[seed % 3], &in);
		assert_done(transition->train(&m, &in, &p, &err));
		assert_done(transition->query(m, &(struct rs_people){ .events = &r.e }, &q, &err));
		assert_done(transition->score(m, q, 0, r.e.n_items, score, MAX, &err));
		for (uint32_t u = 0; u < r.e.n_users; u++) {
			struct rs_events h;

			assert_done(rs_events_rows(&h, &r.e, &u, 1, &err));
			for (uint32_t i = 0; i < r.e.n_items; i++) {
				double sum = 0, size = 0, want = 0, left = 1;

				assert_done(transition->explain(m, &h, i, share, &err));
				for (uint64_t e = h.row_ptr[1]; e-- > 0;) {
					float row[MAX];

					assert_done(transition->similar(m, h.item[e], row, &err));
					want += left * weight_of(&h, e) * (double)row[i];
					if (e > 0)
						left *= step_by(&p, rs_param(&p, "history_half_life"),
						                h.time_s[e] - h.time_s[e - 1]);
					sum += (double)share[e];
					size += fabs((double)share[e]);
				}
				assert_true(fabs(sum - (double)score[u * MAX + i]) <= 1e-5 * size + 1e-12);
				assert_true(fabs(want - sum) <= 1e-5 * size + 1e-12);
			}
			rs_events_release(&h);
		}
		transition->query_free(q);
		transition->free(m);
		random_events_release(&r);
	}
}

static void order_is_needed(void **state)
{
	(void)state;
	expect_order_needed(transition, "--ordered");
}

static void memory_is_refused_before(void **state)
{
	enum { N = 1200 };
	static uint32_t item[N];
	static int64_t time_s[N];
	uint64_t row_ptr[] = { 0, N };
	struct rs_events e = {
		.n_users = 1, .n_items = N, .row_ptr = row_ptr, .item = item, .time_s = time_s
	};
	struct rs_train_in in = { .events = &e };
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;
	void *m;

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		time_s[i] = item[i] = i;
	rs_params_init(&p, transition->params);
	transition->resolve(&p, &in);
	rs_mem_set_cap(rs_mem_used() + 4000000);
	assert_int_equal(transition->train(&m, &in, &p, &err), RS_ENOMEM);
	assert_non_null(strstr(err.text, "solver=local"));
	rs_mem_set_cap(0);
}

static int find(void **state)
{
	(void)state;
	transition = rs_recipe_find("transition");
	return transition == NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_equal_states),       cmocka_unit_test(weights_equal_plain_loops),
		cmocka_unit_test(scores_are_explained),     cmocka_unit_test(order_is_needed),
		cmocka_unit_test(memory_is_refused_before),
	};

	return cmocka_run_group_tests(tests, find, NULL);
}
