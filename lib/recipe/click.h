/* click.h -- what the recipes of event probability share: fields, the model, its training.
 *
 * An example is a cell of values in each of F fields: the user, the item, one field for each attribute column of users and
 * items and each context column. Field 0 is the user and 1 the item. A cell of several values counts with 1 / sqrt(their
 * number) each, an empty one not at all. logit = w0 + sum_f w_f + sum over f < g of what the recipe says about a pair of
 * fields:  lr nothing, fm v_f.v_g, fwfm r_fg v_f.v_g, ffm v_f,g.v_g,f.
 * The logit is linear in what belongs to the user field, theta (D numbers): base + z.theta. What a user's own attributes say
 * to the user is a constant of the user, and so part of the weight: of ffm theta has factors for the fields of items and
 * events alone. No theta is stored: it is worked out from the user's events, given how theta is spread over all users, which
 * is told by a mean and a triangle L: theta = mean + L x, where x is spread like D independent standard normals. */
#ifndef RS_RECIPE_CLICK_H
#define RS_RECIPE_CLICK_H

#include "lib/recipe/recipe.h"

enum rs_click_kind { RS_CLICK_LR, RS_CLICK_FM, RS_CLICK_FFM, RS_CLICK_FWFM };
enum rs_click_owner { RS_CLICK_USER, RS_CLICK_ITEM, RS_CLICK_EVENT };

#define RS_CLICK_FIELDS_MAX 128

struct rs_click_field {
	enum rs_click_owner owner;
	uint32_t first; /* its values are features first .. first + n of the owner; fields 0 and 1: numbers of rows */
	uint32_t n;
	uint32_t z_at;  /* ffm: where in theta its k factors for the field start; 0: it has none */
	uint64_t w_at;  /* of w (and of v, times the row's width): where it starts; not for field 0 */
};

struct rs_click {
	enum rs_click_kind kind;
	uint32_t n_fields, n_items;
	struct rs_click_field field[RS_CLICK_FIELDS_MAX];
	size_t k;           /* factors; 0: lr */
	size_t width;       /* floats of a row of v: k, ffm n_fields x k */
	size_t d;           /* of theta */
	uint64_t n_values;  /* of all fields but 0 */
	uint64_t seed;      /* of the sampled items */
	double positive_from;
	uint32_t negatives; /* sampled for each event; 0: none */
	double w0, slope, shift; /* probability = logistic(slope x logit + shift) */
	float *w;           /* n_values */
	float *v;           /* n_values x width */
	float *r;           /* fwfm: n_fields x n_fields, symmetric */
	float *mean;        /* d: of theta over the users */
	float *root;        /* d x d: L, 0 above the diagonal */
	struct rs_csr item; /* features of the items */
};

/* What stands in the fields of one example: values of field f are col[from[f] .. from[f] + n[f]), less first. */
struct rs_click_cells {
	const uint32_t *col[RS_CLICK_FIELDS_MAX];
	uint32_t n[RS_CLICK_FIELDS_MAX];
};

/* The fields from 1 on; user, item, event: rows of features (n values each, ascending). item_ix RS_NONE: none. */
struct rs_click_features {
	const uint32_t *col;
	uint32_t n;
};
void rs_click_cells(const struct rs_click *m, struct rs_click_cells *c, struct rs_click_features user,
                    const uint32_t *item_ix, struct rs_click_features event);

/* v[f], from field 1 on: the factors of the values of field f in c (width numbers), or NULL where there is none. Several
 * count with 1 / sqrt(their number) each, and are added up in sums: n_fields x width. */
void rs_click_factors(const struct rs_click *m, const struct rs_click_cells *c, const float **v, float *sums);

/* base and z (d) of an example. sums: n_fields x width of scratch. */
double rs_click_row(const struct rs_click *m, const struct rs_click_cells *c, float *z, float *sums);

/* base and z of n examples, for theta, become those for x. */
void rs_click_whiten(const struct rs_click *m, size_t n, double *base, float *z);

/* The most likely x (d) given n whitened examples: base, z (n x d), label 0 or 1, weight, by Newton's method. Of work (d x
 * (d + 2)) the first d x d are then C, lower triangle, of the precision CC' of x. */
