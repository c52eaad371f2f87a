/* segment.h -- for items, or sets of items, the people who want them most.
 *
 * People are scored batch by batch, so that memory is that of the answers and never users x items. */
#ifndef RS_RANK_SEGMENT_H
#define RS_RANK_SEGMENT_H

#include "lib/num/topk.h"
#include "lib/rank/rank.h"

/* Query q asks about the items item[ptr[q] .. ptr[q + 1]), distinct. */
struct rs_segment_queries {
	size_t n;
	const uint64_t *ptr;
	const uint32_t *item;
};

/* What makes people comparable. Scores of most recipes are larger for those who did more and for those with plain tastes. */
enum rs_segment_by {
	RS_SEGMENT_PLACE, /* sqrt(events of the person) / (20 + the item's place in the person's own list) */
	RS_SEGMENT_SCORE  /* the score as it is */
};

struct rs_segment_options {
	enum rs_segment_by by;
	enum rs_seen seen;    /* RS_SEEN_DROP: items that a person had do not count for them; ONLY: no others do */
	const uint8_t *allow; /* by row of the histories: 0: not this person; NULL: everybody */
	uint32_t best_of;     /* a person's score for several items is the mean of so many best ones */
};

/* Offers to top[q] (indexes are rows of the histories) every person with a history that the model can use. The answer does
 * not depend on the number of threads. */
int rs_segment(const struct rs_model *m, const struct rs_histories *h, const struct rs_segment_queries *queries,
               const struct rs_segment_options *o, struct rs_topk *top, struct rs_err *err);

#endif
