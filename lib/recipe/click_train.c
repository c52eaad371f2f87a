/* click_train.c -- training of event probabilities, the same bytes for any number of threads.
 *
 * Examples go by in a random order, in batches. First the derivative of the loss of each example of a batch is found with the
 * parameters as they are; then each block of parameters - the linear weights or factors of one field, of ffm the factors
 * of one pair of fields, which meet no others - is taken through the batch in order by one thread. Batches start small and
 * grow, so that the first steps are not taken on stale derivatives. Linear weights move by FTRL-proximal [1], factors by
 * AdaGrad [2]. After each epoch a part of the examples that is kept out is judged; the best epoch is the model.
 *
 * [1] H. B. McMahan et al., Ad Click Prediction: a View from the Trenches, KDD 2013.
 * [2] J. Duchi, E. Hazan, Y. Singer, Adaptive Subgradient Methods, JMLR 2011. */
#include "lib/recipe/click.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <string.h>

#define BATCH_MAX 8192
#define BATCH_MIN 64
#define GROWTH 16   /* a batch is at most this part of the examples seen */
#define TILE 256    /* examples */
#define LINEAR 4    /* floats of a linear weight: w, z, n, nothing */
#define FTRL_BETA 1.F
#define PATIENCE 2  /* epochs without gain; with few examples, which are soon over, up to 10 more */
#define FEW 50000
#define K_MAX 64

/* The values of one field, by row of its owner. */
struct column {
	bool identity;  /* the value of row i is i */
	uint32_t *code; /* one value a row, RS_NONE where there is none; NULL: several */
	uint64_t *ptr;
	uint32_t *list;
};

struct example {
	uint32_t owner[3]; /* user, item, event */
	float weight;
	uint8_t label;
};

struct training {
	struct rs_click *m;
	const struct rs_click_plan *plan;
	struct column column[RS_CLICK_FIELDS_MAX];
	struct example *example; /* those that train, then those that are kept out */
	size_t n, n_kept;
	uint32_t *order;         /* n */
	size_t lo, size;         /* the batch: order[lo .. lo + size) */
	float *linear[RS_CLICK_FIELDS_MAX];
	float **table;           /* fm: by field; ffm: by pair f x n_fields + g; rows of v, G: 2 k floats */
	float bias[LINEAR];
	float *logit, *slope;    /* BATCH_MAX: logit, derivative */
	float *other;            /* fm: BATCH_MAX x n_fields x k: what a field's factors are multiplied by */
	double *part;            /* by tile: sum of derivatives; fwfm: then n_fields^2 of those of r */
	size_t part_ld;
	float *r, *r_sum;        /* fwfm, and its squares */
	float *theta;            /* n_users x d, of the best epoch */
	uint32_t n_users;
	bool judging;
	const struct example *judged;
};

static inline const uint32_t *cell(const struct column *c, const uint32_t *row, uint32_t *n)
{
	if (c->identity) {
		*n = 1;
		return row;
	}
	if (c->code != NULL) {
		const uint32_t *code = &c->code[*row];

		*n = *code != RS_NONE;
		return code;
	}
	*n = (uint32_t)(c->ptr[*row + 1] - c->ptr[*row]);
	return c->list + c->ptr[*row];
}

static inline float share(uint32_t n)
{
	return n > 1 ? 1 / sqrtf((float)n) : 1;
}

static inline const struct example *at(const struct training *t, size_t b)
{
	return t->judging ? &t->judged[t->lo + b] : &t->example[t->order[t->lo + b]];
}

static inline const uint32_t *cell_of(const struct training *t, const struct example *e, uint32_t f, uint32_t *n)
{
	return cell(&t->column[f], &e->owner[t->m->field[f].owner], n);
}

/* The rows of a cell, added up with its share; the row itself where it is one. */
static inline const float *gather(const float *table, const uint32_t *code, uint32_t n, size_t k, float *sum)
{
	if (n == 1)
		return table + (size_t)*code * 2 * k;
	memset(sum, 0, k * sizeof *sum);
	for (uint32_t i = 0; i < n; i++)
		for (size_t j = 0; j < k; j++)
			sum[j] += share(n) * table[(size_t)code[i] * 2 * k + j];
	return sum;
}