void rs_click_solve(size_t d, double *x, size_t n, const double *base, const float *z, const uint8_t *label,
                    const float *weight, double *work);

/* x (d) becomes theta. */
void rs_click_theta(const struct rs_click *m, double *x);

/* a (d x d, lower triangle, positive) = CC': a becomes C. */
void rs_click_cholesky(double *a, size_t d);

/* A copy of rows of features, to be released; of none: none. */
int rs_click_copy(struct rs_csr *to, const struct rs_csr *from, struct rs_err *err);

/* An item at random that stands beside event number `place` of a history, on `item`, as one that was not chosen. */
uint32_t rs_click_negative(const struct rs_click *m, uint64_t seed, uint32_t item, uint64_t place, uint32_t step);

struct rs_click_plan {
	int epochs;
	double rate, regularization, l1, l2, validation;
};

/* The label of an event: 1, 0. */
static inline uint8_t rs_click_label(double positive_from, float value, float weight)
{
	return weight < 0 ? 0 : positive_from == positive_from ? (double)value >= positive_from : 1;
}

/* Fields, kind and k are set. */
int rs_click_train(struct rs_click *m, const struct rs_train_in *in, const struct rs_csr *context,
                   const struct rs_click_plan *plan, struct rs_err *err);

/* What a user did, as examples in which x is unknown: each event, then the items sampled beside it. */
struct rs_click_history {
	size_t n, n_train, cap; /* behind those that train: what was kept out */
	double *base, *work;    /* n; d x (d + 2) */
	float *z, *weight, *sums;
	uint8_t *label;
};
int rs_click_history_init(struct rs_click_history *h, const struct rs_click *m, struct rs_err *err);
void rs_click_history_release(struct rs_click_history *h);

/* The events of user u of e, whitened: those that train, then those that are kept out, a share `validation` (0: none) of all.
 * user: the person's features; context: by event of e; may be NULL. Fails for want of memory only. */
int rs_click_history_fill(struct rs_click_history *h, const struct rs_click *m, const struct rs_events *e, uint32_t u,
                          struct rs_click_features user, const struct rs_csr *context, double validation,
                          struct rs_err *err);

/* x (d) by those that train, as rs_click_solve. */
void rs_click_history_solve(struct rs_click_history *h, const struct rs_click *m, double *x);

/* Parts that users are cut into while they are folded in, so that the sums of each, d x d, do not take too much. */
static inline size_t rs_click_parts(const struct rs_click *m)
{
	size_t n = ((size_t)1 << 21) / (m->d * m->d);

	return n < 1 ? 1 : n > 32 ? 32 : n;
}

/* After training: how users are spread, and slope and shift of the logit, by the examples that were kept out, whose users are
 * folded in by the others. Where nothing was kept out all stays as it is. */
int rs_click_fit(struct rs_click *m, const struct rs_train_in *in, const struct rs_csr *context, double validation,
                 struct rs_err *err);

/* The features of row r of x, which may be NULL. */
static inline struct rs_click_features rs_click_features_of(const struct rs_csr *x, uint64_t r)
{
	struct rs_click_features f = { NULL, 0 };

	if (x != NULL && x->row_ptr != NULL) {
		f.col = x->col + x->row_ptr[r];
		f.n = (uint32_t)(x->row_ptr[r + 1] - x->row_ptr[r]);
	}
	return f;
}

/* Whether the event is kept out of training. */
bool rs_click_kept_out(uint64_t seed, uint64_t event, double validation);

/* The sizes, and where in them each field stands, once all fields are there. */
void rs_click_size_up(struct rs_click *m);

/* m: kind, k, n_items. On failure release it all the same. */
int rs_click_load(struct rs_click *m, struct rs_reader *r, struct rs_err *err);

/* ---- members of struct rs_recipe ---- */

int rs_click_save(const void *state, struct rs_writer *w, struct rs_err *err);

#define RS_CLICK_TILE 1024 /* items scored at a time */

int rs_click_query(const void *state, const struct rs_people *who, void **out, struct rs_err *err);
void rs_click_query_free(void *query);
int rs_click_predict(const void *state, const void *query, const struct rs_pairs *pairs, float *out, struct rs_err *err);
int rs_click_score(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld,
                   struct rs_err *err);

#endif
