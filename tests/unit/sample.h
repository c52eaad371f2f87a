/* sample.h -- small datasets for the unit tests, made from rows in any order. */
#ifndef RS_TESTS_SAMPLE_H
#define RS_TESTS_SAMPLE_H

#include "tests/unit/done.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One user, looked up. */
static inline int sample_look_up(struct rs_dataset **out, const char *const *path, size_t n, const char *user, size_t len,
                                 struct rs_err *err)
{
	uint64_t off[] = { 0, len };
	char bytes[RS_KEY_MAX];
	struct rs_keys one = { 1, off, bytes };

	memcpy(bytes, user, len);
	return rs_dataset_lookup(out, path, n, &one, err);
}

struct sample_row {
	const char *user, *item, *type, *device;
	int64_t time_s;
	float value; /* NaN: null */
};

/* Single-valued category of n cells; NULL: null. */
static inline void sample_category(struct rs_column *c, const char *name, const char *const *cell, uint64_t n)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_keymap *map;
	uint32_t *place, ix;

	*c = (struct rs_column){ .type = RS_TYPE_CATEGORICAL, .n_rows = n, .declared = "string" };
	c->name = rs_strndup(name, strlen(name), &err);
	c->ptr = rs_array0(n + 1, sizeof *c->ptr, &err);
	c->code = rs_array(n, sizeof *c->code, &err);
	assert_done(rs_keymap_new(&map, &err));
	for (uint64_t i = 0; i < n; i++) {
		c->ptr[i + 1] = c->ptr[i];
		if (cell[i] == NULL)
			continue;
		assert_done(rs_keymap_add(map, cell[i], strlen(cell[i]), &ix, &err));
		c->code[c->ptr[i + 1]++] = ix;
	}
	assert_done(rs_keys_from_map(&c->dict, map, &place, &err));
	for (uint64_t i = 0; i < c->ptr[n]; i++)
		c->code[i] = place[c->code[i]];
	rs_free(place);
	rs_keymap_free(map);
}

/* Rows in the order given, all columns. */
static inline struct rs_dataset *sample_build(const struct sample_row *row, uint64_t n, bool keep_duplicates)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_dataset *d;
	struct rs_rows r = { .n = n, .n_context = 1 };
	const char **device = malloc((n + 1) * sizeof *device);

	assert_done(rs_keymap_new(&r.user_map, &err));
	assert_done(rs_keymap_new(&r.item_map, &err));
	assert_done(rs_keymap_new(&r.type_map, &err));
	r.user = rs_array(n, 4, &err);
	r.item = rs_array(n, 4, &err);
	r.time_s = rs_array(n, 8, &err);
	r.value = rs_array(n, 4, &err);
	r.type = rs_array(n, 2, &err);
	r.context = rs_array0(1, sizeof *r.context, &err);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t type = UINT16_MAX;

		assert_done(rs_keymap_add(r.user_map, row[i].user, strlen(row[i].user), &r.user[i], &err));
		assert_done(rs_keymap_add(r.item_map, row[i].item, strlen(row[i].item), &r.item[i], &err));
		if (row[i].type != NULL)
			assert_done(rs_keymap_add(r.type_map, row[i].type, strlen(row[i].type), &type, &err));
		r.type[i] = (uint16_t)type;
		r.time_s[i] = row[i].time_s;
		r.value[i] = row[i].value;
		device[i] = row[i].device;
	}
	sample_category(&r.context[0], "DEVICE", device, n);
	free(device);
	struct rs_keymap *maps[3] = { r.user_map, r.item_map, r.type_map };

	assert_done(rs_dataset_build(&d, &r, NULL, NULL, keep_duplicates, &err));
	for (int i = 0; i < 3; i++)
		rs_keymap_free(maps[i]);
	return d;
}

/* n different rows drawn from small ranges. */
static inline struct sample_row *sample_rows(uint64_t n, uint32_t n_users, uint32_t n_items)
{
	static char name[2][1000][24];
	static const char *const types[] = { "view", "Buy", NULL }, *const devices[] = { "phone", "tv", "desk", NULL };
	struct sample_row *row = malloc((n + 1) * sizeof *row);

	for (int i = 0; i < 1000; i++) {
		snprintf(name[0][i], sizeof name[0][i], "user-%d", i);
		snprintf(name[1][i], sizeof name[1][i], "item-%d", i);
	}
	for (uint64_t i = 0; i < n; i++) {
		row[i].user = name[0][rs_rand_below(n_users, 1, RS_RNG_TEST, i, 0)];
		row[i].item = name[1][rs_rand_below(n_items, 1, RS_RNG_TEST, i, 1)];
		row[i].type = types[rs_rand_below(3, 1, RS_RNG_TEST, i, 2)];
		row[i].device = devices[rs_rand_below(4, 1, RS_RNG_TEST, i, 3)];
		row[i].time_s = 1700000000 + (int64_t)rs_rand_below(50, 1, RS_RNG_TEST, i, 4);
		row[i].value = (float)rs_rand_below(6, 1, RS_RNG_TEST, i, 5) / 2;
		if (row[i].value == 0)
			row[i].value = NAN;
	}
	return row;
}

/* The bytes of a file; *n of them. */
static inline uint8_t *sample_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(1 << 22);

	assert_non_null(f);
	*n = fread(p, 1, 1 << 22, f);
	fclose(f);
	return p;
}

static inline void sample_write(const char *path, const uint8_t *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

/* What the file of a dataset holds: the digest of its index covers all contents. */
static inline void sample_digest(const struct rs_dataset *d, uint8_t digest[16])
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_reader *r;

	assert_done(rs_dataset_write(d, "digest.rsd", &err));
	assert_done(rs_reader_open(&r, "digest.rsd", RS_FILE_DATASET, &err));
	memcpy(digest, rs_reader_digest(r), 16);
	rs_reader_close(r);
	unlink("digest.rsd");
}

static inline void assert_same_dataset(const struct rs_dataset *a, const struct rs_dataset *b)
{
	uint8_t da[16], db[16];

	sample_digest(a, da);
	sample_digest(b, db);
	assert_memory_equal(da, db, 16);
}

static char sample_dir[64];

static inline int sample_enter(void **state)
{
	(void)state;
	snprintf(sample_dir, sizeof sample_dir, "%s/rs-unit.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(sample_dir) == NULL || chdir(sample_dir) != 0;
}

static inline int sample_leave(void **state)
{
	(void)state;
	return chdir("/") != 0 || rmdir(sample_dir) != 0;
}

#endif
