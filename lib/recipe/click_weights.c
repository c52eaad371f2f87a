/* click_weights.c -- the parameters of event probabilities while they are trained. */
#include "lib/recipe/click_weights.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define TILE 512 /* values of a field, or users */
#define SPREAD_MAX 20000 /* users whose spread is found */
#define FTRL_BETA 1.F
#define START .2F /* the largest factor at the start, times the root of their number */

extern const struct rs_click_isa rs_click_plain;
#ifdef __x86_64__
extern const struct rs_click_isa rs_click_avx2, rs_click_avx512;
#endif

const struct rs_click_isa *rs_click_isa(void)
{
#ifdef __x86_64__
	const char *name = rs_isa()->name;

	if (strcmp(name, "avx512") == 0)
		return &rs_click_avx512;
	if (strcmp(name, "avx2") == 0)
		return &rs_click_avx2;
#endif
	return &rs_click_plain;
}

/* ---- linear weights ---- */

static inline float share(uint32_t n)
{
	return n > 1 ? 1 / sqrtf((float)n) : 1;
}

static inline void step(const struct rs_click_plan *p, float *w, float *state, float g)
{
	float l1 = (float)p->l1, before = state[1], root = sqrtf(before * before + g * g), z;

	z = state[0] + g - (root - before) * (1 / (float)p->rate) * *w;
	state[0] = z;
	state[1] = root;
	*w = fabsf(z) <= l1 ? 0 : (copysignf(l1, z) - z) / ((FTRL_BETA + root) * (1 / (float)p->rate) + (float)p->l2);
}

void rs_click_step(const struct rs_click_plan *p, float *w, float *state, float g)
{
	step(p, w, state, g);
}

void rs_click_step_linear(const struct rs_click_weights *t, const struct rs_click_plan *p, uint32_t field,
                          struct rs_click_run run, const float *slope)
{
	const struct rs_click_column *c = &t->rows->column[field];
	float *w = t->w[field], *state = t->state[field];

	for (size_t row = 0; row < run.n; row++) {
		const uint32_t *code = run.block[row / RS_CLICK_BLOCK] + field * RS_CLICK_BLOCK + row % RS_CLICK_BLOCK;
		uint32_t n;
		const uint32_t *list = rs_click_cell(c, code, &n);

		for (uint32_t i = 0; i < n; i++)
			step(p, w + list[i], state + 2 * (size_t)list[i], slope[row] * share(n));
	}
}

void rs_click_add_linear(const struct rs_click_weights *t, uint32_t field, struct rs_click_run run, float *logit)
{
	const struct rs_click_column *c = &t->rows->column[field];

	if (!c->several) {
		rs_click_isa()->linear(logit, t->w[field], (size_t)field * RS_CLICK_BLOCK, run);
		return;
	}
	for (size_t row = 0; row < run.n; row++) {
		const uint32_t *code = run.block[row / RS_CLICK_BLOCK] + field * RS_CLICK_BLOCK + row % RS_CLICK_BLOCK;
		uint32_t n;
		const uint32_t *list = rs_click_cell(c, code, &n);
		float sum = 0;

		for (uint32_t i = 0; i < n; i++)
			sum += t->w[field][list[i]];
		logit[row] += share(n) * sum;
	}
}

/* ---- tables ---- */

static bool is_ffm(const struct rs_click *m)
{
	return m->kind == RS_CLICK_FFM;
}

static size_t groups(const struct rs_click *m)
{
	return is_ffm(m) ? (m->n_fields + RS_CLICK_GROUP - 1) / RS_CLICK_GROUP : 1;
}

/* Factors of a record. */
static size_t width_of(const struct rs_click *m)
{
	return is_ffm(m) ? (m->k + RS_CLICK_PART - 1) / RS_CLICK_PART * RS_LANES : RS_ROUND_LANES(m->k);
}

/* Where in a record of ffm factor j for field g stands. */
static size_t place(uint32_t g, size_t j)
{
	return j / RS_CLICK_PART * RS_LANES + g % RS_CLICK_GROUP * RS_CLICK_PART + j % RS_CLICK_PART;
}

struct making {
	const struct rs_click *m;
	float *table;
	uint32_t n, f, group;
	size_t width;
};

/* 4 numbers within START of 0. */
static void draw(const struct making *s, uint32_t i, uint32_t at, float out[4])
{
	uint64_t w[2];

	rs_rand2(s->m->seed, RS_RNG_INIT, (uint64_t)s->f << 32 | i, at, w);
	for (size_t k = 0; k < 4; k++)
		out[k] = START / sqrtf((float)s->m->k) * ((float)(w[k / 2] >> (k % 2 * 32) & 0xffffff) * 0x1p-23F - 1);
}

