/* als_train.c -- epochs of alternating least squares.
 *
 * In turn all users are solved given the items and all items given the users, each row by itself. Before each half the
 * given side is turned into the eigenvectors of its own Gram matrix, which changes no score and makes the part of every
 * row's equations that is common to all rows a diagonal (als_solve.h). Conjugate gradient reads the given side as short rows
 * (num/isa.h): where both sides are large, what it costs is the bytes that it finds at random, and so those of the next row
 * are fetched while one is solved. The last half is that of the items: users are not kept, and folding their histories in
 * again gives their best factors for these items. */
#include "lib/recipe/als.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/base/tiles.h"
#include "lib/num/dense.h"
#include "lib/num/isa.h"
#include "lib/recipe/item_blocks.h"

#include <math.h>
#include <string.h>

#define TILE 64 /* rows */
#define PLAIN_EPOCHS 3 /* before attributes are asked */
#define SWEEPS 4       /* of their regression in an epoch; in the last one more */
#define LAST_SWEEPS 20

struct side {
	float *f; /* n x ld */
	uint32_t n;
	const struct rs_csr *x; /* its rows: n x the other side's n; weights of users are those of the events alone */
	float *r;               /* strength of regularization by row */
	struct rs_als_prior *prior; /* what its attributes foresee; NULL: nothing is known */
};

struct training {
	struct rs_als *m;
	struct rs_als_solver s;
	uint32_t *short_f; /* conjugate gradient: room for the rows of either side, shortened; else NULL */
	const struct side *from, *to;
	struct rs_als_scratch **scratch; /* by worker */
	float **room;                    /* by worker: for the weights of a user */
	double *v, *value;               /* d x d eigenvectors, d eigenvalues */
	unsigned long long done, total;  /* halves of epochs */
	const struct side *users, *items;
};

static size_t n_tiles(uint32_t n)
{
	return ((size_t)n + TILE - 1) / TILE;
}

float rs_als_trust(const struct rs_als *m, size_t n)
{
	return n == 0 ? 1 : (float)(m->attribute_weight / (m->attribute_weight + (double)n));
}

double rs_als_weight(const float *c, size_t n)
{
	double sum = 0;

	if (c == NULL)
		return (double)n;
	for (size_t i = 0; i < n; i++)
		sum += (double)c[i];
	return sum;
}

float rs_als_strength(const struct rs_als *m, double weight, uint32_t n_other)
{
	return (float)(m->lambda * pow(weight + m->unobserved_weight * (double)n_other, m->exponent));
}

/* ---- the weights of rows ---- */

/* The weights of row i: what stands in x, or in room. */
static const float *row_cells(const struct training *t, const struct side *side, uint32_t i, float *room)
{
	const struct rs_csr *x = side->x;

	if (side == t->users)
		return rs_als_row_cells(t->m, x, i, room);
	return x->val == NULL ? NULL : x->val + x->row_ptr[i];
}

static size_t row_length(const struct rs_csr *x, uint32_t i)
{
	return (size_t)(x->row_ptr[i + 1] - x->row_ptr[i]);
}

static uint32_t full_row(const struct training *t, const struct side *side)
{
	return side == t->users ? t->m->n_warm : t->users->n;
}

/* r becomes the weight of the row. */
static int weigh_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct training *t = ctx;
	const struct side *side = t->to;
	uint32_t lo = (uint32_t)tile * TILE, hi = side->n - lo < TILE ? side->n : lo + TILE;

	(void)err;
	for (uint32_t i = lo; i < hi; i++)
		side->r[i] = (float)rs_als_weight(row_cells(t, side, i, t->room[worker]), row_length(side->x, i));
	return 0;
}

/* With another exponent the regularization keeps its total, so that one range of it suits every exponent. r: the weights of
 * rows. */
