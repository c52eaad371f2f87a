/* test_session.c -- neighbours among sessions against plain loops; explanation; a store without users; damage. */
#include "tests/unit/random_events.h"

#include "lib/recipe/recipe.h"
#include "lib/recipe/session_store.h"

#define MAX 16
#define SESSIONS 128

static const struct rs_recipe *session;

struct plain {
	uint32_t item[SESSIONS][MAX], n_items[SESSIONS], n;
	int64_t time_s[SESSIONS];
};

/* Different items of the events lo .. hi, in the order of their last events. */
static uint32_t different(uint32_t *to, const struct rs_events *e, uint64_t lo, uint64_t hi, uint32_t max)
{
	uint32_t n = 0, drop;

	for (uint64_t k = lo; k < hi; k++) {
		bool later = false;

		for (uint64_t l = k + 1; l < hi; l++)
			later |= e->item[l] == e->item[k];
		if (!later)
			to[n++] = e->item[k];
	}
	drop = n > max ? n - max : 0;
	memmove(to, to + drop, (n - drop) * sizeof *to);
	return n - drop;
}

static void sessions_by(struct plain *s, const struct rs_events *e, double gap_s, uint32_t max)
{
	s->n = 0;
	for (uint32_t u = 0; u < e->n_users; u++) {
		uint64_t first = e->row_ptr[u];

		for (uint64_t k = first; k < e->row_ptr[u + 1]; k++) {
			bool last = k + 1 == e->row_ptr[u + 1];

			if (!last && !(gap_s > 0 && (double)(e->time_s[k + 1] - e->time_s[k]) > gap_s))
				continue;
			s->n_items[s->n] = different(s->item[s->n], e, first, k + 1, max);
			s->time_s[s->n] = e->time_s[k];
			s->n += s->n_items[s->n] > 1;
			first = k + 1;
		}
	}
}

static double decay(double distance, double half_life)
{
	return half_life > 0 ? pow(2, -distance / half_life) : 1;
}

/* Scores of user u with all sessions as neighbours. */
static void scores_by(double *score, const struct plain *s, const struct rs_events *e, uint32_t u,
                      const struct rs_param_values *p)
{
	uint64_t lo = e->row_ptr[u], hi = e->row_ptr[u + 1], from = hi;
	double gap_s = rs_param(p, "session_gap") * 60, window = rs_param(p, "history_window");
	int64_t newest = INT64_MIN;

	memset(score, 0, MAX * sizeof *score);
	for (uint32_t k = 0; k < s->n; k++)
		newest = s->time_s[k] > newest ? s->time_s[k] : newest;
	while (from > lo
	       && (from == hi || !(gap_s > 0 && (double)(e->time_s[from] - e->time_s[from - 1]) > gap_s))
	       && (window == 0 || (double)(hi - from) < window))
		from--;
	for (uint32_t n = 0; n < s->n; n++) {
		double sim = 0, shared = 0;
		uint32_t place = 0;
		bool seen[MAX] = { false };

		for (uint64_t k = hi; k-- > from;) {
			for (uint32_t i = 0; i < s->n_items[n]; i++) {
				if (s->item[n][i] != e->item[k] || seen[e->item[k]])
					continue;
				if (sim == 0) {
					place = i;
					shared = decay((double)(hi - 1 - k), rs_param(p, "shared_half_life"));
				}
				sim += decay((double)(hi - 1 - k), rs_param(p, "history_half_life"))
				        * (e->weight == NULL ? 1 : (double)e->weight[k]);
			}
			seen[e->item[k]] = true;
		}
		sim *= shared / sqrt(s->n_items[n])
		        * decay((double)(newest - s->time_s[n]) / 86400, rs_param(p, "age_half_life"));
		for (uint32_t i = 0; i < s->n_items[n]; i++) {
			double with = 0;

			for (uint32_t o = 0; o < s->n; o++)
				for (uint32_t k = 0; k < s->n_items[o]; k++)
					with += s->item[o][k] == s->item[n][i];
			score[s->item[n][i]] += sim
			        * decay(fabs((double)i - place), rs_param(p, "distance_half_life"))
			        * (1 + rs_param(p, "idf") * log(s->n / with));
		}
	}
}

static void choose(struct rs_param_values *p, uint64_t seed, const struct rs_train_in *in)
{
	rs_params_init(p, session->params);
	rs_param_resolve(p, "session_gap", draw(seed, 60, 0, 2) == 0 ? 0 : 600);
	rs_param_resolve(p, "max_items", draw(seed, 60, 1, 2) == 0 ? 3 : 200);
	rs_param_resolve(p, "age_half_life", draw(seed, 60, 2, 2) == 0 ? 0 : 1);
	rs_param_resolve(p, "idf", draw(seed, 60, 3, 2) == 0 ? 0 : 1.5);
	rs_param_resolve(p, "history_half_life", draw(seed, 60, 4, 2) == 0 ? 0 : 2);
	rs_param_resolve(p, "history_window", draw(seed, 60, 5, 2) == 0 ? 0 : 3);
	rs_param_resolve(p, "shared_half_life", draw(seed, 60, 6, 2) == 0 ? 0 : .8);
	rs_param_resolve(p, "distance_half_life", draw(seed, 60, 7, 2) == 0 ? 0 : 2);
	session->resolve(p, in);
}

