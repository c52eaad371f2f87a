/* protocol.h -- from a model, or from any system's lists, to scores. */
#ifndef RS_EVAL_PROTOCOL_H
#define RS_EVAL_PROTOCOL_H

#include "lib/eval/eval.h"
#include "lib/rank/rank.h"

/* Whose lists are judged. */
enum rs_lister { RS_LISTER_MODEL, RS_LISTER_POPULAR, RS_LISTER_RANDOM };

/* What a reader of the scores should know. */
struct rs_eval_notes {
	uint32_t n_prior;  /* users without a history that the model can use */
	uint64_t n_hidden; /* relevant items that RS_SEEN_DROP keeps from being shown */
};

/* The context of the first event of each user of the truth d, as m has it. */
int rs_eval_situations(struct rs_csr *out, const struct rs_model *m, const struct rs_dataset *d, struct rs_err *err);

/* Ranks the items of m for each user of the truth and scores the lists. history: what the users did before; users that it
 * does not know count, with the early-history list. seen: RS_SEEN_DROP or RS_SEEN_KEEP. POPULAR ranks by the users of an
 * item at training, RANDOM draws without replacement from all items of m (and seed). situation: as above, or NULL. notes may be
 * NULL. */
int rs_eval_model(struct rs_scores *s, const struct rs_truth *t, const struct rs_model *m,
                  const struct rs_dataset *history, const struct rs_csr *situation, enum rs_lister lister, enum rs_seen seen,
                  uint64_t seed, struct rs_eval_notes *notes, struct rs_err *err);

/* Lists as TSV or CSV with a header that names user, item and rank (score, if any, is ignored), or as JSON Lines in the form of
 * Amazon Personalize's batch output: *t gets the truth d in numbers that
 * hold the items of both, *s the scores (metrics m). Users of the truth without a list score 0. */
int rs_eval_lists(struct rs_scores *s, struct rs_truth *t, const char *path, const struct rs_dataset *d,
                  const struct rs_metric *m, size_t n_metrics, struct rs_err *err);

#endif
