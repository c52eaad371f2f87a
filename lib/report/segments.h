/* segments.h -- segments of people as text.
 *
 * TSV and CSV: a header, then a line for each item (or condition) and person: item, user, rank, score. JSON Lines: a line for
 * each in the form of Amazon Personalize's batch segments,
 * {"input":{"itemId":...},"output":{"recommendedUsers":[...],"scores":[...]},"error":null}. */
#ifndef RS_REPORT_SEGMENTS_H
#define RS_REPORT_SEGMENTS_H

#include "lib/base/file.h"
#include "lib/base/keys.h"
#include "lib/num/topk.h"
#include "lib/report/field.h"

struct rs_segment_writer {
	struct rs_out *out;
	enum rs_text_format format;
	const struct rs_keys *user_key;
	struct rs_buf line; /* scratch, released by the caller */
};

int rs_segment_header(struct rs_segment_writer *w, struct rs_err *err);

/* One segment, best first. what: "itemId" or "itemAttributes". */
int rs_segment_put(struct rs_segment_writer *w, const char *what, const char *key, size_t n_key, const struct rs_scored *best,
                   uint32_t n, struct rs_err *err);

#endif
