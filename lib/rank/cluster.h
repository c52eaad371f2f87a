/* cluster.h -- people who want alike, and items that are alike.
 *
 * A person is described by a sketch of the model's scores for them: 64 sums of the scores with random signs, which keep
 * products of rows of scores up to noise [1], less what everybody has in common. Items likewise, by their scores as
 * companions of all others. So every recipe can be clustered, and no users x items array exists. Clusters are found on up to
 * 50,000 rows spread over all.
 *
 * [1] D. Achlioptas, Database-friendly Random Projections, PODS 2001. */
#ifndef RS_RANK_CLUSTER_H
#define RS_RANK_CLUSTER_H

#include "lib/rank/rank.h"

#define RS_CLUSTERS_MAX 1000

struct rs_clusters {
	uint32_t k;        /* clusters, at most those asked for: no more than rows that differ from nothing */
	uint32_t n;        /* rows: users of the histories, or items of the model */
	uint32_t *cluster; /* n: 0 .. k - 1, the largest first; RS_NONE: of this row nothing is known */
	float *closeness;  /* n: product with the centre, -1 .. 1 */
	uint32_t *size;    /* k */
	double quality;    /* mean closeness */
};

int rs_cluster_users(struct rs_clusters *c, const struct rs_model *m, const struct rs_histories *h, uint32_t k, uint64_t seed,
                     struct rs_err *err);

/* RS_EUSAGE where the recipe does not know which items are alike. */
int rs_cluster_items(struct rs_clusters *c, const struct rs_model *m, uint32_t k, uint64_t seed, struct rs_err *err);
void rs_clusters_release(struct rs_clusters *c);

#endif