static inline float product(const float *a, const float *b, size_t k)
{
	float sum = 0;

	for (size_t j = 0; j < k; j++)
		sum += a[j] * b[j];
	return sum;
}

/* ---- the derivatives of a batch ---- */

static void add_linear(const struct training *t, size_t lo, size_t hi)
{
	for (size_t b = lo; b < hi; b++)
		t->logit[b] = t->bias[0];
	for (uint32_t f = 0; f < t->m->n_fields; f++) {
		for (size_t b = lo; b < hi; b++) {
			uint32_t n;
			const uint32_t *code = cell_of(t, at(t, b), f, &n);
			float sum = 0;

			for (uint32_t i = 0; i < n; i++)
				sum += t->linear[f][(size_t)code[i] * LINEAR];
			t->logit[b] += share(n) * sum;
		}
	}
}

static void add_pairs(const struct training *t, size_t lo, size_t hi)
{
	uint32_t fields = t->m->n_fields;
	size_t k = t->m->k;

	for (uint32_t f = 0; f < fields; f++) {
		for (uint32_t g = f + 1; g < fields; g++) {
			const float *vf = t->table[f * fields + g], *vg = t->table[g * fields + f];

			for (size_t b = lo; b < hi; b++) {
				const struct example *e = at(t, b);
				float sum_f[K_MAX], sum_g[K_MAX];
				uint32_t nf, ng;
				const uint32_t *cf = cell_of(t, e, f, &nf), *cg = cell_of(t, e, g, &ng);

				if (nf > 0 && ng > 0)
					t->logit[b] += product(gather(vf, cf, nf, k, sum_f), gather(vg, cg, ng, k, sum_g), k);
			}
		}
	}
}

/* fm and fwfm: v of all fields of example b into `v`, what each is multiplied by into its place of `other`. */
static void add_factors(const struct training *t, size_t b, float *v)
{
	uint32_t fields = t->m->n_fields;
	size_t k = t->m->k;
	float *other = t->other + b * fields * k, sum = 0, all[K_MAX] = { 0 };

	for (uint32_t f = 0; f < fields; f++) {
		uint32_t n;
		const uint32_t *code = cell_of(t, at(t, b), f, &n);

		memset(v + f * k, 0, k * sizeof *v);
		if (n == 1)
			memcpy(v + f * k, t->table[f] + (size_t)*code * 2 * k, k * sizeof *v);
		else if (n > 1)
			gather(t->table[f], code, n, k, v + f * k);
		for (size_t j = 0; j < k; j++)
			all[j] += v[f * k + j];
	}
	for (uint32_t f = 0; f < fields; f++) {
		float *o = other + f * k;

		if (t->r == NULL) {
			for (size_t j = 0; j < k; j++)
				o[j] = all[j] - v[f * k + j];
		} else {
			memset(o, 0, k * sizeof *o);
			for (uint32_t g = 0; g < fields; g++)
				for (size_t j = 0; j < k; j++)
					o[j] += (g == f ? 0 : t->r[f * fields + g]) * v[g * k + j];
		}
		sum += product(o, v + f * k, k);
	}
	t->logit[b] += sum / 2;
}

static double loss(float logit, uint8_t label)
{
	double z = label != 0 ? -(double)logit : (double)logit;

	return z > 30 ? z : log1p(exp(z));
}

