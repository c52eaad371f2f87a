/* test_tiles.c -- every tile once, the lowest failure told, scratch per worker, progress and notes. */
#include "lib/base/tiles.h"

#include <stdatomic.h>
#include <stdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define N_TILES 5000

struct count {
	atomic_int done[N_TILES];
	atomic_int busy[RS_THREADS_MAX];
	size_t fail_from;
	atomic_int n_run;
};

static int tick(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct count *c = ctx;

	if (worker < 0 || worker >= rs_threads() || atomic_fetch_add(&c->busy[worker], 1) != 0)
		return rs_fail(err, RS_EINTERNAL, "two tiles on one worker");
	atomic_fetch_add(&c->n_run, 1);
	atomic_fetch_add(&c->done[tile], 1);
	atomic_fetch_sub(&c->busy[worker], 1);
	if (tile >= c->fail_from)
		return rs_fail(err, RS_EDATA, "tile %zu", tile);
	return 0;
}

static void every_tile_runs_once(void **state)
{
	static const int threads[] = { 1, 2, 3, 8, RS_THREADS_MAX };

	(void)state;
	for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
		static struct count c;
		struct rs_err err = RS_ERR_INIT;

		memset(&c, 0, sizeof c);
		c.fail_from = SIZE_MAX;
		rs_threads_set(threads[t]);
		assert_int_equal(rs_threads(), threads[t]);
		assert_int_equal(rs_tiles_run(N_TILES, tick, &c, &err), 0);
		for (size_t i = 0; i < N_TILES; i++)
			assert_int_equal(c.done[i], 1);
		assert_int_equal(rs_tiles_run(0, tick, &c, &err), 0);
		assert_int_equal(c.n_run, N_TILES);
	}
}

static int outer(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct count *c = ctx;

	(void)worker;
	return rs_tiles_run(3, tick, &c[tile], err);
}

/* Each call has a tile at a time of its own counts, on its worker 0 alone. */
static void a_call_inside_of_a_tile_stays_in_its_thread(void **state)
{
	static struct count c[20];
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	rs_threads_set(4);
	for (size_t i = 0; i < 20; i++)
		c[i].fail_from = SIZE_MAX;
	assert_int_equal(rs_tiles_run(20, outer, c, &err), 0);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(c[i].n_run, 3);
	c[11].fail_from = 1;
	assert_int_equal(rs_tiles_run(20, outer, c, &err), RS_EDATA);
	assert_string_equal(err.text, "tile 1");
	assert_int_equal(c[11].n_run, 5);
}

static void the_lowest_failure_is_told(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 8; threads++) {
		static struct count c;
		struct rs_err err = RS_ERR_INIT;

		memset(&c, 0, sizeof c);
		c.fail_from = 100;
		rs_threads_set(threads);
		assert_int_equal(rs_tiles_run(N_TILES, tick, &c, &err), RS_EDATA);
		assert_string_equal(err.text, "tile 100");
		assert_true(c.n_run <= 100 + threads);
		assert_int_equal(rs_tiles_run(N_TILES, tick, &c, NULL), RS_EDATA);
	}
}

struct sequence {
	struct count c;
	size_t next, fail_at;
};

static int follow(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct sequence *s = ctx;

	(void)worker;
	if (tile != s->next || atomic_load(&s->c.done[tile]) != 1)
		return rs_fail(err, RS_EINTERNAL, "tile %zu after %zu", tile, s->next);
	if (tile == s->fail_at)
		return rs_fail(err, RS_EIO, "then %zu", tile);
	s->next++;
	return 0;
}

static void what_follows_comes_in_order(void **state)
{
	static struct sequence s;

	(void)state;
	for (int threads = 1; threads <= 8; threads++) {
		struct rs_err err = RS_ERR_INIT;

		memset(&s, 0, sizeof s);
		s.c.fail_from = s.fail_at = SIZE_MAX;
		rs_threads_set(threads);
		assert_int_equal(rs_tiles_run_then(N_TILES, tick, follow, &s, &err), 0);
		assert_int_equal(s.next, N_TILES);
		assert_int_equal(rs_tiles_run_then(0, tick, follow, &s, &err), 0);
		memset(&s, 0, sizeof s);
		s.c.fail_from = SIZE_MAX;
		s.fail_at = 70;
		assert_int_equal(rs_tiles_run_then(N_TILES, tick, follow, &s, &err), RS_EIO);
		assert_string_equal(err.text, "then 70");
		assert_int_equal(s.next, 70);
		memset(&s, 0, sizeof s);
		s.c.fail_from = 100;
		s.fail_at = SIZE_MAX;
		assert_int_equal(rs_tiles_run_then(N_TILES, tick, follow, &s, &err), RS_EDATA);
		assert_string_equal(err.text, "tile 100");
		assert_true(s.next <= 100);
	}
}

static void threads_are_limited(void **state)
{
	(void)state;
	rs_threads_set(100000);
	assert_int_equal(rs_threads(), RS_THREADS_MAX);
	rs_threads_set(0);
	assert_true(rs_threads() >= 1);
}

static void hear(void *ctx, const char *stage, unsigned long long done, unsigned long long total, const char *unit)
{
	snprintf(ctx, 64, "%s %llu/%llu %s", stage, done, total, unit);
}

static void hear_note(void *ctx, const char *text)
{
	snprintf(ctx, 64, "%s", text);
}

static void listeners_hear(void **state)
{
	char text[64] = "";

	(void)state;
	rs_progress("nobody", 1, 2, "x");
	rs_note("nobody %d", 1);
	rs_progress_listen(hear, text);
	rs_progress("als", 1, 2, "epochs");
	assert_string_equal(text, "als 1/2 epochs");
	rs_note_listen(hear_note, text);
	rs_note("%d users", 3);
	assert_string_equal(text, "3 users");
	rs_progress_listen(NULL, NULL);
	rs_note_listen(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tile_runs_once),
		cmocka_unit_test(a_call_inside_of_a_tile_stays_in_its_thread),
		cmocka_unit_test(the_lowest_failure_is_told),
		cmocka_unit_test(what_follows_comes_in_order),
		cmocka_unit_test(threads_are_limited),
		cmocka_unit_test(listeners_hear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
