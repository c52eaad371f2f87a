/* test_arrange.c -- sorted events are what qsort makes of them, whichever way they were sorted. */
#include "tests/unit/done.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/data/arrange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct rs_err err;

struct shape {
	uint64_t n;
	uint32_t n_users, n_items, n_types; /* n_types 0: no column of types */
	uint64_t n_times;                   /* 0: no times */
	int64_t first, step;                /* times are first + step * (0 .. n_times - 1) */
	uint64_t n_values;                  /* 0: no values; else NaN and -1.5, -1, -0.5 ... */
	bool crowd;                         /* half of the events are of one user, within a short time */
	bool keep;
	bool fits;                          /* an event fits 64 bits */
};

static uint64_t draw(const struct shape *s, uint64_t row, uint32_t step, uint64_t n)
{
	return rs_rand_below(n, s->n, RS_RNG_TEST, row, step);
}

static void make(const struct shape *s, struct rs_dataset *d, uint32_t **user)
{
	memset(d, 0, sizeof *d);
	d->n_events = s->n;
	d->user_key.n = s->n_users;
	d->item_key.n = s->n_items;
	d->type_key.n = s->n_types;
	d->keep_duplicates = s->keep;
	*user = rs_array(s->n, sizeof **user, NULL);
	d->item = rs_array(s->n, sizeof *d->item, NULL);
	d->time_s = s->n_times > 0 ? rs_array(s->n, sizeof *d->time_s, NULL) : NULL;
	d->value = s->n_values > 0 ? rs_array(s->n, sizeof *d->value, NULL) : NULL;
	d->type = s->n_types > 0 ? rs_array(s->n, sizeof *d->type, NULL) : NULL;
	for (uint64_t e = 0; e < s->n; e++) {
		bool crowd = s->crowd && e % 2 == 0;

		(*user)[e] = crowd ? s->n_users / 2 : (uint32_t)draw(s, e, 0, s->n_users);
		d->item[e] = (uint32_t)draw(s, e, 1, s->n_items);
		if (s->n_times > 0)
			d->time_s[e] = s->first + s->step * (int64_t)draw(s, e, 2, crowd ? 1 + s->n_times / 1000 : s->n_times);
		if (s->n_values > 0) {
			uint64_t v = draw(s, e, 3, s->n_values);

			d->value[e] = v == 0 ? NAN : (float)v / 2 - 2;
		}
		if (s->n_types > 0) {
			uint64_t t = draw(s, e, 4, s->n_types + 1);

			d->type[e] = t == s->n_types ? UINT16_MAX : (uint16_t)t;
		}
	}
}

static void release(struct rs_dataset *d)
{
	rs_free(d->row_ptr);
	rs_free(d->item);
	rs_free(d->time_s);
	rs_free(d->value);
	rs_free(d->type);
}

struct by_event {
	const struct rs_dataset *d;
	const uint32_t *user;
};

static int cmp_event(const void *pa, const void *pb, void *ctx)
{
	const struct by_event *by = ctx;
	uint64_t a, b;

	memcpy(&a, pa, sizeof a);
	memcpy(&b, pb, sizeof b);
	if (by->user[a] != by->user[b])
		return by->user[a] < by->user[b] ? -1 : 1;
	if (by->d->time_s != NULL && by->d->time_s[a] != by->d->time_s[b])
		return by->d->time_s[a] < by->d->time_s[b] ? -1 : 1;
	if (by->d->item[a] != by->d->item[b])
		return by->d->item[a] < by->d->item[b] ? -1 : 1;
	return rs_event_cmp_rest(by->d, a, b);
}

/* got is what became of the rows of `rows`. */
static void compare(const struct rs_dataset *got, const struct rs_dataset *rows, const uint32_t *user)
{
	struct by_event by = { rows, user };
	uint64_t *order = rs_array(rows->n_events, sizeof *order, NULL), at = 0;
	uint32_t u = 0;

	for (uint64_t e = 0; e < rows->n_events; e++)
		order[e] = e;
	qsort_r(order, rows->n_events, sizeof *order, cmp_event, &by);
	assert_int_equal(got->row_ptr[0], 0);
	for (uint64_t i = 0; i < rows->n_events; i++) {
		uint64_t e = order[i];

		if (!rows->keep_duplicates && i > 0 && cmp_event(&order[i - 1], &e, &by) == 0)
			continue;
		for (; u < user[e]; u++)
			assert_int_equal(got->row_ptr[u + 1], at);
		assert_true(at < got->n_events);
		assert_int_equal(got->item[at], rows->item[e]);
		if (rows->time_s != NULL)
			assert_true(got->time_s[at] == rows->time_s[e]);
		if (rows->value != NULL)
			assert_memory_equal(&got->value[at], &rows->value[e], sizeof *rows->value);
		if (rows->type != NULL)
			assert_int_equal(got->type[at], rows->type[e]);
		at++;
	}
	for (; u < rows->user_key.n; u++)
		assert_int_equal(got->row_ptr[u + 1], at);
	assert_int_equal(got->n_events, at);
	assert_int_equal(got->n_duplicates, rows->n_events - at);
	rs_free(order);
}

static void sorted_as_by_qsort(void **state)
{
	static const struct shape shape[] = {
		{ .n = 0, .n_users = 0, .n_items = 0, .fits = true },
		{ .n = 0, .n_users = 5, .n_items = 0, .n_times = 1, .step = 1, .n_values = 3, .fits = true },
		{ .n = 1, .n_users = 1, .n_items = 1, .n_types = 1, .fits = true },
		{ .n = 3000, .n_users = 7, .n_items = 5, .fits = true },
		{ .n = 3001, .n_users = 7, .n_items = 5, .keep = true, .fits = true },
		{ .n = 20000, .n_users = 300, .n_items = 50, .n_types = 4, .n_times = 9, .first = -7, .step = 3, .n_values = 6,
		  .fits = true },
		{ .n = 20001, .n_users = 1, .n_items = 500, .n_times = 90000, .step = 1000, .n_values = 256, .fits = true },
		{ .n = 20002, .n_users = 30, .n_items = 500, .n_times = 90000, .step = 1, .n_values = 257 },
		{ .n = 700000, .n_users = 200000, .n_items = 9000, .n_types = 2, .n_times = 1 << 26, .first = 1500000000,
		  .step = 1, .n_values = 11, .crowd = true, .fits = true },
		{ .n = 600000, .n_users = 50, .n_items = 90, .n_times = 40, .step = 1, .n_values = 3, .crowd = true,
		  .fits = true },
		/* too wide with the bits of the user, and with the type */
		{ .n = 20003, .n_users = 30, .n_items = 3, .n_times = 1 << 30, .first = INT64_MIN / 4,
		  .step = (int64_t)1 << 32 },
		{ .n = 20004, .n_users = 30, .n_items = 3, .n_times = 1 << 30, .step = (int64_t)1 << 30, .n_types = 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
		const struct shape *s = &shape[i];

		for (int threads = 1; threads <= 3; threads += 2) {
			struct rs_dataset rows, one, other;
			uint32_t *user, *same;
			bool done;

			rs_threads_set(threads);
			make(s, &rows, &user);
			make(s, &one, &same);
			rs_free(same);
			make(s, &other, &same);
			rs_free(same);
			assert_done(rs_arrange_packed(&one, user, &done, &err));
			assert_int_equal(done, s->fits);
			if (done)
				compare(&one, &rows, user);
			assert_done(rs_arrange(&other, user, &err));
			compare(&other, &rows, user);
			release(&rows);
			release(&one);
			release(&other);
			rs_free(user);
		}
	}
	rs_threads_set(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_as_by_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
