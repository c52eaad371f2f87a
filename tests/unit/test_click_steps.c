/* test_click_steps.c -- the rows of training and its hot loops, against their plain meaning, for every instruction set. */
#include "tests/unit/sample.h"

#include "lib/recipe/click_steps.h"

static struct rs_err err;

#define ROWS 77
#define FIELDS 7
#define FILLED 8
#define VALUES 9 /* of each field */

/* Field 2 has cells of several values, fields 3 and 4 holes, the last is one that only fills up. */
struct world {
	struct rs_click_column column[FILLED];
	uint32_t block[(ROWS + 15) / 16][FILLED + 1][16];
	const uint32_t *at[(ROWS + 15) / 16];
	float slope[ROWS];
	struct rs_click_run run;
};

static double draw(uint64_t row, uint32_t step)
{
	return rs_rand_unit(3, RS_RNG_TEST, row, step);
}

static void world_init(struct world *w)
{
	static uint64_t ptr[] = { 0, 2, 2, 5, 6, 7 };
	static uint32_t list[] = { 1, 8, 0, 3, 4, 7, 2 };

	memset(w, 0, sizeof *w);
	for (uint32_t f = 0; f < FIELDS; f++)
		w->column[f].n = VALUES;
	w->column[2].several = true;
	w->column[2].ptr = ptr;
	w->column[2].list = list;
	w->column[2].holes = w->column[3].holes = w->column[4].holes = true;
	for (uint32_t r = 0; r < ROWS; r++) {
		for (uint32_t f = 0; f < FIELDS; f++)
			w->block[r / 16][f][r % 16] =
			        (uint32_t)(draw(r, f) * (f == 2 ? 5 : VALUES + w->column[f].holes));
		w->slope[r] = (float)draw(r, 100) - .5F;
		w->at[r / 16] = &w->block[r / 16][0][0];
	}
	w->run = (struct rs_click_run){ w->at, ROWS };
}

static const uint32_t *cell(const struct world *w, uint32_t f, uint32_t r, uint32_t *n)
{
	return rs_click_cell(&w->column[f], &w->block[r / 16][f][r % 16], n);
}

/* Records of zeros behind the others, of 1 in the sums; in ffm no factors for the field itself or one that fills up. */
static float *make_table(uint32_t f, uint32_t group, size_t width, bool ffm)
{
	float *t = rs_array((VALUES + 1) * 2 * width, sizeof *t, NULL);

	for (size_t i = 0; i < (VALUES + 1) * 2 * width; i++) {
		size_t j = i % (2 * width), value = i / (2 * width), other = group * 4 + j % 16 / 4;
		bool none = value == VALUES || f >= FIELDS || (ffm && (other == f || other >= FIELDS));

		t[i] = j >= width ? 1 + (float)j / 64 : none ? 0 : (float)draw(i, 200 + 10 * f + group) - .5F;
	}
	return t;
}

static size_t place(size_t j, uint32_t g)
{
	return j / 4 * 16 + g % 4 * 4 + j % 4;
}

static void step_plainly(float *v, float *sum, double d, double rate)
{
	*sum += (float)(d * d);
	*v -= (float)(rate * d / sqrt((double)*sum));
}

/* Factor j of cell (f, r) for field g (ffm), or of no field (g = 0), in table t. */
static double factor(const struct world *w, const float *t, uint32_t f, uint32_t r, size_t at, size_t width)
{
	uint32_t n;
	const uint32_t *list = cell(w, f, r, &n);
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)t[list[i] * 2 * width + at] / sqrt((double)n);
	return sum;
}

static void near(const float *got, const float *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(fabsf(got[i] - want[i]) < 2e-4F * (1 + fabsf(want[i])));
}

/* ---- pairs of groups ---- */

static struct rs_click_pairs make_pairs(const struct world *w, bool same, size_t width)
{
	struct rs_click_pairs p = { .same = same, .several = true, .width = width, .rate = .1F, .ridge = .02F };

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t f = i, g = same ? i : i + 4;

		p.a[i] = (struct rs_click_side){ &w->column[f], make_table(f, same ? 0 : 1, width, true), f * 16 };
		p.b[i] = same ? p.a[i] : (struct rs_click_side){ &w->column[g], make_table(g, 0, width, true), g * 16 };
	}
	return p;
}

static void pairs_release(struct rs_click_pairs *p)
{
	for (int i = 0; i < 4; i++) {
		rs_free(p->a[i].table);
		if (!p->same)
			rs_free(p->b[i].table);
	}
}

