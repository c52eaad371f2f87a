/* page.h -- the pieces of a page of text for a terminal: lines, names, rows and bars. The first failure stays and makes the
 * rest do nothing. */
#ifndef RS_REPORT_PAGE_H
#define RS_REPORT_PAGE_H

#include "lib/base/buf.h"
#include "lib/base/file.h"

struct page {
	struct rs_buf *b;
	struct rs_err *err;
	unsigned width; /* columns */
	int rc;
};

#define PAGE_LABEL 20 /* columns of a name */

void page_put(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A name in exactly n columns. */
void page_name(struct page *p, const char *s, size_t len, unsigned n);

/* Words, broken between blanks, from column `at` on; all lines but the first are indented by `indent`. */
void page_wrapped(struct page *p, const char *text, unsigned at, unsigned indent);

void page_head(struct page *p, const char *title);
void page_row(struct page *p, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "  label      1,234  12.3 %  #####" */
void page_bar(struct page *p, const char *label, size_t n_label, uint64_t n, uint64_t most, uint64_t all);

/* Writes it, and releases the buffer. */
int page_finish(struct page *p, struct rs_out *out);

#endif