static int forward_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct training *t = ctx;
	size_t lo = tile * TILE, hi = t->size - lo < TILE ? t->size : lo + TILE;
	uint32_t fields = t->m->n_fields;
	double *part = t->part + tile * t->part_ld;
	float v[RS_CLICK_FIELDS_MAX * K_MAX];

	(void)worker;
	(void)err;
	memset(part, 0, t->part_ld * sizeof *part);
	add_linear(t, lo, hi);
	if (t->m->kind == RS_CLICK_FFM)
		add_pairs(t, lo, hi);
	for (size_t b = lo; b < hi; b++) {
		const struct example *e = at(t, b);

		if (t->m->kind == RS_CLICK_FM || t->m->kind == RS_CLICK_FWFM)
			add_factors(t, b, v);
		t->slope[b] = e->weight * (1 / (1 + expf(-t->logit[b])) - e->label);
		part[0] += t->judging ? (double)e->weight * loss(t->logit[b], e->label) : (double)t->slope[b];
		for (uint32_t f = 0; t->r != NULL && f < fields && !t->judging; f++)
			for (uint32_t g = f + 1; g < fields; g++)
				part[1 + f * fields + g] +=
				        (double)(t->slope[b] * product(v + f * t->m->k, v + g * t->m->k, t->m->k));
	}
	return 0;
}

/* ---- steps ---- */

static inline void step_linear(const struct rs_click_plan *p, float *w, float g)
{
	float n = w[2] + g * g, rate = (float)p->rate, l1 = (float)p->l1, sigma = (sqrtf(n) - sqrtf(w[2])) / rate;

	w[1] += g - sigma * w[0];
	w[2] = n;
	w[0] = fabsf(w[1]) <= l1 ? 0
	                         : -(w[1] - copysignf(l1, w[1])) / ((FTRL_BETA + sqrtf(n)) / rate + (float)p->l2);
}

static inline void step_factors(const struct rs_click_plan *p, float *v, float g, const float *other, size_t k)
{
	float rate = (float)p->rate, ridge = (float)p->regularization, *sum = v + k;

	for (size_t j = 0; j < k; j++) {
		float d = g * other[j] + ridge * v[j];

		sum[j] += d * d;
		v[j] -= rate * d / sqrtf(sum[j]);
	}
}

static void linear_block(const struct training *t, uint32_t f)
{
	for (size_t b = 0; b < t->size; b++) {
		uint32_t n;
		const uint32_t *code = cell_of(t, at(t, b), f, &n);

		for (uint32_t i = 0; i < n; i++)
			step_linear(t->plan, t->linear[f] + (size_t)code[i] * LINEAR, t->slope[b] * share(n));
	}
}

static void field_block(const struct training *t, uint32_t f)
{
	size_t k = t->m->k;

	for (size_t b = 0; b < t->size; b++) {
		uint32_t n;
		const uint32_t *code = cell_of(t, at(t, b), f, &n);

		for (uint32_t i = 0; i < n; i++)
			step_factors(t->plan, t->table[f] + (size_t)code[i] * 2 * k, t->slope[b] * share(n),
			             t->other + (b * t->m->n_fields + f) * k, k);
	}
}

/* Both sides of a pair of fields, each with the other as it was before. */
static inline void pair_steps(const struct training *t, uint32_t f, uint32_t g, size_t k)
{
	float *vf = t->table[f * t->m->n_fields + g], *vg = t->table[g * t->m->n_fields + f];

	for (size_t b = 0; b < t->size; b++) {
		const struct example *e = at(t, b);
		float sum_f[K_MAX], sum_g[K_MAX];
		uint32_t nf, ng;
		const uint32_t *cf = cell_of(t, e, f, &nf), *cg = cell_of(t, e, g, &ng);

		if (nf == 0 || ng == 0)
			continue;
		memcpy(sum_f, gather(vf, cf, nf, k, sum_f), k * sizeof *sum_f);
		memcpy(sum_g, gather(vg, cg, ng, k, sum_g), k * sizeof *sum_g);
		for (uint32_t i = 0; i < nf; i++)
			step_factors(t->plan, vf + (size_t)cf[i] * 2 * k, t->slope[b] * share(nf), sum_g, k);
		for (uint32_t i = 0; i < ng; i++)
			step_factors(t->plan, vg + (size_t)cg[i] * 2 * k, t->slope[b] * share(ng), sum_f, k);
	}
}

