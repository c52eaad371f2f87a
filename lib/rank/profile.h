/* profile.h -- what marks each cluster: items, attributes of items, attributes of people.
 *
 * The lift of a mark is (n + 10) / (e + 10): n how often it occurs in the cluster, e how often it would if clusters were drawn
 * by lot. The ten hold back what rests on few. Items occur once for each person who had them, attributes of items once for
 * each such pair, attributes of people once for each person. */
#ifndef RS_RANK_PROFILE_H
#define RS_RANK_PROFILE_H

#include "lib/rank/cluster.h"

enum rs_mark_kind { RS_MARK_ITEM, RS_MARK_ITEM_ATTRIBUTE, RS_MARK_USER_ATTRIBUTE };

struct rs_mark {
	enum rs_mark_kind kind;
	uint32_t ix;     /* item of the model, or feature */
	float lift;      /* NaN: of a cluster of items an item, which is in no other */
	uint64_t count;  /* n; of an item in a cluster of items: its people at training */
};

struct rs_profile {
	struct rs_mark *mark; /* of each kind up to n_top, largest lift first, ties to the lower number */
	uint32_t n;
	uint32_t cap; /* room in mark: 3 n_top */
};

/* Attributes as features: rows are users of the histories, items of the model; row_ptr NULL: there are none. */
struct rs_marks_in {
	const struct rs_csr *user_features, *item_features;
	uint32_t n_user_features, n_item_features;
};

/* profile: c->k of them, mark and cap made by the caller. */
int rs_profile_users(struct rs_profile *profile, const struct rs_clusters *c, const struct rs_histories *h,
                     const struct rs_marks_in *in, uint32_t n_top, struct rs_err *err);
int rs_profile_items(struct rs_profile *profile, const struct rs_clusters *c, const struct rs_model *m,
                     const struct rs_marks_in *in, uint32_t n_top, struct rs_err *err);

#endif
