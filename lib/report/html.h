/* html.h -- the pieces of a page of HTML: text made safe, figures of inline SVG whose labels are HTML, so that they stay
 * readable at any width. The first failure stays and makes the rest do nothing. */
#ifndef RS_REPORT_HTML_H
#define RS_REPORT_HTML_H

#include "lib/base/buf.h"
#include "lib/base/file.h"

#include <stdbool.h>
#include <stdint.h>

struct rs_html {
	struct rs_buf *b;
	struct rs_err *err;
	int rc;
};

void rs_html_put(struct rs_html *h, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* markup of ours */
void rs_html_text(struct rs_html *h, const char *text); /* escaped */
void rs_html_bytes(struct rs_html *h, const char *p, size_t n, size_t n_columns); /* a name from the data, cut, escaped */

/* The page: head with styles, then the body. */
void rs_html_start(struct rs_html *h, const char *title);
void rs_html_end(struct rs_html *h);

/* Ends the page, writes it, and releases the buffer. */
int rs_html_finish(struct rs_html *h, struct rs_out *out);

/* The heading of a page, and a line of ours below it. */
void rs_html_h1(struct rs_html *h, const char *title, const char *sub);

/* A section with a heading; sub: a line below it, or NULL. */
void rs_html_section(struct rs_html *h, const char *title, const char *sub);
void rs_html_section_end(struct rs_html *h);

/* A big number with its name. */
void rs_html_card(struct rs_html *h, const char *value, const char *name);

struct rs_html_bar {
	const char *label;
	double value;
	const char *note; /* shown where one points at it */
};

/* Figures: wide ones take the whole row. Labels below: that of the first, the middle and the last bar, or all where few. */
void rs_html_bars(struct rs_html *h, const char *title, const char *sub, const struct rs_html_bar *bar, uint32_t n, bool wide);

/* Lines of shares over the same points, each with a name; y from 0 to top. */
struct rs_html_line {
	const char *name;
	const double *y;
};
void rs_html_lines(struct rs_html *h, const char *title, const char *sub, const struct rs_html_line *line, uint32_t n_lines,
                   uint32_t n, double top, const char *first, const char *last);

/* 7 x 24 cells, from Monday 00:00. */
void rs_html_week(struct rs_html *h, const char *title, const char *sub, const uint64_t *hour);

/* Horizontal bars with names and numbers, one a line; text is escaped. */
void rs_html_list(struct rs_html *h, const char *title, const char *sub);
void rs_html_list_row(struct rs_html *h, const char *label, size_t n_label, double share, const char *value);
void rs_html_list_end(struct rs_html *h);

#endif