static int step_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct training *t = ctx;
	uint32_t fields = t->m->n_fields, f = (uint32_t)(tile / fields), g = (uint32_t)(tile % fields);

	(void)worker;
	(void)err;
	if (t->m->kind != RS_CLICK_FFM || f == g) {
		f = t->m->kind == RS_CLICK_FFM ? f : (uint32_t)tile;
		linear_block(t, f);
		if (t->m->kind != RS_CLICK_FFM && t->m->k > 0)
			field_block(t, f);
	} else if (f < g) {
		if (t->m->k == 4)
			pair_steps(t, f, g, 4);
		else
			pair_steps(t, f, g, t->m->k);
	}
	return 0;
}

/* The constant and the weights of pairs of fields, by the sums over the batch. */
static void step_common(struct training *t, size_t n_tiles)
{
	uint32_t fields = t->m->n_fields;
	double sum = 0;

	for (size_t i = 0; i < n_tiles; i++)
		sum += t->part[i * t->part_ld];
	step_linear(t->plan, t->bias, (float)(sum / sqrt((double)t->size)));
	for (uint32_t f = 0; t->r != NULL && f < fields; f++) {
		for (uint32_t g = f + 1; g < fields; g++) {
			double d = 0;

			for (size_t i = 0; i < n_tiles; i++)
				d += t->part[i * t->part_ld + 1 + f * fields + g];
			d /= (double)t->size;
			t->r_sum[f * fields + g] += (float)(d * d);
			if (t->r_sum[f * fields + g] > 0)
				t->r[f * fields + g] -= (float)(t->plan->rate / 4 * d / sqrt((double)t->r_sum[f * fields + g]));
			t->r[g * fields + f] = t->r[f * fields + g];
		}
	}
}

static int epoch(struct training *t, int number, uint64_t *seen, struct rs_err *err)
{
	size_t n_blocks = t->m->kind == RS_CLICK_FFM ? (size_t)t->m->n_fields * t->m->n_fields : t->m->n_fields;
	int rc = 0;

	for (size_t i = t->n; i-- > 1;) {
		size_t j = (size_t)rs_rand_below(i + 1, t->m->seed, RS_RNG_SHUFFLE, i, (uint32_t)number);
		uint32_t x = t->order[i];

		t->order[i] = t->order[j];
		t->order[j] = x;
	}
	for (t->lo = 0; t->lo < t->n && rc == 0; t->lo += t->size) {
		size_t size = (size_t)(*seen / GROWTH), n_tiles;

		size = size < BATCH_MIN ? BATCH_MIN : size > BATCH_MAX ? BATCH_MAX : size;
		t->size = t->n - t->lo < size ? t->n - t->lo : size;
		n_tiles = (t->size + TILE - 1) / TILE;
		if ((rc = rs_tiles_run(n_tiles, forward_tile, t, err)) < 0)
			return rc;
		step_common(t, n_tiles);
		rc = rs_tiles_run(n_blocks, step_tile, t, err);
		*seen += t->size;
	}
	return rc;
}

/* The mean loss of what is kept out. */
static int judge(struct training *t, double *out, struct rs_err *err)
{
	double sum = 0, weight = 0;
	int rc = 0;

	t->judging = true;
	t->judged = t->example + t->n;
	for (t->lo = 0; t->lo < t->n_kept && rc == 0; t->lo += t->size) {
		t->size = t->n_kept - t->lo < BATCH_MAX ? t->n_kept - t->lo : BATCH_MAX;
		rc = rs_tiles_run((t->size + TILE - 1) / TILE, forward_tile, t, err);
		for (size_t i = 0; i < (t->size + TILE - 1) / TILE; i++)
			sum += t->part[i * t->part_ld];
	}
	for (size_t i = 0; i < t->n_kept; i++)
		weight += (double)t->judged[i].weight;
	t->judging = false;
	*out = weight > 0 ? sum / weight : 0;
	return rc;
}

