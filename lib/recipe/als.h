/* als.h -- what the files of the recipe als share: the state, its training, the strength of regularization. */
#ifndef RS_RECIPE_ALS_H
#define RS_RECIPE_ALS_H

#include "lib/recipe/als_prior.h"
#include "lib/recipe/als_solve.h"
#include "lib/recipe/dense_items.h"
#include "lib/recipe/recipe.h"

#include "lib/num/csr.h"

struct rs_als {
	struct rs_dense_items items; /* in the coordinates of the eigenvectors of Y'Y */
	double unobserved_weight;    /* w0 */
	double lambda;               /* regularization, scaled so that its sum does not depend on the exponent */
	double exponent;             /* nu */
	float *ridge;                /* ld: w0 times the eigenvalues */
	double user_exponent, item_exponent; /* g, h; see als_cells.c */
	float *scale;                /* items.n: the part of the item in the weight of an event; NULL: 1, and of the user too */
	double attribute_weight;     /* attributes say as much as so many events */
	uint32_t n_warm;             /* items that had events at training; without attributes of items they are all */
	uint32_t n_features;         /* of people */
	float *people;               /* (1 + n_features) x ld: what attributes foresee, as b of als_prior.h; NULL: nothing */
};

/* Histories as a matrix, repeats as the largest weight. RS_EDATA for a weight below 0. For training rows stay as they came,
 * and the events are given up where they may be. */
int rs_als_cells(struct rs_csr *x, const struct rs_events *e, struct rs_err *err);
int rs_als_cells_as_they_came(struct rs_csr *x, const struct rs_train_in *in, struct rs_err *err);

/* m->scale from the items x users of training. */
int rs_als_scale_make(struct rs_als *m, const struct rs_csr *xt, struct rs_err *err);

/* What it makes of the cells of training: of row u of the users x items, in room where it does not stand in x (NULL: all are
 * 1); and of the items x users, whose weights are made where all were 1. */
const float *rs_als_row_cells(const struct rs_als *m, const struct rs_csr *x, uint32_t u, float *room);
int rs_als_scale_columns(const struct rs_als *m, struct rs_csr *xt, const struct rs_csr *x, struct rs_err *err);

/* What it makes of histories; the chunk ISCL. */
int rs_als_scale_apply(const struct rs_als *m, struct rs_csr *x, struct rs_err *err);
int rs_als_scale_save(const struct rs_als *m, struct rs_writer *w, struct rs_err *err);
int rs_als_scale_load(struct rs_als *m, struct rs_reader *r, struct rs_err *err);

/* Fills items, ridge, scale, people and the numbers of m from x, users x items, and the attributes in `in`. */
int rs_als_train(struct rs_als *m, const struct rs_csr *x, const struct rs_train_in *in, const struct rs_param_values *p,
                 struct rs_err *err);

/* Histories as the solver takes them, and the solver. */
int rs_als_matrix(const struct rs_als *m, struct rs_csr *x, const struct rs_events *e, struct rs_err *err);
struct rs_als_solver rs_als_exact_solver(const struct rs_als *m);

/* Members of struct rs_recipe. */
int rs_als_explain(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err);
int rs_als_explain_profile(const void *state, const struct rs_people *who, uint32_t item, float *share, struct rs_err *err);
int rs_als_variance(const void *state, const struct rs_people *who, uint32_t lo, uint32_t hi, float *variance, size_t ld,
                    struct rs_err *err);

/* r of one row: weight is the sum of the weights of its events, n_other the length of a full row. */
float rs_als_strength(const struct rs_als *m, double weight, uint32_t n_other);

/* The part of what its attributes foresee to which a row of n events is pulled. */
float rs_als_trust(const struct rs_als *m, size_t n);

/* The sum of c[0 .. n), of n ones where c is NULL. */
double rs_als_weight(const float *c, size_t n);

/* The parameters of the recipe; their choices of `solver`. */
extern const struct rs_param rs_als_params[];
enum { RS_ALS_SOLVER_AUTO, RS_ALS_SOLVER_CHOLESKY, RS_ALS_SOLVER_CG, RS_ALS_SOLVER_IALSPP };

#endif