static double scale_lambda(const struct training *t)
{
	const struct side *side[2] = { t->users, t->items };
	double linear = 0, powered = 0;

	for (int s = 0; s < 2; s++) {
		for (uint32_t i = 0; i < side[s]->n; i++) {
			double f = (double)side[s]->r[i] + t->m->unobserved_weight * full_row(t, side[s]);

			if (s == 1 && t->m->n_warm < side[s]->n && row_length(side[s]->x, i) == 0)
				continue;
			linear += f;
			powered += pow(f, t->m->exponent);
		}
	}
	return powered > 0 ? linear / powered : 1;
}

/* The strengths of all rows, and lambda. */
static int strengthen(struct training *t, double regularization, struct rs_err *err)
{
	const struct side *side[2] = { t->users, t->items };
	int rc;

	for (int s = 0; s < 2; s++) {
		t->to = side[s];
		if ((rc = rs_tiles_run(n_tiles(side[s]->n), weigh_tile, t, err)) < 0)
			return rc;
	}
	t->m->lambda = regularization * scale_lambda(t);
	for (int s = 0; s < 2; s++)
		for (uint32_t i = 0; i < side[s]->n; i++)
			side[s]->r[i] = rs_als_strength(t->m, (double)side[s]->r[i], full_row(t, side[s]));
	return 0;
}

/* ---- halves of epochs ---- */

/* Items that nobody had yet are as their attributes foresee. */
static void add_cold_rows(const struct training *t, const struct side *items)
{
	const struct rs_als_prior *p = items->prior;

	for (uint32_t i = 0; i < items->n; i++) {
		if (p->r[i] > 0)
			continue;
		for (size_t k = 0; k < t->s.ld; k++)
			items->f[i * t->s.ld + k] = p->m[i * t->s.ld + k];
	}
}

static int turn_prior(const struct training *t, const struct side *side, struct rs_err *err)
{
	const struct rs_als_prior *p = side == NULL ? NULL : side->prior;

	if (p == NULL)
		return 0;
	return rs_rotate(p->b, (size_t)p->n_features + 1, t->s.d, t->s.ld, t->v, err);
}

/* The given side in its eigenvectors: its coordinates and the ridge. The other side comes along where rows start from what
 * they were. */
static int align(struct training *t, const struct side *from, const struct side *to, struct rs_err *err)
{
	size_t d = t->s.d, ld = t->s.ld;
	int rc;

	if ((rc = rs_gram(t->v, from->f, from->n, d, ld, err)) < 0
	    || (rc = rs_eigen(t->v, t->value, d, err)) < 0)
		return rc;
	if (to == NULL && from->prior != NULL) {
		if ((rc = rs_als_prior_foresee(from->prior, err)) < 0)
			return rc;
		add_cold_rows(t, from);
	}
	if ((rc = rs_rotate(from->f, from->n, d, ld, t->v, err)) < 0)
		return rc;
	for (size_t i = 0; i < d; i++)
		t->m->ridge[i] = (float)(t->m->unobserved_weight * fmax(t->value[i], 0));
	if ((rc = turn_prior(t, t->users, err)) < 0 || (rc = turn_prior(t, t->items, err)) < 0)
		return rc;
	return to == NULL || t->s.method == RS_ALS_EXACT || t->done == 0 ? 0 : rs_rotate(to->f, to->n, d, ld, t->v, err);
}

/* What solving row i can fetch for the row behind it, up to row hi. */
static void look_ahead(struct rs_als_ahead *ahead, const struct training *t, uint32_t i, uint32_t hi)
{
	const struct rs_csr *x = t->to->x;
	bool both = i + 1 < hi && rs_als_looks_ahead(&t->s, row_length(x, i))
	        && rs_als_looks_ahead(&t->s, row_length(x, i + 1));

	ahead->there = ahead->n_next > 0;
	ahead->next = x->col + x->row_ptr[i + 1];
	ahead->n_next = both ? row_length(x, i + 1) : 0;
}

