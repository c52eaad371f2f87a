/* batch.h -- some people, folded in and ready to be scored. */
#ifndef RS_RANK_BATCH_H
#define RS_RANK_BATCH_H

#include "lib/rank/rank.h"

struct rs_batch {
	const struct rs_model *m;
	const struct rs_histories *h;
	const uint32_t *user; /* rows of h; the caller's */
	uint32_t n;
	const struct rs_csr *situation; /* rows row[0 .. n) are those of the users; NULL: nobody says. Set after opening */
	const uint32_t *row;
	struct rs_events rows;
	struct rs_csr profile;
	void *query;
};

/* Where it fails nothing is left to be closed. */
int rs_batch_open(struct rs_batch *b, const struct rs_model *m, const struct rs_histories *h, const uint32_t *user, uint32_t n,
                  struct rs_err *err);
void rs_batch_close(struct rs_batch *b);

/* scores[u * ld + (i - lo)] of the items lo <= i < hi; those of whom nothing is known get the prior. Items that a history does
 * not reach have the score 0. A recipe without tiles is asked for whole rows alone. */
int rs_batch_reach(const struct rs_batch *b, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err);

/* What a history tells nothing of, the items lo <= i < hi with the score 0, comes in the order of the early-history
 * prior behind whatever has a positive score. */
void rs_fill_unreached(const struct rs_model *m, uint32_t lo, uint32_t hi, float *scores);

/* The best score that it gives. */
float rs_most_unreached(const struct rs_model *m);

/* Both. */
int rs_batch_score(const struct rs_batch *b, uint32_t lo, uint32_t hi, float *scores, size_t ld, struct rs_err *err);

/* RS_EDATA: the numbers of the model or of a history lead out of what a score can be. */
int rs_score_overflows(struct rs_err *err);

/* Scores of the items lo <= i < hi as they are in one situation. */
void rs_situate(const struct rs_model *m, const struct rs_csr *situation, uint32_t row, uint32_t lo, uint32_t hi,
                float *scores);

/* How many items to ask for at a time. */
uint32_t rs_batch_tile(const struct rs_model *m);

#endif
