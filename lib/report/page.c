/* page.c -- see page.h. */
#include "lib/report/page.h"

#include "lib/report/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- lines ---- */

void page_put(struct page *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (p->rc == 0)
		p->rc = rs_buf_addv(p->b, p->err, fmt, ap);
	va_end(ap);
}

/* Columns of UTF-8 text. */
static size_t columns_of(const char *s, size_t n)
{
	size_t c = 0;

	for (size_t i = 0; i < n; i++)
		c += ((unsigned char)s[i] & 0xc0) != 0x80;
	return c;
}

void page_name(struct page *p, const char *s, size_t len, unsigned n)
{
	size_t start = p->b->n;

	if (p->rc == 0)
		p->rc = rs_word_name(p->b, s, len, n, p->err);
	if (p->rc == 0)
		page_put(p, "%*s", (int)(n - columns_of(p->b->p + start, p->b->n - start)), "");
}

void page_wrapped(struct page *p, const char *text, unsigned at, unsigned indent)
{
	bool first = true;

	while (*text != 0) {
		size_t n = strcspn(text, " ");
		unsigned wide = (unsigned)columns_of(text, n);

		if (!first && at + 1 + wide > p->width) {
			page_put(p, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			page_put(p, " ");
			at++;
		}
		if (p->rc == 0)
			p->rc = rs_word_name(p->b, text, n, n + 1, p->err);
		at += wide;
		first = false;
		text += n;
		text += *text == ' ';
	}
	page_put(p, "\n");
}

void page_head(struct page *p, const char *title)
{
	page_put(p, "\n%s\n", title);
}

void page_row(struct page *p, const char *name, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	page_put(p, "  %-*s ", PAGE_LABEL, name);
	page_wrapped(p, text, PAGE_LABEL + 3, PAGE_LABEL + 3);
}

/* ---- bars ---- */

void page_bar(struct page *p, const char *label, size_t n_label, uint64_t n, uint64_t most, uint64_t all)
{
	char count[RS_WORD_MAX], percent[RS_WORD_MAX];
	unsigned room = p->width > PAGE_LABEL + 32 ? p->width - PAGE_LABEL - 27 : 5, length;

	length = most == 0 ? 0 : (unsigned)((double)n / (double)most * room + .5);
	page_put(p, "  ");
	page_name(p, label, n_label, PAGE_LABEL);
	page_put(p, " %13s %8s", rs_word_count(count, n), all == 0 ? "" : rs_word_percent(percent, (double)n / (double)all));
	if (length > 0 || n > 0)
		page_put(p, "  ");
	for (unsigned i = 0; i < length; i++)
		page_put(p, "#");
	if (length == 0 && n > 0)
		page_put(p, ".");
	page_put(p, "\n");
}

int page_finish(struct page *p, struct rs_out *out)
{
	if (p->rc == 0)
		p->rc = rs_out_write(out, p->b->p, p->b->n, p->err);
	rs_buf_release(p->b);
	return p->rc;
}
