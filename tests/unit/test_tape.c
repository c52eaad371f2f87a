/* test_tape.c -- what comes off the tape is what the dataset holds, for one file and for several. */
#include "tests/unit/sample.h"

#include "lib/data/synth.h"
#include "lib/data/tape.h"

#include <unistd.h>

static struct rs_dataset *make(uint32_t n_users, uint64_t n_events, const char *path)
{
	struct rs_synth_options o;
	struct rs_synth *s;
	struct rs_dataset *d;

	rs_synth_init(&o);
	o.n_users = n_users;
	o.n_events = n_events;
	o.context = true;
	assert_int_equal(rs_synth_open(&s, &o, NULL), 0);
	assert_int_equal(rs_synth_dataset(&d, s, NULL), 0);
	assert_int_equal(rs_dataset_write(d, path, NULL), 0);
	rs_synth_close(s);
	return d;
}

static void same_events(const struct rs_dataset *d, const char *const *path, size_t n)
{
	struct rs_tape *t;
	struct rs_wave w;
	uint32_t user = 0;
	int rc, waves = 0;

	assert_int_equal(rs_tape_open(&t, path, n, RS_HALF_ITEMS, false, NULL), 0);
	assert_int_equal(rs_tape_schema(t)->n_events, d->n_events);
	assert_int_equal(rs_tape_types(t)->n, d->type_key.n);
	while ((rc = rs_tape_next(t, &w, NULL)) == 1) {
		assert_int_equal(w.lo, user);
		assert_int_equal(w.first, d->row_ptr[w.lo]);
		assert_int_equal(w.n, d->row_ptr[w.hi] - w.first);
		assert_memory_equal(w.item, d->item + w.first, w.n * sizeof *w.item);
		assert_memory_equal(w.time_s, d->time_s + w.first, w.n * sizeof *w.time_s);
		assert_memory_equal(w.value, d->value + w.first, w.n * sizeof *w.value);
		assert_memory_equal(w.type, d->type + w.first, w.n * sizeof *w.type);
		user = w.hi;
		waves++;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(user, d->user_key.n);
	assert_true(waves >= (n == 1 && d->n_events > 2200000 && d->user_key.n > 1 ? 2 : 1));
	assert_int_equal(rs_tape_verify(t, NULL), 0);
	rs_tape_close(t);
}

static void waves_are_the_events(void **state)
{
	static const struct {
		uint32_t n_users;
		uint64_t n_events;
	} size[] = { { 200, 3000 }, { 5000, 2300000 }, { 1, 2300000 } }; /* the last: a user is more than a wave */
	const char *one = "one.rsd";

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct rs_dataset *d = make(size[k].n_users, size[k].n_events, one);

		same_events(d, &one, 1);
		rs_dataset_free(d);
	}
	assert_int_equal(unlink(one), 0);
}

static void several_files_are_their_union(void **state)
{
	const char *path[2] = { "one.rsd", "two.rsd" };
	struct rs_dataset *d, *all;

	(void)state;
	d = make(300, 4000, path[0]);
	rs_dataset_free(d);
	d = make(400, 6000, path[1]);
	rs_dataset_free(d);
	assert_int_equal(rs_dataset_open(&all, path, 2, RS_NEED_ALL, NULL), 0);
	same_events(all, path, 2);
	rs_dataset_free(all);
	assert_int_equal(unlink(path[0]), 0);
	assert_int_equal(unlink(path[1]), 0);
}

static void ids_columns_and_rows(void **state)
{
	const char *path = "one.rsd";
	struct rs_dataset *d = make(300, 4000, path);
	static const uint32_t ix[] = { 0, 7, 299 };
	const struct rs_column *c;
	const uint8_t *present;
	struct rs_keys key;
	struct rs_tape *t;

	(void)state;
	assert_int_equal(rs_tape_open(&t, &path, 1, RS_HALF_ITEMS, false, NULL), 0);
	assert_int_equal(rs_tape_pick(&key, t, false, ix, 3, NULL), 0);
	for (uint32_t k = 0; k < 3; k++) {
		size_t n, m;
		const char *a = rs_keys_get(&key, k, &n), *b = rs_keys_get(&d->user_key, ix[k], &m);

		assert_int_equal(rs_key_cmp(a, n, b, m), 0);
	}
	rs_keys_release(&key);
	assert_int_equal(rs_tape_keys(&key, t, true, NULL), 0);
	assert_int_equal(key.n, d->item_key.n);
	rs_keys_release(&key);
	assert_int_equal(rs_tape_present(&present, t, 'U', NULL), 0);
	assert_memory_equal(present, d->users.present, d->user_key.n);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(rs_tape_column(&c, t, 'C', 0, NULL), 0);
		assert_memory_equal(c->ptr, d->context[0].ptr, (d->n_events + 1) * sizeof *c->ptr);
		rs_tape_drop(t, 'C', 0);
	}
	rs_tape_close(t);
	assert_int_equal(rs_tape_open(&t, &path, 1, RS_HALF_ACTIONS, false, NULL), RS_EUSAGE);
	rs_dataset_free(d);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waves_are_the_events),
		cmocka_unit_test(several_files_are_their_union),
		cmocka_unit_test(ids_columns_and_rows),
	};

	return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
