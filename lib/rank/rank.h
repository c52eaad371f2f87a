/* rank.h -- the request pipeline: histories to lists.
 *
 * score -> mask (seen, allow, deny) -> top-k -> explanation. Users are taken in batches of RS_BATCH in the order given; the
 * list of one user never depends on the others. Ties go to the lower item id. Scoring and selection go tile by tile, so
 * that no users x items array exists. */
#ifndef RS_RANK_RANK_H
#define RS_RANK_RANK_H

#include "lib/model/model.h"

enum rs_seen { RS_SEEN_DROP, RS_SEEN_KEEP, RS_SEEN_ONLY };
extern const char *const rs_seen_name[]; /* "drop", ...; NULL at the end */

#define RS_BATCH 512
#define RS_TOPK_MAX 100000

struct rs_rank_options {
	uint32_t n;          /* items for each user, 1 .. RS_TOPK_MAX */
	enum rs_seen seen;
	const uint8_t *allow; /* by model item: 0 masks; NULL: all allowed */
	const struct rs_csr *situation; /* by request: features of the context that it is made in; NULL: nobody says */
	uint32_t explain;    /* causes per recommended item; 0: none */
};

struct rs_cause {
	uint32_t item;     /* model index of the past item; or */
	bool is_attribute; /* item is a feature of people that the person has */
	float share;       /* of the score: the shares of all of the history's items and `rest` add up to 1 */
};

struct rs_pick {
	uint32_t item;  /* model index */
	float score;
	uint32_t n_causes; /* <= options.explain; the largest shares first */
	struct rs_cause *cause;
	float rest;     /* share of the causes that were cut and of the part no event explains */
};

struct rs_list {
	uint32_t user;   /* row of the histories */
	uint32_t n;
	bool from_prior; /* no usable history: the early-history list */
	struct rs_pick *pick; /* best first */
	const uint32_t *feature; /* of the situation that it is for, n_features of them */
	size_t n_features;
};

/* Histories of the people to serve, aligned with a model's items. */
struct rs_histories {
	struct rs_events chosen; /* what the recipe reads (model's choice applied) */
	struct rs_events seen;   /* every event of the person whose item the model knows: what is masked */
	struct rs_csr profile;   /* features of the person; empty where the model has none */
	bool for_everybody;      /* the model asks nobody who they are */
	const struct rs_dataset *data; /* that they are of, which has to outlive them, where the recipe wants places; or NULL */
};

/* Whether the model knows of the person what it asks for: a history, or attributes where it uses them. */
bool rs_histories_known(const struct rs_histories *h, uint32_t user);

/* From a dataset, all its users. n_unknown (may be NULL) counts events whose item the model does not know. */
int rs_histories_make(struct rs_histories *h, const struct rs_model *m, const struct rs_dataset *d, uint64_t *n_unknown,
                      struct rs_err *err);
void rs_histories_release(struct rs_histories *h);

/* Calls sink for each user in `user` (row numbers of h, n of them; NULL: all rows), in that order, from one thread at a
 * time. The list is valid during the call. A negative return of the sink stops the work and is returned. */
typedef int rs_list_sink(void *ctx, const struct rs_list *list, struct rs_err *err);
int rs_rank_users(const struct rs_model *m, const struct rs_histories *h, const uint32_t *user, uint32_t n,
                  const struct rs_rank_options *o, rs_list_sink *sink, void *ctx, struct rs_err *err);

/* The n items most like one item (model index), itself left out; best first, scores > 0 only. *pick is owned by the
 * caller (rs_free). RS_EUSAGE where the recipe has no notion of it. */
int rs_rank_similar(const struct rs_model *m, uint32_t item, uint32_t n, const uint8_t *allow, struct rs_pick **pick,
                    uint32_t *n_out, struct rs_err *err);

/* The n items that most users had at training; the answer where nothing is known of the question. As rs_rank_similar. */
int rs_rank_popular(const struct rs_model *m, uint32_t n, const uint8_t *allow, struct rs_pick **pick, uint32_t *n_out,
                    struct rs_err *err);

#endif
