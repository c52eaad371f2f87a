/* cooccur.c -- the best of a row of sums: candidates above a limit that rises as the buffer fills. */
#include "lib/recipe/cooccur.h"

#include "lib/base/mem.h"
#include "lib/num/isa.h"
#include "lib/num/topk.h"

#include <string.h>

int rs_cooccur_init(struct rs_cooccur *c, uint32_t n_cols, uint32_t k, struct rs_err *err)
{
	size_t room = 2 * (size_t)k + RS_RUN, runs = n_cols / RS_RUN + (n_cols % RS_RUN != 0);

	memset(c, 0, sizeof *c);
	c->n_groups = n_cols / RS_GROUP + (n_cols % RS_GROUP != 0);
	c->k = k;
	if ((c->acc = rs_array0((size_t)c->n_groups * RS_GROUP, sizeof *c->acc, err)) == NULL
	    || (c->mark = rs_array0(runs * (RS_RUN / RS_GROUP), 1, err)) == NULL
	    || (c->candidate = rs_array(room, sizeof *c->candidate, err)) == NULL
	    || (c->work = rs_array(room, sizeof *c->work, err)) == NULL) {
		rs_cooccur_release(c);
		return RS_ENOMEM;
	}
	return 0;
}

void rs_cooccur_release(struct rs_cooccur *c)
{
	rs_free(c->acc);
	rs_free(c->mark);
	rs_free(c->candidate);
	rs_free(c->work);
	memset(c, 0, sizeof *c);
}

void rs_cooccur_together(struct rs_cooccur *c, const struct rs_csr *x, const struct rs_csr *xt, uint32_t j, float scale)
{
	const struct rs_cooccur_isa *isa = rs_cooccur_isa();

	for (uint64_t e = xt->row_ptr[j]; e < xt->row_ptr[j + 1]; e++) {
		uint64_t from = x->row_ptr[xt->col[e]];

		isa->add(c->acc, c->mark, x->col + from, x->val == NULL ? NULL : x->val + from,
		         (size_t)(x->row_ptr[xt->col[e] + 1] - from), scale * (xt->val == NULL ? 1 : xt->val[e]));
	}
}

uint64_t rs_cooccur_together_cost(const struct rs_csr *x, const struct rs_csr *xt, uint32_t j)
{
	uint64_t n = 0;

	for (uint64_t e = xt->row_ptr[j]; e < xt->row_ptr[j + 1]; e++)
		n += x->row_ptr[xt->col[e] + 1] - x->row_ptr[xt->col[e]];
	return n;
}

/* Keeps the k best of n candidates, in their order; returns the score of the worst of them. */
static float cut(struct rs_cooccur *c, size_t n)
{
	uint64_t worst;
	uint32_t bits;
	size_t m = 0;
	float score;

	memcpy(c->work, c->candidate, n * sizeof *c->candidate);
	worst = rs_select_largest(c->work, n, c->k);
	for (size_t i = 0; i < n; i++) {
		uint64_t x = c->candidate[i];

		c->candidate[m] = x;
		m += x >= worst;
	}
	bits = (uint32_t)(worst >> 32);
	memcpy(&score, &bits, sizeof score);
	return score;
}

size_t rs_cooccur_best(struct rs_cooccur *c, const float *scale)
{
	const struct rs_cooccur_isa *isa = rs_cooccur_isa();
	uint32_t run = 0, n_runs = (c->n_groups + RS_RUN / RS_GROUP - 1) / (RS_RUN / RS_GROUP);
	size_t n = 0, full = 2 * (size_t)c->k;
	float limit = 0;

	while (run < n_runs) {
		/* later columns lose ties, so only what is above the limit matters */
		n += isa->take(c->acc, c->mark, scale, &run, n_runs, limit, full - n, c->candidate + n);
		if (n >= full) {
			limit = cut(c, n);
			n = c->k;
		}
	}
	if (n > c->k) {
		cut(c, n);
		n = c->k;
	}
	return n;
}

extern const struct rs_cooccur_isa rs_cooccur_plain;
#ifdef __x86_64__
extern const struct rs_cooccur_isa rs_cooccur_avx2, rs_cooccur_avx512;
#endif

const struct rs_cooccur_isa *rs_cooccur_isa(void)
{
#ifdef __x86_64__
	const char *name = rs_isa()->name;

	if (strcmp(name, "avx512") == 0)
		return &rs_cooccur_avx512;
	if (strcmp(name, "avx2") == 0)
		return &rs_cooccur_avx2;
#endif
	return &rs_cooccur_plain;
}
