/* parts.h -- the parts of an analysis: each file fills its struct of results from what the pass counted. */
#ifndef RS_ANALYZE_PARTS_H
#define RS_ANALYZE_PARTS_H

#include "lib/analyze/pass.h"

/* A text of ours, made as by printf; owned by the caller. */
int rs_text(char **out, struct rs_err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int rs_name_set(struct rs_name *name, const void *p, size_t n, uint64_t count, struct rs_err *err);
void rs_name_release(struct rs_name *name);

/* The ids of at most RS_TOP users or items, which come in any order. */
int rs_name_ids(struct rs_name *name, struct rs_tape *t, bool item, const uint32_t *ix, const uint64_t *count, uint32_t n,
                struct rs_err *err);

/* Indexes of the greatest counts, at most n_max, ties to the lower; zeros are left out. */
uint32_t rs_top_counts(uint32_t *ix, uint32_t n_max, const uint64_t *count, uint32_t n);

/* Spearman's correlation of two rows of counts, equal counts sharing their rank; NaN where one of them is constant. */
int rs_spearman(double *rho, const uint64_t *a, const uint64_t *b, uint32_t n, struct rs_err *err);

/* ---- the parts ---- */

int rs_analyze_tables(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p,
                      const struct rs_analyze_options *o, struct rs_err *err);
int rs_analyze_counts(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p, struct rs_err *err);
int rs_analyze_times(struct rs_analysis *a, struct rs_pass *p, struct rs_err *err); /* and sessions */
int rs_analyze_drift(struct rs_analysis *a, const struct rs_pass *p, struct rs_err *err);
int rs_analyze_funnel(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p, const char *steps,
                      struct rs_err *err);
int rs_analyze_match(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p, struct rs_err *err);
int rs_analyze_suspects(struct rs_analysis *a, struct rs_tape *t, const struct rs_pass *p,
                        const struct rs_analyze_options *o, struct rs_err *err);
int rs_analyze_leaks(struct rs_analysis *a, const struct rs_dataset *d, const char *truth, struct rs_err *err);
int rs_analyze_advice(struct rs_analysis *a, struct rs_err *err);
int rs_analyze_trainable(struct rs_analysis *a, struct rs_err *err);

/* An analysis that leaves behind the tape and the counts; all three are the caller's, also on failure. */
int rs_analyze_keep(struct rs_analysis **out, struct rs_tape **t, struct rs_pass *p, const char *const *path, size_t n,
                    const struct rs_analyze_options *o, struct rs_err *err);

/* ---- advice, also of a comparison ---- */

struct rs_advices {
	struct rs_advice **list;
	uint32_t *n;
	size_t cap;
};

int rs_advise(struct rs_advices *l, struct rs_err *err, enum rs_severity severity, const char *id, const char *todo,
              const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void rs_advice_free(struct rs_advice *advice, uint32_t n);

#endif
