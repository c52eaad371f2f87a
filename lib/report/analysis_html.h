/* analysis_html.h -- inside of the pages of an analysis and of a comparison: what they share. */
#ifndef RS_REPORT_ANALYSIS_HTML_H
#define RS_REPORT_ANALYSIS_HTML_H

#include "lib/analyze/analyze.h"
#include "lib/report/html.h"

void rs_html_advice(struct rs_html *h, const struct rs_advice *a, uint32_t n);

/* All sections of one dataset. */
void rs_html_analysis(struct rs_html *h, const struct rs_analysis *a);

static inline double share(uint64_t part, uint64_t all)
{
	return all == 0 ? 0 : (double)part / (double)all;
}

#endif