static void pairs_plainly(const struct world *w, struct rs_click_pairs *p, float *logit, bool steps)
{
	size_t k = p->width / 4;

	for (uint32_t r = 0; r < ROWS; r++) {
		static double d[8][8][64];

		memset(d, 0, sizeof d);
		for (uint32_t a = 0; a < 4; a++) {
			for (uint32_t b = 0; b < 4; b++) {
				uint32_t f = a, g = p->same ? b : b + 4, nf, ng;

				cell(w, f, r, &nf);
				if (g == f || g >= FIELDS || (p->same && g < f))
					continue;
				cell(w, g, r, &ng);
				for (size_t j = 0; j < k && nf > 0 && ng > 0; j++) {
					d[f][g][j] = factor(w, p->b[b].table, g, r, place(j, f), p->width);
					d[g][f][j] = factor(w, p->a[a].table, f, r, place(j, g), p->width);
					logit[r] += (float)(d[f][g][j] * d[g][f][j]);
				}
			}
		}
		for (uint32_t s = 0; steps && s < (p->same ? 4 : 8); s++) {
			uint32_t n, m;
			const uint32_t *list = cell(w, s, r, &n);
			float *table = s < 4 ? p->a[s].table : p->b[s - 4].table;

			for (uint32_t o = s < 4 && !p->same ? 4 : 0; o < (s < 4 && !p->same ? 8 : 4); o++) {
				cell(w, o, r, &m);
				for (uint32_t i = 0; i < n && m > 0 && o != s && o < FIELDS; i++) {
					for (size_t j = 0; j < k; j++) {
						float *v = table + list[i] * 2 * p->width + place(j, o);

						step_plainly(v, v + p->width,
						             (double)w->slope[r] * d[s][o][j] / sqrt((double)n) +
						                     (double)(p->ridge * *v), (double)p->rate);
					}
				}
			}
		}
	}
}

static void pairs_are_as_defined(void **state)
{
	struct world w;
	float *scratch = rs_array(8 * 64, sizeof *scratch, NULL);

	(void)state;
	world_init(&w);
	for (const struct rs_kernels *const *isa = rs_isa_all(); *isa != NULL; isa++) {
		assert_done(rs_isa_set((*isa)->name, &err));
		for (int kind = 0; kind < 4; kind++) {
			bool same = kind % 2 == 1;
			size_t width = kind < 2 ? 16 : 48;
			struct rs_click_pairs got = make_pairs(&w, same, width), want = make_pairs(&w, same, width);
			float a[ROWS] = { 0 }, b[ROWS] = { 0 };

			rs_click_isa()->pairs(a, &got, w.run, scratch);
			pairs_plainly(&w, &want, b, false);
			near(a, b, ROWS);
			rs_click_isa()->step_pairs(&got, w.run, w.slope, scratch);
			pairs_plainly(&w, &want, b, true);
			for (int i = 0; i < 4; i++) {
				near(got.a[i].table, want.a[i].table, (VALUES + 1) * 2 * width);
				near(got.b[i].table, want.b[i].table, (VALUES + 1) * 2 * width);
			}
			pairs_release(&got);
			pairs_release(&want);
		}
	}
	assert_done(rs_isa_set("", &err));
	rs_free(scratch);
}

/* ---- factors ---- */

static void factors_are_as_defined(void **state)
{
	enum { WIDTH = 32 };
	struct world w;
	float *scratch = rs_array((size_t)FIELDS * WIDTH, sizeof *scratch, NULL);
	float *other = rs_array((size_t)ROWS * FIELDS * WIDTH, sizeof *other, NULL);
	float r[FIELDS * FIELDS];

	(void)state;
	world_init(&w);
	for (uint32_t i = 0; i < FIELDS * FIELDS; i++)
		r[i] = i / FIELDS == i % FIELDS ? 0 : (float)draw(900 + i / FIELDS * (i % FIELDS), i / FIELDS + i % FIELDS);
	for (const struct rs_kernels *const *isa = rs_isa_all(); *isa != NULL; isa++) {
		assert_done(rs_isa_set((*isa)->name, &err));
		for (int weighted = 0; weighted < 2; weighted++) {
			struct rs_click_side side[FIELDS];
			struct rs_click_factors f = { FIELDS, side, WIDTH, weighted ? r : NULL, .1F, .02F };
			float logit[ROWS] = { 0 }, want[ROWS] = { 0 }, products[FIELDS * FIELDS] = { 0 },
			      expected[FIELDS * FIELDS] = { 0 };

			for (uint32_t g = 0; g < FIELDS; g++)
				side[g] = (struct rs_click_side){ &w.column[g], make_table(g, 0, WIDTH, false), g * 16 };
			rs_click_isa()->factors(logit, other, &f, w.run, scratch);
			rs_click_isa()->pair_products(products, &f, w.run, w.slope, scratch);
			for (uint32_t x = 0; x < ROWS; x++) {
				for (uint32_t g = 0; g < FIELDS; g++) {
					for (uint32_t h = g + 1; h < FIELDS; h++) {
						double sum = 0;

						for (size_t j = 0; j < WIDTH; j++)
							sum += factor(&w, side[g].table, g, x, j, WIDTH) *
							       factor(&w, side[h].table, h, x, j, WIDTH);
						want[x] += (float)(sum * (weighted ? (double)r[g * FIELDS + h] : 1));
						expected[g * FIELDS + h] += (float)(sum * (double)w.slope[x]);
					}
				}
			}
			near(logit, want, ROWS);
			near(products, expected, FIELDS * FIELDS);
			for (uint32_t g = 0; g < FIELDS; g++) {
				float *plain = make_table(g, 0, WIDTH, false);

				rs_click_isa()->step_factors(&f, g, w.run, w.slope, other);
				for (uint32_t x = 0; x < ROWS; x++) {
					uint32_t n;
					const uint32_t *list = cell(&w, g, x, &n);

					for (uint32_t i = 0; i < n; i++)
						for (size_t j = 0; j < WIDTH; j++) {
							float *v = plain + list[i] * 2 * WIDTH + j;
							double o = (double)other[(x * FIELDS + g) * WIDTH + j];
							double push = (double)w.slope[x] / sqrt((double)n) * o;

							step_plainly(v, v + WIDTH, push + (double)(.02F * *v), .1);
						}
				}
				near(side[g].table, plain, (VALUES + 1) * 2 * WIDTH);
				rs_free(plain);
			}
			for (uint32_t g = 0; g < FIELDS; g++)
				rs_free(side[g].table);
		}
	}
	assert_done(rs_isa_set("", &err));
	rs_free(scratch);
	rs_free(other);
}

