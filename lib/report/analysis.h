/* analysis.h -- an analysis as text for a terminal, as JSON, as one page of HTML. The members of the JSON object are described
 * in rs-analyze(1) and keep their names. */
#ifndef RS_REPORT_ANALYSIS_H
#define RS_REPORT_ANALYSIS_H

#include "lib/analyze/analyze.h"
#include "lib/base/file.h"

/* width: columns of the terminal, 40 to 200. */
int rs_analysis_text(struct rs_out *out, const struct rs_analysis *a, unsigned width, struct rs_err *err);
int rs_analysis_json(struct rs_out *out, const struct rs_analysis *a, struct rs_err *err);
int rs_analysis_html(struct rs_out *out, const struct rs_analysis *a, struct rs_err *err);

int rs_comparison_text(struct rs_out *out, const struct rs_comparison *c, unsigned width, struct rs_err *err);
int rs_comparison_json(struct rs_out *out, const struct rs_comparison *c, struct rs_err *err);
int rs_comparison_html(struct rs_out *out, const struct rs_comparison *c, struct rs_err *err);

#endif