static void start_record(const struct making *s, uint32_t i)
{
	const struct rs_click *m = s->m;
	float *v = s->table + (size_t)i * 2 * s->width, x[4];

	memset(v, 0, s->width * sizeof *v);
	for (size_t j = 0; j < s->width; j++)
		v[s->width + j] = 1;
	if (i == s->n)
		return;
	if (!is_ffm(m)) {
		for (size_t j = 0; j < m->k; j++) {
			if (j % 4 == 0)
				draw(s, i, (uint32_t)j / 4, x);
			v[j] = x[j % 4];
		}
		return;
	}
	for (uint32_t g = s->group * RS_CLICK_GROUP; g < m->n_fields && g < (s->group + 1) * RS_CLICK_GROUP; g++) {
		for (size_t j = 0; j < m->k && g != s->f; j++) {
			if (j % 4 == 0)
				draw(s, i, g * RS_CLICK_FIELDS_MAX + (uint32_t)j / 4, x);
			v[place(g, j)] = x[j % 4];
		}
	}
}

static int start_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct making *s = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = s->n - lo < TILE ? s->n + 1 : lo + TILE;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++)
		start_record(s, i);
	return 0;
}

static int make_tables(struct rs_click_weights *t, struct rs_err *err)
{
	const struct rs_click *m = t->m;
	uint32_t fields = t->rows->n_fields;
	int rc = 0;

	t->n_tables = fields * groups(m);
	if ((t->table = rs_array0(t->n_tables, sizeof(float *), err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < t->n_tables && rc == 0; i++) {
		struct making s = { m, NULL, 0, (uint32_t)(i / groups(m)), (uint32_t)(i % groups(m)), t->width };

		s.n = t->rows->column[s.f].n;
		if ((s.table = t->table[i] = rs_array(((size_t)s.n + 1) * 2 * t->width, sizeof(float), err)) == NULL)
			return RS_ENOMEM;
		rc = rs_tiles_run((size_t)s.n / TILE + 1, start_tile, &s, err);
	}
	return rc;
}

static struct rs_click_side side(const struct rs_click_weights *t, size_t f, size_t group)
{
	return (struct rs_click_side){ &t->rows->column[f], t->table[f * groups(t->m) + group], f * RS_CLICK_BLOCK };
}

static void make_pair(struct rs_click_weights *t, size_t a, size_t b, const struct rs_click_plan *plan)
{
	struct rs_click_pairs *p = &t->pairs[t->n_pairs++];

	*p = (struct rs_click_pairs){ .same = a == b, .width = t->width, .rate = (float)plan->rate,
		                      .ridge = (float)plan->regularization };
	for (size_t i = 0; i < RS_CLICK_GROUP; i++) {
		p->a[i] = side(t, a * RS_CLICK_GROUP + i, b);
		p->b[i] = side(t, b * RS_CLICK_GROUP + i, a);
		p->several |= p->a[i].column->several || p->b[i].column->several;
	}
}

/* Those of two groups first: they are the longest work. */
static int make_pairs(struct rs_click_weights *t, const struct rs_click_plan *plan, struct rs_err *err)
{
	size_t n = groups(t->m);

	if ((t->pairs = rs_array(n * (n + 1) / 2, sizeof *t->pairs, err)) == NULL)
		return RS_ENOMEM;
	for (size_t a = 0; a < n; a++)
		for (size_t b = a + 1; b < n; b++)
			make_pair(t, a, b, plan);
	for (size_t a = 0; a < n; a++)
		make_pair(t, a, a, plan);
	return 0;
}

static int make_factors(struct rs_click_weights *t, const struct rs_click_plan *plan, struct rs_err *err)
{
	uint32_t n = t->m->n_fields;

	for (uint32_t f = 0; f < n; f++)
		t->field[f] = side(t, f, 0);
	t->factors = (struct rs_click_factors){ .n_fields = n, .field = t->field, .width = t->width,
		                                .rate = (float)plan->rate, .ridge = (float)plan->regularization };
	if (t->m->kind != RS_CLICK_FWFM)
		return 0;
	if ((t->r = rs_array((size_t)n * n, sizeof *t->r, err)) == NULL ||
	    (t->r_sum = rs_array0((size_t)n * n, sizeof *t->r_sum, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < (size_t)n * n; i++)
		t->r[i] = i / n != i % n;
	t->factors.r = t->r;
	return 0;
}

int rs_click_weights_make(struct rs_click_weights *t, struct rs_click *m, const struct rs_click_rows *rows,
                          const struct rs_click_plan *plan, struct rs_err *err)
{
	int rc;

	memset(t, 0, sizeof *t);
	t->m = m;
	t->rows = rows;
	t->width = width_of(m);
	if ((t->theta = rs_array0((size_t)m->field[0].n * m->d, sizeof *t->theta, err)) == NULL ||
	    (m->w = rs_array0(m->n_values, sizeof *m->w, err)) == NULL ||
	    (m->v = rs_array0(m->n_values * m->width, sizeof *m->v, err)) == NULL ||
	    (m->mean = rs_array0(m->d, sizeof *m->mean, err)) == NULL ||
	    (m->root = rs_array0(m->d * m->d, sizeof *m->root, err)) == NULL ||
	    (m->kind == RS_CLICK_FWFM && (m->r = rs_array((size_t)m->n_fields * m->n_fields, sizeof *m->r, err)) == NULL))
		return RS_ENOMEM;
	for (uint32_t f = 0; f < m->n_fields; f++)
		if ((t->w[f] = rs_array0((size_t)m->field[f].n + 1, sizeof(float), err)) == NULL ||
		    (t->state[f] = rs_array0(m->field[f].n, 2 * sizeof(float), err)) == NULL)
			return RS_ENOMEM;
	if (m->k == 0)
		return 0;
	if ((rc = make_tables(t, err)) < 0)
		return rc;
	return is_ffm(m) ? make_pairs(t, plan, err) : make_factors(t, plan, err);
}

void rs_click_weights_release(struct rs_click_weights *t)
{
	for (uint32_t f = 0; f < RS_CLICK_FIELDS_MAX; f++) {
		rs_free(t->w[f]);
		rs_free(t->state[f]);
	}
	for (size_t i = 0; t->table != NULL && i < t->n_tables; i++)
		rs_free(t->table[i]);
	rs_free(t->table);
	rs_free(t->pairs);
	rs_free(t->r);
	rs_free(t->r_sum);
	rs_free(t->theta);
	memset(t, 0, sizeof *t);
}

uint64_t rs_click_weights_bytes(const struct rs_click *m, uint64_t n_examples)
{
	uint64_t values = m->n_values + m->field[0].n;

	return n_examples * 4 * (m->n_fields + 4) + values * (16 + 8 * width_of(m) * groups(m) + 4 * m->width) +
	       8 * (rs_click_parts(m) + 3) * m->d * m->d;
}

/* ---- what is kept ---- */

struct keeping {
	const struct rs_click_weights *t;
	uint32_t f;
};

static int keep_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct keeping *s = ctx;
	const struct rs_click_weights *t = s->t;
	const struct rs_click *m = t->m;
	uint32_t f = s->f, n = m->field[f].n, lo = (uint32_t)tile * TILE, hi = n - lo < TILE ? n : lo + TILE;
	size_t record = 2 * t->width, k = m->k;

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++) {
		float *theta = f == 0 ? t->theta + i * m->d : NULL, *v;

		*(f == 0 ? theta : m->w + m->field[f].w_at + i) = t->w[f][i];
		if (k == 0)
			continue;
		v = f == 0 ? theta + 1 : m->v + (m->field[f].w_at + i) * m->width;
		if (!is_ffm(m))
			memcpy(v, t->table[f] + i * record, k * sizeof *v);
		for (uint32_t g = 0; is_ffm(m) && g < m->n_fields; g++) {
			const float *from = t->table[f * groups(m) + g / RS_CLICK_GROUP] + i * record;

			for (size_t j = 0; j < k && g != f && (f > 0 || m->field[g].z_at > 0); j++)
				*(f > 0 ? v + g * k + j : theta + m->field[g].z_at + j) = from[place(g, j)];
		}
	}
	return 0;
}

int rs_click_weights_keep(struct rs_click_weights *t, struct rs_err *err)
{
	struct rs_click *m = t->m;
	int rc = 0;

	m->w0 = (double)t->bias;
	for (uint32_t f = 0; f < m->n_fields && rc == 0; f++)
		rc = rs_tiles_run(((size_t)m->field[f].n + TILE - 1) / TILE, keep_tile, &(struct keeping){ t, f }, err);
	if (t->r != NULL)
		memcpy(m->r, t->r, (size_t)m->n_fields * m->n_fields * sizeof *m->r);
	return rc;
}

/* Of few users the covariance says little: d more are taken to be spread as they are in each number by itself. */
int rs_click_weights_spread(const struct rs_click_weights *t, struct rs_err *err)
{
	struct rs_click *m = t->m;
	size_t n_users = m->field[0].n, d = m->d, step = (n_users + SPREAD_MAX - 1) / SPREAD_MAX, n = 0;
	double *mean = rs_array0(d + d * d, sizeof *mean, err), *c;

	if (mean == NULL)
		return RS_ENOMEM;
	c = mean + d;
	for (size_t u = 0; u < n_users; u += step, n++)
		for (size_t i = 0; i < d; i++)
			mean[i] += (double)t->theta[u * d + i];
	for (size_t i = 0; i < d; i++)
		mean[i] /= (double)n;
	for (size_t u = 0; u < n_users; u += step) {
		const float *theta = t->theta + u * d;

		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j <= i; j++)
				c[i * d + j] += ((double)theta[i] - mean[i]) * ((double)theta[j] - mean[j]);
	}
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j <= i; j++)
			c[i * d + j] = i == j ? fmax(c[i * d + j] / (double)n, 1e-6) : c[i * d + j] / (double)(n + d);
	rs_click_cholesky(c, d);
	for (size_t i = 0; i < d; i++) {
		m->mean[i] = (float)mean[i];
		for (size_t j = 0; j <= i; j++)
			m->root[i * d + j] = (float)c[i * d + j];
	}
	rs_free(mean);
	return 0;
}