/* ---- rows ---- */

/* Every event is in one row, once, with its codes, its label and its weight. */
static void rows_are_the_events(void **state)
{
	uint64_t row_ptr[] = { 0, 40, 40, 90 };
	uint32_t item[90];
	float value[90], weight[90];
	struct rs_events e = { .n_users = 3, .n_items = 10, .row_ptr = row_ptr, .item = item, .value = value,
		               .weight = weight };
	struct rs_click m = { .n_fields = 4, .n_items = 10, .seed = 5, .positive_from = .5,
		              .field = { { RS_CLICK_USER, 0, 3, 0, 0 }, { RS_CLICK_ITEM, 0, 10, 0, 0 },
		                         { RS_CLICK_ITEM, 0, 4, 0, 0 }, { RS_CLICK_EVENT, 0, 90, 0, 0 } } };
	uint64_t item_ptr[11], event_ptr[91];
	uint32_t item_col[20], event_col[90], seen[90] = { 0 };
	struct rs_csr items = { .n_rows = 10, .n_cols = 4, .row_ptr = item_ptr, .col = item_col },
	              events = { .n_rows = 90, .n_cols = 90, .row_ptr = event_ptr, .col = event_col };
	struct rs_train_in in = { .events = &e, .item_profile = &items };
	struct rs_click_rows r;
	const struct rs_click_set *sets[2] = { &r.train, &r.kept };

	(void)state;
	for (uint32_t i = 0; i < 90; i++) {
		item[i] = i * 7 % 10;
		value[i] = (float)(i % 3 == 0);
		weight[i] = 1 + (float)(i % 5);
		event_ptr[i] = i;
		event_col[i] = i;
	}
	event_ptr[90] = 90;
	item_ptr[0] = 0;
	for (uint32_t i = 0; i < 10; i++) { /* of even items two values, of the others one */
		item_ptr[i + 1] = item_ptr[i];
		item_col[item_ptr[i + 1]++] = i % 3;
		if (i % 2 == 0)
			item_col[item_ptr[i + 1]++] = 3;
	}
	assert_done(rs_click_rows_make(&r, &m, &in, &events, .3, &err));
	assert_int_equal(r.train.n + r.kept.n, 90);
	assert_int_equal(r.n_fields, 4);
	assert_true(r.column[2].several && !r.column[3].several && !r.column[3].holes);
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < sets[s]->n; i++) {
			const uint32_t *code = sets[s]->block + i / 16 * r.stride + i % 16;
			uint32_t event = code[3 * 16], n;
			const uint32_t *list = rs_click_cell(&r.column[2], &code[2 * 16], &n);
			float target;

			assert_true(event < 90);
			seen[event]++;
			assert_int_equal(rs_click_kept_out(5, event, .3), s);
			assert_int_equal(code[0], event < 40 ? 0 : 2);
			assert_int_equal(code[16], item[event]);
			assert_int_equal(n, item[event] % 2 == 0 ? 2 : 1);
			assert_int_equal(list[0], item[event] % 3);
			memcpy(&target, &code[4 * 16], sizeof target);
			assert_true(fabsf(target) == weight[event] && (target > 0) == (event % 3 == 0));
		}
	}
	for (int i = 0; i < 90; i++)
		assert_int_equal(seen[i], 1);
	rs_click_rows_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_as_defined),
		cmocka_unit_test(factors_are_as_defined),
		cmocka_unit_test(rows_are_the_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
