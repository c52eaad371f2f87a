/* als.h -- what the files of the recipe als share: the state, its training, the strength of regularization. */
#ifndef RS_RECIPE_ALS_H
#define RS_RECIPE_ALS_H

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
};

/* Histories as a matrix, repeats as the largest weight. RS_EDATA for a weight below 0. */
int rs_als_cells(struct rs_csr *x, const struct rs_events *e, struct rs_err *err);

/* m->scale from the users x items of training; then what it makes of cells; the chunk ISCL. */
int rs_als_scale_make(struct rs_als *m, const struct rs_csr *x, struct rs_err *err);
int rs_als_scale_apply(const struct rs_als *m, struct rs_csr *x, struct rs_err *err);
int rs_als_scale_save(const struct rs_als *m, struct rs_writer *w, struct rs_err *err);
int rs_als_scale_load(struct rs_als *m, struct rs_reader *r, struct rs_err *err);

/* Fills items, ridge and the numbers of m from x, users x items. */
int rs_als_train(struct rs_als *m, const struct rs_csr *x, const struct rs_param_values *p, uint64_t seed,
                 struct rs_err *err);

/* The member of struct rs_recipe. */
int rs_als_variance(const void *state, const struct rs_people *who, uint32_t lo, uint32_t hi, float *variance, size_t ld,
                    struct rs_err *err);

/* r of one row: weight is the sum of the weights of its events, n_other the length of a full row. */
float rs_als_strength(const struct rs_als *m, double weight, uint32_t n_other);

/* The sum of c[0 .. n), of n ones where c is NULL. */
double rs_als_weight(const float *c, size_t n);

/* The parameters of the recipe; their choices of `solver`. */
extern const struct rs_param rs_als_params[];
enum { RS_ALS_SOLVER_AUTO, RS_ALS_SOLVER_CHOLESKY, RS_ALS_SOLVER_CG, RS_ALS_SOLVER_IALSPP };

#endif
