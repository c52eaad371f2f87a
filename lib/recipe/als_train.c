/* als_train.c -- epochs of alternating least squares.
 *
 * In turn all users are solved given the items and all items given the users, each row by itself. Before each half the
 * given side is turned into the eigenvectors of its own Gram matrix, which changes no score and makes the part of every
 * row's equations that is common to all rows a diagonal (als_solve.h). The last half is that of the items: users are not
 * kept, and folding their histories in again gives their best factors for these items. */
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
	const struct rs_csr *x; /* its rows: n x the other side's n */
	size_t longest;         /* row */
	struct rs_als_prior *prior; /* what its attributes foresee; NULL: nothing is known */
};

struct training {
	struct rs_als *m;
	struct rs_als_solver s;
	const struct side *to;
	struct rs_als_scratch **scratch; /* by worker */
	double *v, *value;               /* d x d eigenvectors, d eigenvalues */
	unsigned long long done, total;  /* halves of epochs */
	const struct side *users, *items;
};

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

static double row_weight(const struct rs_csr *x, uint32_t row)
{
	uint64_t e = x->row_ptr[row];

	return rs_als_weight(x->val == NULL ? NULL : x->val + e, (size_t)(x->row_ptr[row + 1] - e));
}

/* r of row i. */
static float strength(const struct training *t, const struct side *side, uint32_t i)
{
	uint32_t n_other = side == t->users ? t->m->n_warm : t->users->n;

	return rs_als_strength(t->m, row_weight(side->x, i), n_other);
}

/* With another exponent the regularization keeps its total, so that one range of it suits every exponent. */
static double scale_lambda(const struct rs_als *m, const struct rs_csr *x, const struct rs_csr *xt)
{
	const struct rs_csr *side[2] = { x, xt };
	double linear = 0, powered = 0;

	for (int s = 0; s < 2; s++) {
		for (uint32_t i = 0; i < side[s]->n_rows; i++) {
			double f = row_weight(side[s], i) + m->unobserved_weight * (s == 0 ? m->n_warm : side[s]->n_cols);

			if (s == 1 && m->n_warm < side[s]->n_rows && side[s]->row_ptr[i + 1] == side[s]->row_ptr[i])
				continue;
			linear += f;
			powered += pow(f, m->exponent);
		}
	}
	return powered > 0 ? linear / powered : 1;
}

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
	return to == NULL || t->s.method == RS_ALS_EXACT ? 0 : rs_rotate(to->f, to->n, d, ld, t->v, err);
}

