/* metrics.h -- how good a list is. Exact definitions: rs-eval(1).
 *
 * ranked: n_ranked item indexes, best first, distinct. relevant: n_relevant item indexes, sorted, distinct. k: cut-off. Each
 * returns the value for one user; n_relevant > 0. log is to base 2. */
#ifndef RS_EVAL_METRICS_H
#define RS_EVAL_METRICS_H

#include <stddef.h>
#include <stdint.h>

size_t rs_hits(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k);

double rs_recall(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k);
double rs_recall_capped(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k);
double rs_precision(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k);
double rs_ndcg(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k);
/* As Amazon Personalize's script: the ideal is that of the hits in the list. */
double rs_ndcg_retrieved(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant,
                         size_t k);
double rs_reciprocal_rank(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant,
                          size_t k);
double rs_average_precision(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant,
                            size_t k);
double rs_hit(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k);

#endif
