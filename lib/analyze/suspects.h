/* suspects.h -- the detectors: each marks users with a reason of its own. */
#ifndef RS_ANALYZE_SUSPECTS_H
#define RS_ANALYZE_SUSPECTS_H

#include "lib/analyze/parts.h"

/* By user: why, and how far out by each reason. */
struct rs_marks {
	uint32_t n_users;
	uint8_t *why;
	float *score;     /* the greatest */
	uint32_t *target; /* PUSH: the item; COPY: the user who is copied; else RS_NONE */
	uint32_t *with;   /* PUSH, COPY: members of the group */
};

static inline void rs_mark(struct rs_marks *m, uint32_t user, unsigned why, double score)
{
	m->why[user] |= (uint8_t)why;
	if (score > (double)m->score[user])
		m->score[user] = (float)score;
}

/* Items that a group of odd profiles pushes. */
struct rs_pushed {
	uint32_t item, n_users;
	double expected;
};

/* Odd profiles that share an item. Needs the events in p. At most RS_TOP items in pushed. */
int rs_suspect_push(struct rs_marks *m, struct rs_pushed *pushed, uint32_t *n_pushed, const struct rs_pass *p,
                    struct rs_err *err);

/* Near copies of one another. Needs the events in p. */
int rs_suspect_copy(struct rs_marks *m, const struct rs_pass *p, struct rs_err *err);

/* Haste, regularity, no sleep, volume; the last alone where times are no dates. */
int rs_suspect_pace(struct rs_marks *m, const struct rs_pass *p, bool dates, struct rs_err *err);

#endif