static int solve_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct training *t = ctx;
	const struct rs_csr *x = t->to->x;
	uint32_t lo = (uint32_t)tile * TILE, hi = x->n_rows - lo < TILE ? x->n_rows : lo + TILE;

	for (uint32_t i = lo; i < hi; i++) {
		uint64_t e = x->row_ptr[i];
		const struct rs_als_prior *p = t->to->prior;
		float *m = p == NULL ? NULL : p->m + (size_t)i * t->s.ld;
		int rc;

		if (p != NULL && !(p->r[i] > 0)) /* nobody knows it: it stays 0 */
			continue;
		if (p != NULL) {
			float f = rs_als_trust(t->m, (size_t)(x->row_ptr[i + 1] - e));

			for (size_t k = 0; k < t->s.ld; k++)
				m[k] *= f;
		}
		rc = rs_als_solve(&t->s, t->scratch[worker], x->col + e,
		                      x->val == NULL ? NULL : x->val + e, (size_t)(x->row_ptr[i + 1] - e),
		                      strength(t, t->to, i), m, t->to->f + (size_t)i * t->s.ld, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int half(struct training *t, const struct side *from, const struct side *to, struct rs_err *err)
{
	bool last = t->done + 2 >= t->total;
	int rc = align(t, from, to, err);

	if (rc < 0)
		return rc;
	t->s.y = from->f;
	t->to = to;
	if (to->prior != NULL && (rc = rs_als_prior_foresee(to->prior, err)) < 0)
		return rc;
	if ((rc = rs_tiles_run(((size_t)to->n + TILE - 1) / TILE, solve_tile, t, err)) < 0)
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

/* Columns of x, the other way round: the number of entries per column. */
static size_t longest_column(const struct rs_csr *x, struct rs_err *err)
{
	uint32_t *count = rs_array0(x->n_cols, sizeof *count, err), n = 0;

	if (count == NULL)
		return SIZE_MAX;
	for (uint64_t e = 0; e < x->row_ptr[x->n_rows]; e++)
		if (++count[x->col[e]] > n)
			n = count[x->col[e]];
	rs_free(count);
	return n;
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

/* Before anything is taken: all that training will hold at once. */
static int require(const struct training *t, const struct rs_csr *x, const struct rs_train_in *in, size_t longest,
                   struct rs_err *err)
{
	uint64_t nnz = x->row_ptr[x->n_rows], d = t->s.d, ld = t->s.ld, threads = (uint64_t)rs_threads();
	uint64_t bytes = ((uint64_t)x->n_rows + x->n_cols) * ld * sizeof(float)
	        + nnz * (x->val == NULL ? 4 : 8) + (uint64_t)x->n_cols * 16 + 40 * d * ld
	        + threads * (rs_als_scratch_bytes(&t->s, longest) + 252 * d * sizeof(float));

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
	rs_free(t->scratch);
	rs_free(t->v);
	rs_free(t->value);
}

static int reserve(struct training *t, size_t longest, struct rs_err *err)
{
	size_t d = t->s.d, ld = t->s.ld;

	if ((t->v = rs_array(d * d, sizeof *t->v, err)) == NULL
	    || (t->value = rs_array(d, sizeof *t->value, err)) == NULL
	    || (t->m->ridge = rs_array0(ld, sizeof *t->m->ridge, err)) == NULL
	    || (t->scratch = rs_array0((size_t)rs_threads(), sizeof(struct rs_als_scratch *), err)) == NULL)
		return RS_ENOMEM;
	for (int w = 0; w < rs_threads(); w++)
		if (rs_als_scratch_new(&t->scratch[w], &t->s, longest, err) < 0)
			return RS_ENOMEM;
	t->s.ridge = t->m->ridge;
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
static void weigh_prior(const struct training *t, const struct side *side)
{
	for (uint32_t i = 0; i < side->n && side->prior != NULL; i++)
		side->prior->r[i] = side->x->row_ptr[i + 1] > side->x->row_ptr[i] ? strength(t, side, i) : 0;
}

int rs_als_train(struct rs_als *m, const struct rs_csr *x, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err)
{
	struct side users = { .n = x->n_rows, .x = x }, items = { .n = x->n_cols };
	struct training t = { .m = m, .s = { .d = m->items.d, .ld = m->items.ld }, .users = &users, .items = &items };
	struct init init = { NULL, x->n_cols, m->items.d, m->items.ld, in->seed, NULL };
	size_t longest = longest_row(x), column = longest_column(x, err);
	struct rs_als_prior of_users = { 0 }, of_items = { 0 };
	struct rs_block_how how = { .pairs = rs_param(p, "pairs") != 0, .categories = 1, .numbers = 1 };
	struct rs_csr xt = { 0 }, blocks = { 0 };
	int rc;

	if (column == SIZE_MAX)
		return RS_ENOMEM;
	longest = column > longest ? column : longest;
	choose_solver(&t.s, p);
	if ((rc = require(&t, x, in, longest, err)) < 0 || (rc = rs_csr_transpose(&xt, x, err)) < 0)
		return rc;
	items.x = &xt;
	m->lambda = rs_param(p, "regularization") * scale_lambda(m, x, &xt);
	rc = RS_ENOMEM;
	if ((users.f = rs_array0((size_t)users.n * m->items.ld, sizeof *users.f, err)) == NULL
	    || (items.f = rs_array((size_t)items.n * m->items.ld, sizeof *items.f, err)) == NULL)
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
	weigh_prior(&t, &users);
	weigh_prior(&t, &items);
	init.f = items.f;
	if ((rc = reserve(&t, longest, err)) < 0
	    || (rc = rs_tiles_run(((size_t)init.n + TILE - 1) / TILE, init_tile, &init, err)) < 0
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
	rs_free(users.f);
	rs_free(items.f);
	release(&t);
	rs_csr_release(&xt);
	return rc;
}