/* The parameters as they are become the model's. */
static void keep(struct training *t)
{
	struct rs_click *m = t->m;
	uint32_t fields = m->n_fields;
	bool ffm = m->kind == RS_CLICK_FFM;

	m->w0 = (double)t->bias[0];
	for (uint32_t f = 0; f < fields; f++) {
		for (uint32_t i = 0; i < m->field[f].n; i++) {
			float w = t->linear[f][(size_t)i * LINEAR], *theta = f == 0 ? t->theta + i * m->d : NULL;

			if (f == 0)
				theta[0] = w;
			else
				m->w[m->field[f].w_at + i] = w;
			for (uint32_t g = 0; m->k > 0 && g < (ffm ? fields : 1); g++) {
				const float *v;
				float *to;

				if (ffm && g == f)
					continue;
				v = t->table[ffm ? f * fields + g : f] + (size_t)i * 2 * m->k;
				to = f == 0 ? theta + 1 + (ffm ? g - 1 : 0) * m->k
				            : m->v + (m->field[f].w_at + i) * m->width + g * m->k;
				memcpy(to, v, m->k * sizeof *to);
			}
		}
	}
	if (t->r != NULL)
		memcpy(m->r, t->r, (size_t)fields * fields * sizeof *m->r);
}

static int epochs(struct training *t, struct rs_err *err)
{
	double best = INFINITY, now;
	uint64_t seen = 0;
	size_t more = t->n > 0 ? FEW / t->n : 0;
	int since = 0, patience = PATIENCE + (int)(more < 10 ? more : 10), rc;

	for (int i = 0; i < t->plan->epochs && since < patience; i++) {
		if ((rc = epoch(t, i, &seen, err)) < 0 || (rc = judge(t, &now, err)) < 0)
			return rc;
		if (!isfinite(now))
			return rs_fail(err, RS_EDATA, "numbers grew out of range: a lower learning_rate may help");
		since = now < best - 1e-5 ? 0 : since + 1;
		if (now < best || t->n_kept == 0) {
			best = now;
			keep(t);
		}
		if (t->n_kept == 0)
			since = 0;
		rs_progress("epochs", (unsigned)i + 1, (unsigned)t->plan->epochs, "epochs");
	}
	return 0;
}

/* ---- examples and fields ---- */

uint32_t rs_click_negative(const struct rs_click *m, uint64_t seed, uint32_t item, uint64_t place, uint32_t step)
{
	return (uint32_t)rs_rand_below(m->n_items, seed, RS_RNG_NEGATIVE, (uint64_t)item << 32 | (place & UINT32_MAX), step);
}

/* Those that train from the front, those that are kept out from the back. */
static void make_examples(struct training *t, const struct rs_events *e, size_t total)
{
	uint32_t per = 1 + t->m->negatives;
	size_t back = total;

	for (uint32_t u = 0; u < e->n_users; u++) {
		for (uint64_t i = e->row_ptr[u]; i < e->row_ptr[u + 1]; i++) {
			uint64_t place = i - e->row_ptr[u];
			float weight = e->weight == NULL ? 1 : e->weight[i];
			bool out = rs_click_kept_out(t->m->seed, i, t->plan->validation);
			struct example x = { { u, e->item[i], (uint32_t)i }, fabsf(weight), 0 };

			x.label = rs_click_label(t->m->positive_from, e->value == NULL ? NAN : e->value[i], weight);
			for (uint32_t k = 0; k < per; k++) {
				if (k > 0) {
					x.owner[RS_CLICK_ITEM] = rs_click_negative(t->m, t->m->seed, e->item[i], place, k);
					x.label = 0;
				}
				if (out)
					t->example[--back] = x;
				else
					t->example[t->n++] = x;
			}
		}
	}
	t->n_kept = total - back;
}