static int solve_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct training *t = ctx;
	const struct rs_csr *x = t->to->x;
	uint32_t lo = (uint32_t)tile * TILE, hi = x->n_rows - lo < TILE ? x->n_rows : lo + TILE;
	struct rs_als_ahead ahead = { .n_next = 0 };

	for (uint32_t i = lo; i < hi; i++) {
		const struct rs_als_prior *p = t->to->prior;
		float *m = p == NULL ? NULL : p->m + (size_t)i * t->s.ld, *f = t->to->f + (size_t)i * t->s.ld;
		size_t n = row_length(x, i);
		int rc;

		look_ahead(&ahead, t, i, hi);
		if (t->done == 0) /* people start at 0 */
			memset(f, 0, t->s.ld * sizeof *f);
		if (p != NULL && !(p->r[i] > 0)) /* nobody knows it: it stays 0 */
			continue;
		if (p != NULL) {
			float trust = rs_als_trust(t->m, n);

			for (size_t k = 0; k < t->s.ld; k++)
				m[k] *= trust;
		}
		rc = rs_als_solve(&t->s, t->scratch[worker], x->col + x->row_ptr[i], row_cells(t, t->to, i, t->room[worker]),
		                  n, t->to->r[i], m, f, &ahead, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int shorten_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct training *t = ctx;
	uint32_t n = t->from->n, lo = (uint32_t)tile * TILE, hi = n - lo < TILE ? n : lo + TILE;

	(void)worker;
	(void)err;
	for (size_t i = lo; i < hi; i++)
		rs_isa()->shorten(t->short_f + i * RS_SHORT_WORDS(t->s.ld), t->from->f + i * t->s.ld, t->s.ld);
	return 0;
}

static int half(struct training *t, const struct side *from, const struct side *to, struct rs_err *err)
{
	bool last = t->done + 2 >= t->total;
	int rc = align(t, from, to, err);

	if (rc < 0)
		return rc;
	t->s.y = from->f;
	t->from = from;
	t->to = to;
	if (to->prior != NULL && (rc = rs_als_prior_foresee(to->prior, err)) < 0)
		return rc;
	if (t->s.method == RS_ALS_CG && (rc = rs_tiles_run(n_tiles(from->n), shorten_tile, t, err)) < 0)
		return rc;
	if ((rc = rs_tiles_run(n_tiles(to->n), solve_tile, t, err)) < 0)
		return rc;
	if (to->prior != NULL && (t->done / 2 >= PLAIN_EPOCHS || last)
	    && ((rc = rs_als_prior_foresee(to->prior, err)) < 0
	        || (rc = rs_als_prior_fit(to->prior, to->f, last ? LAST_SWEEPS : SWEEPS, err)) < 0))
		return rc;
	rs_progress("als: half epochs", ++t->done, t->total, "halves");
	return 0;
}

static int epochs(struct training *t, int n, struct rs_err *err)
{
	int rc = 0;

	t->total = 2ull * (unsigned)n;
	for (int e = 0; e < n && rc == 0; e++)
		if ((rc = half(t, t->items, t->users, err)) == 0)
			rc = half(t, t->users, t->items, err);
	return rc;
}

struct init {
	float *f;
	uint32_t n;
	size_t d, ld;
	uint64_t seed;
	const float *known; /* by row; 0: it starts, and stays, at 0 */
};

static int init_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct init *t = ctx;
	uint32_t lo = (uint32_t)tile * TILE, hi = t->n - lo < TILE ? t->n : lo + TILE;
	double size = .1 / sqrt((double)t->d);

	(void)worker;
	(void)err;
	for (uint32_t i = lo; i < hi; i++) {
		float *f = t->f + (size_t)i * t->ld;
		bool known = t->known == NULL || t->known[i] > 0;

		for (size_t k = 0; k < t->ld; k++)
			f[k] = k < t->d && known ? (float)(size * rs_rand_normal(t->seed, RS_RNG_INIT, i, (uint32_t)k)) : 0;
	}
	return 0;
}

static size_t longest_row(const struct rs_csr *x)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < x->n_rows; i++)
		if (x->row_ptr[i + 1] - x->row_ptr[i] > n)
			n = x->row_ptr[i + 1] - x->row_ptr[i];
	return (size_t)n;
}