static void check_user(void *m, const struct rs_events *e, uint32_t u, const float *score, const double *want)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_events h;
	float share[MAX];

	assert_done(rs_events_rows(&h, e, &u, 1, &err));
	for (uint32_t i = 0; i < e->n_items; i++) {
		double sum = 0;

		assert_true(near((double)score[i], want[i]));
		assert_done(session->explain(m, &h, i, share, &err));
		for (uint64_t k = 0; k < h.row_ptr[1]; k++)
			sum += (double)share[k];
		assert_true(near(sum, want[i]));
	}
	rs_events_release(&h);
}

static void scores_equal_plain_loops(void **state)
{
	uint32_t served = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct random_events r;
		struct rs_train_in in = { .events = &r.e };
		struct rs_param_values p;
		struct rs_err err = RS_ERR_INIT;
		struct plain plain;
		float score[MAX * MAX];
		void *m, *q;

		random_events_init(&r, seed, seed % 2 == 0, true);
		choose(&p, seed, &in);
		sessions_by(&plain, &r.e, rs_param(&p, "session_gap") * 60,
		            (uint32_t)rs_param(&p, "max_items"));
		if (plain.n == 0) {
			assert_int_equal(session->train(&m, &in, &p, &err), RS_EDATA);
			random_events_release(&r);
			continue;
		}
		assert_done(session->train(&m, &in, &p, &err));
		assert_done(session->query(m, &(struct rs_people){ .events = &r.e }, &q, &err));
		assert_done(session->score(m, q, 0, r.e.n_items, score, MAX, &err));
		for (uint32_t u = 0; u < r.e.n_users; u++, served++) {
			double want[MAX];

			scores_by(want, &plain, &r.e, u, &p);
			check_user(m, &r.e, u, score + (size_t)u * MAX, want);
		}
		session->query_free(q);
		session->free(m);
		random_events_release(&r);
	}
	assert_true(served > 1000);
}

/* With k neighbours: the scores of the k most similar sessions, each of its own items, so that the largest score is no larger
 * than with all, and one neighbour gives scores to the items of one session. */
static void few_neighbours_are_the_nearest(void **state)
{
	uint64_t row_ptr[] = { 0, 3, 6, 8, 9 };
	uint32_t item[] = { 0, 1, 2, 0, 3, 4, 1, 5, 1 };
	int64_t time_s[] = { 1, 2, 3, 1, 2, 3, 1, 2, 1 };
	struct rs_events e = {
		.n_users = 4, .n_items = 6, .row_ptr = row_ptr, .item = item, .time_s = time_s
	};
	struct rs_train_in in = { .events = &e };
	struct rs_param_values p;
	struct rs_err err = RS_ERR_INIT;
	float score[6 * 4];
	void *m, *q;

	(void)state;
	rs_params_init(&p, session->params);
	rs_param_resolve(&p, "neighbors", 1);
	rs_param_resolve(&p, "idf", 0);
	session->resolve(&p, &in);
	assert_done(session->train(&m, &in, &p, &err));
	assert_done(session->query(m, &(struct rs_people){ .events = &e }, &q, &err));
	assert_done(session->score(m, q, 0, 6, score, 6, &err));
	/* the last person did 1 alone: the session 1, 5 is nearer than 0, 1, 2 as it is shorter */
	assert_true(score[3 * 6 + 5] > 0 && score[3 * 6 + 1] > score[3 * 6 + 5]);
	assert_true(score[3 * 6 + 0] == 0 && score[3 * 6 + 2] == 0 && score[3 * 6 + 3] == 0);
	session->query_free(q);
	session->free(m);
}

/* The same sessions by other people are the same store. */
static void people_leave_no_trace(void **state)
{
	uint64_t row_ptr[2][5] = { { 0, 3, 6, 8, 9 }, { 0, 1, 3, 6, 9 } };
	uint32_t item[2][9] = { { 0, 1, 2, 0, 3, 4, 1, 5, 1 }, { 1, 1, 5, 0, 3, 4, 0, 1, 2 } };
	int64_t time_s[2][9] = { { 1, 2, 3, 1, 2, 3, 1, 2, 1 }, { 1, 1, 2, 1, 2, 3, 1, 2, 3 } };
	struct rs_session_how how = { .gap_s = 0, .max_items = 9 };
	struct rs_session_store s[2];
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct rs_events e = { .n_users = 4,
			               .n_items = 6,
			               .row_ptr = row_ptr[k],
			               .item = item[k],
			               .time_s = time_s[k] };

		assert_done(rs_session_store_make(&s[k], &e, &how, &err));
	}
	assert_int_equal(s[0].n, 3);
	assert_int_equal(s[1].n, 3);
	assert_memory_equal(s[0].row_ptr, s[1].row_ptr, 4 * sizeof *s[0].row_ptr);
	assert_memory_equal(s[0].item, s[1].item, 8 * sizeof *s[0].item);
	assert_memory_equal(s[0].time_s, s[1].time_s, 3 * sizeof *s[0].time_s);
	rs_session_store_release(&s[0]);
	rs_session_store_release(&s[1]);
}

static void order_is_needed(void **state)
{
	(void)state;
	expect_order_needed(session, "no times");
}

static int find(void **state)
{
	(void)state;
	session = rs_recipe_find("session");
	return session == NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_equal_plain_loops),
		cmocka_unit_test(few_neighbours_are_the_nearest),
		cmocka_unit_test(people_leave_no_trace),
		cmocka_unit_test(order_is_needed),
	};

	return cmocka_run_group_tests(tests, find, NULL);
}