static int make_column(struct column *c, const struct rs_click_field *f, const struct rs_csr *x, struct rs_err *err)
{
	uint64_t n = 0;
	bool single = true;

	for (uint32_t pass = 0; pass < 2; pass++) {
		n = 0;
		for (uint32_t r = 0; r < x->n_rows; r++) {
			uint64_t before = n;

			if (pass == 1 && single)
				c->code[r] = RS_NONE;
			if (pass == 1 && !single)
				c->ptr[r] = n;
			for (uint64_t e = x->row_ptr[r]; e < x->row_ptr[r + 1]; e++) {
				if (x->col[e] < f->first || x->col[e] - f->first >= f->n)
					continue;
				if (pass == 1 && single)
					c->code[r] = x->col[e] - f->first;
				else if (pass == 1)
					c->list[n] = x->col[e] - f->first;
				n++;
			}
			single &= pass == 1 || n - before <= 1;
		}
		if (pass == 1)
			break;
		if (single ? (c->code = rs_array(x->n_rows, sizeof *c->code, err)) == NULL
		           : ((c->ptr = rs_array((size_t)x->n_rows + 1, sizeof *c->ptr, err)) == NULL ||
		              (c->list = rs_array(n, sizeof *c->list, err)) == NULL))
			return RS_ENOMEM;
	}
	if (!single)
		c->ptr[x->n_rows] = n;
	return 0;
}

struct filling {
	float *table;
	uint32_t n;
	size_t k;
	uint64_t seed, row;
};

static int fill_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct filling *s = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = s->n - lo < TILE ? s->n : lo + TILE;
	float size = .2F / sqrtf((float)s->k);

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++) {
		float *v = s->table + (size_t)i * 2 * s->k;

		for (size_t j = 0; j < s->k; j++) {
			v[j] = size * (float)(2 * rs_rand_unit(s->seed, RS_RNG_INIT, s->row + i, (uint32_t)j) - 1);
			v[s->k + j] = 1;
		}
	}
	return 0;
}

static int make_table(struct training *t, size_t number, uint32_t n, struct rs_err *err)
{
	struct filling s = { NULL, n, t->m->k, t->m->seed, (uint64_t)number << 32 };

	if ((s.table = t->table[number] = rs_array((size_t)n * 2 * t->m->k, sizeof(float), err)) == NULL)
		return RS_ENOMEM;
	return rs_tiles_run(((size_t)n + TILE - 1) / TILE, fill_tile, &s, err);
}