static bool known(const struct rs_features *f)
{
	return f != NULL && f->n > 0;
}

/* Also where there is no attribute, so that items without events are as items are on the whole. */
static bool asks_items(const struct rs_als *m, const struct rs_train_in *in)
{
	return m->n_warm < m->items.n || known(in->item_features);
}

/* Of the longer side. */
static uint64_t short_words(const struct training *t)
{
	uint64_t n = t->users->n > t->items->n ? t->users->n : t->items->n;

	return t->s.method == RS_ALS_CG ? n * RS_SHORT_WORDS(t->s.ld) : 0;
}

/* Before anything is taken: all that training will hold at once, but for what a longer row than those of users asks for. */
static int require(const struct training *t, const struct rs_csr *x, const struct rs_train_in *in, struct rs_err *err)
{
	uint64_t nnz = x->row_ptr[x->n_rows], d = t->s.d, ld = t->s.ld, threads = (uint64_t)rs_threads();
	bool weighted = x->val != NULL || t->m->user_exponent != 0 || t->m->item_exponent != 0;
	uint64_t bytes = ((uint64_t)x->n_rows + x->n_cols) * ld * sizeof(float) + 4 * short_words(t)
	        + nnz * (weighted ? 8 : 4) + (uint64_t)x->n_cols * 16 + (uint64_t)x->n_rows * 8 + 40 * d * ld
	        + threads * (rs_als_scratch_bytes(&t->s, longest_row(x)) + 252 * d * sizeof(float));

	if (known(in->user_features))
		bytes += rs_als_prior_bytes(in->user_profile, ld);
	if (asks_items(t->m, in))
		bytes += rs_als_prior_bytes(in->item_profile, ld);
	return rs_mem_require(bytes, "als", "fewer factors need less", err);
}

static void release(struct training *t)
{
	for (int w = 0; t->scratch != NULL && w < rs_threads(); w++)
		rs_als_scratch_free(t->scratch[w]);
	for (int w = 0; t->room != NULL && w < rs_threads(); w++)
		rs_free(t->room[w]);
	rs_free(t->scratch);
	rs_free(t->room);
	rs_free(t->v);
	rs_free(t->value);
	rs_free(t->short_f);
}