static int make_parameters(struct training *t, struct rs_err *err)
{
	struct rs_click *m = t->m;
	uint32_t fields = m->n_fields;
	bool ffm = m->kind == RS_CLICK_FFM;
	int rc = 0;

	if ((t->table = rs_array0((size_t)fields * fields, sizeof(float *), err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t f = 0; f < fields; f++) {
		if ((t->linear[f] = rs_array0((size_t)m->field[f].n * LINEAR, sizeof(float), err)) == NULL)
			return RS_ENOMEM;
		for (uint32_t g = 0; g < (ffm ? fields : 1) && m->k > 0 && rc == 0; g++)
			if (!ffm || g != f)
				rc = make_table(t, ffm ? f * fields + g : f, m->field[f].n, err);
		if (rc < 0)
			return rc;
	}
	if (m->kind != RS_CLICK_FWFM)
		return 0;
	if ((t->r = rs_array((size_t)fields * fields, sizeof *t->r, err)) == NULL ||
	    (t->r_sum = rs_array0((size_t)fields * fields, sizeof *t->r_sum, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < (size_t)fields * fields; i++)
		t->r[i] = 1;
	return 0;
}

static int reserve(struct training *t, size_t total, struct rs_err *err)
{
	struct rs_click *m = t->m;
	size_t tiles = BATCH_MAX / TILE, other = m->kind == RS_CLICK_FFM ? 0 : BATCH_MAX * m->n_fields * m->k;

	t->part_ld = 1 + (m->kind == RS_CLICK_FWFM ? (size_t)m->n_fields * m->n_fields : 0);
	if ((t->example = rs_array(total, sizeof *t->example, err)) == NULL ||
	    (t->order = rs_array(total, sizeof *t->order, err)) == NULL ||
	    (t->logit = rs_array(BATCH_MAX, sizeof *t->logit, err)) == NULL ||
	    (t->slope = rs_array(BATCH_MAX, sizeof *t->slope, err)) == NULL ||
	    (t->other = rs_array(other, sizeof *t->other, err)) == NULL ||
	    (t->part = rs_array(tiles * t->part_ld, sizeof *t->part, err)) == NULL ||
	    (t->theta = rs_array0((size_t)t->n_users * m->d, sizeof *t->theta, err)) == NULL ||
	    (m->w = rs_array0(m->n_values, sizeof *m->w, err)) == NULL ||
	    (m->v = rs_array0(m->n_values * m->width, sizeof *m->v, err)) == NULL ||
	    (m->mean = rs_array0(m->d, sizeof *m->mean, err)) == NULL ||
	    (m->var = rs_array0(m->d, sizeof *m->var, err)) == NULL ||
	    (m->kind == RS_CLICK_FWFM && (m->r = rs_array((size_t)m->n_fields * m->n_fields, sizeof *m->r, err)) == NULL))
		return RS_ENOMEM;
	return make_parameters(t, err);
}

static void release(struct training *t)
{
	for (uint32_t f = 0; f < t->m->n_fields; f++) {
		rs_free(t->linear[f]);
		rs_free(t->column[f].code);
		rs_free(t->column[f].ptr);
		rs_free(t->column[f].list);
	}
	for (size_t i = 0; t->table != NULL && i < (size_t)t->m->n_fields * t->m->n_fields; i++)
		rs_free(t->table[i]);
	rs_free(t->table);
	rs_free(t->example);
	rs_free(t->order);
	rs_free(t->logit);
	rs_free(t->slope);
	rs_free(t->other);
	rs_free(t->part);
	rs_free(t->r);
	rs_free(t->r_sum);
	rs_free(t->theta);
}

/* How theta is spread over the users that trained. */
static void spread(const struct training *t)
{
	struct rs_click *m = t->m;

	for (size_t i = 0; i < m->d; i++) {
		double sum = 0, squares = 0;

		for (uint32_t u = 0; u < t->n_users; u++)
			sum += (double)t->theta[u * m->d + i];
		sum /= t->n_users;
		for (uint32_t u = 0; u < t->n_users; u++)
			squares += ((double)t->theta[u * m->d + i] - sum) * ((double)t->theta[u * m->d + i] - sum);
		m->mean[i] = (float)sum;
		m->var[i] = (float)fmax(squares / t->n_users, 1e-6);
	}
}

int rs_click_train(struct rs_click *m, const struct rs_train_in *in, const struct rs_csr *context,
                   const struct rs_click_plan *plan, struct rs_err *err)
{
	struct training t = { .m = m, .plan = plan, .n_users = in->events->n_users };
	uint64_t total = in->events->row_ptr[in->events->n_users] * (1 + (uint64_t)m->negatives);
	const struct rs_csr *of[] = { in->user_profile, in->item_profile, context };
	uint64_t positive = 0;
	int rc = 0;

	if (total > UINT32_MAX)
		return rs_fail(err, RS_EDATA, "%llu examples: expected at most 4294967295", (unsigned long long)total);
	if ((rc = rs_mem_require(total * 20 + (m->n_values + in->events->n_users) * (16 + 12 * (uint64_t)m->width), "training",
	                         "fewer factors need less", err)) < 0 ||
	    (rc = reserve(&t, (size_t)total, err)) < 0)
		goto out;
	t.column[0].identity = t.column[1].identity = true;
	for (uint32_t f = 2; f < m->n_fields && rc == 0; f++)
		rc = make_column(&t.column[f], &m->field[f], of[m->field[f].owner], err);
	if (rc < 0)
		goto out;
	make_examples(&t, in->events, (size_t)total);
	for (size_t i = 0; i < t.n; i++) {
		t.order[i] = (uint32_t)i;
		positive += t.example[i].label;
	}
	if (positive == 0 || positive == t.n) {
		rc = rs_fail(err, RS_EDATA, "all events are %s: there is nothing to tell apart",
		             positive == 0 ? "negative" : "positive");
		goto out;
	}
	memmove(t.example + t.n, t.example + total - t.n_kept, t.n_kept * sizeof *t.example);
	t.bias[0] = 0;
	if ((rc = epochs(&t, err)) == 0)
		spread(&t);
out:
	release(&t);
	return rc;
}