static size_t longer(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int reserve(struct training *t, struct rs_err *err)
{
	size_t d = t->s.d, ld = t->s.ld, row = longest_row(t->users->x), longest = longer(row, longest_row(t->items->x));
	size_t threads = (size_t)rs_threads();
	uint64_t bytes = (uint64_t)threads * rs_als_scratch_bytes(&t->s, longest);
	int rc;

	if ((rc = rs_mem_require(bytes, "als", "fewer factors need less", err)) < 0)
		return rc;
	if ((t->v = rs_array(d * d, sizeof *t->v, err)) == NULL
	    || (t->value = rs_array(d, sizeof *t->value, err)) == NULL
	    || (t->m->ridge = rs_array0(ld, sizeof *t->m->ridge, err)) == NULL
	    || (t->scratch = rs_array0(threads, sizeof(struct rs_als_scratch *), err)) == NULL
	    || (t->room = rs_array0(threads, sizeof(float *), err)) == NULL)
		return RS_ENOMEM;
	for (size_t w = 0; w < threads; w++)
		if (rs_als_scratch_new(&t->scratch[w], &t->s, longest, err) < 0
		    || (t->room[w] = rs_array(row, sizeof(float), err)) == NULL)
			return RS_ENOMEM;
	if (t->s.method == RS_ALS_CG && (t->short_f = rs_array(short_words(t), sizeof *t->short_f, err)) == NULL)
		return RS_ENOMEM;
	t->s.ridge = t->m->ridge;
	t->s.short_y = t->short_f;
	return 0;
}

static void choose_solver(struct rs_als_solver *s, const struct rs_param_values *p)
{
	int solver = (int)rs_param(p, "solver");

	s->method = solver == RS_ALS_SOLVER_CHOLESKY ? RS_ALS_EXACT
	        : solver == RS_ALS_SOLVER_IALSPP     ? RS_ALS_BLOCKS
	                                             : RS_ALS_CG;
	s->steps = (size_t)rs_param(p, "cg_steps");
	s->block = RS_ROUND_LANES((size_t)rs_param(p, "block_size"));
}

/* ---- attributes ---- */

static int make_prior(struct rs_als_prior *p, struct side *side, const struct rs_csr *profile, double l2, size_t ld,
                      struct rs_err *err)
{
	int rc = rs_als_prior_init(p, profile, ld, l2, err);

	side->prior = p;
	return rc;
}

/* Rows without events are not learned from. */
static void weigh_prior(const struct side *side)
{
	for (uint32_t i = 0; i < side->n && side->prior != NULL; i++)
		side->prior->r[i] = row_length(side->x, i) > 0 ? side->r[i] : 0;
}

static int take_sides(struct side *users, struct side *items, size_t ld, struct rs_err *err)
{
	if ((users->f = rs_array((size_t)users->n * ld, sizeof *users->f, err)) == NULL
	    || (items->f = rs_array((size_t)items->n * ld, sizeof *items->f, err)) == NULL
	    || (users->r = rs_array(users->n, sizeof *users->r, err)) == NULL
	    || (items->r = rs_array(items->n, sizeof *items->r, err)) == NULL)
		return RS_ENOMEM;
	return 0;
}

static void release_side(struct side *side)
{
	rs_free(side->f);
	rs_free(side->r);
}

int rs_als_train(struct rs_als *m, const struct rs_csr *x, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err)
{
	struct side users = { .n = x->n_rows, .x = x }, items = { .n = x->n_cols };
	struct training t = { .m = m, .s = { .d = m->items.d, .ld = m->items.ld }, .users = &users, .items = &items };
	struct init init = { NULL, x->n_cols, m->items.d, m->items.ld, in->seed, NULL };
	struct rs_als_prior of_users = { 0 }, of_items = { 0 };
	struct rs_block_how how = { .pairs = rs_param(p, "pairs") != 0, .categories = 1, .numbers = 1 };
	struct rs_csr xt = { 0 }, blocks = { 0 };
	int rc;

	choose_solver(&t.s, p);
	if ((rc = require(&t, x, in, err)) < 0 || (rc = rs_csr_transpose(&xt, x, err)) < 0
	    || (rc = rs_als_scale_make(m, &xt, err)) < 0 || (rc = rs_als_scale_columns(m, &xt, x, err)) < 0)
		goto out;
	items.x = &xt;
	if ((rc = take_sides(&users, &items, m->items.ld, err)) < 0 || (rc = reserve(&t, err)) < 0
	    || (rc = strengthen(&t, rs_param(p, "regularization"), err)) < 0)
		goto out;
	if (known(in->user_features) &&
	    (rc = make_prior(&of_users, &users, in->user_profile, rs_param(p, "user_l2"), m->items.ld, err)) < 0)
		goto out;
	if (asks_items(m, in)) {
		if ((rc = rs_item_blocks(&blocks, in->item_features, in->item_profile, &how, err)) < 0 ||
		    (rc = make_prior(&of_items, &items, &blocks, rs_param(p, "item_l2"), m->items.ld, err)) < 0)
			goto out;
		init.known = of_items.r;
	}
	weigh_prior(&users);
	weigh_prior(&items);
	init.f = items.f;
	if ((rc = rs_tiles_run(n_tiles(init.n), init_tile, &init, err)) < 0
	    || (rc = epochs(&t, (int)rs_param(p, "epochs"), err)) < 0
	    || (rc = align(&t, &items, NULL, err)) < 0)
		goto out;
	m->items.own = items.f;
	m->items.y = m->items.own;
	items.f = NULL;
	m->people = of_users.b;
	of_users.b = NULL;
out:
	rs_als_prior_release(&of_users);
	rs_als_prior_release(&of_items);
	rs_csr_release(&blocks);
	release_side(&users);
	release_side(&items);
	release(&t);
	rs_csr_release(&xt);
	return rc;
}
