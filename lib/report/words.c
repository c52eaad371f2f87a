/* words.c -- see words.h. */
#include "lib/report/words.h"

#include "lib/base/text.h"
#include "lib/base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *rs_word_count(char *text, uint64_t n)
{
	char plain[RS_NUM_MAX];
	size_t len = rs_put_u64(plain, n), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = plain[i];
	}
	text[at] = 0;
	return text;
}

const char *rs_word_number(char *text, double v)
{
	if (isnan(v))
		snprintf(text, RS_WORD_MAX, "-");
	else if (v == floor(v) && fabs(v) < 1e15 && v >= 0)
		return rs_word_count(text, (uint64_t)v);
	else
		snprintf(text, RS_WORD_MAX, fabs(v) >= 1000 ? "%.0f" : "%.4g", v);
	return text;
}

const char *rs_word_percent(char *text, double share)
{
	double p = 100 * share;

	if (isnan(share))
		snprintf(text, RS_WORD_MAX, "-");
	else
		snprintf(text, RS_WORD_MAX, p != 0 && fabs(p) < .1 ? "%.2g %%" : fabs(p) >= 99.95 ? "%.0f %%" : "%.1f %%", p);
	return text;
}

const char *rs_word_bytes(char *text, uint64_t n)
{
	static const char *const unit[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)n;
	int k = 0;

	for (; v >= 1024 && k < 4; k++)
		v /= 1024;
	snprintf(text, RS_WORD_MAX, k == 0 ? "%.0f %s" : "%.1f %s", v, unit[k]);
	return text;
}

const char *rs_word_date(char *text, int64_t s)
{
	text[rs_put_iso_time(text, s)] = 0;
	text[strcspn(text, "T")] = 0;
	return text;
}

const char *rs_word_bar(char *text, const struct rs_bar *b, bool whole)
{
	char lo[RS_WORD_MAX], hi[RS_WORD_MAX];

	rs_word_number(lo, b->lo);
	if (b->lo >= b->hi || (whole && b->hi - b->lo <= 1))
		snprintf(text, RS_WORD_MAX, "%.30s", lo);
	else if (whole)
		snprintf(text, RS_WORD_MAX, "%.30s-%.30s", lo, rs_word_number(hi, b->hi - 1));
	else
		snprintf(text, RS_WORD_MAX, "%.28s to %.28s", lo, rs_word_number(hi, b->hi));
	return text;
}

int rs_word_name(struct rs_buf *out, const char *p, size_t n, size_t n_columns, struct rs_err *err)
{
	size_t all = 0, tail, head;
	int rc = rs_buf_reserve(out, n + 4, err);

	for (size_t i = 0; i < n; all++) {
		size_t len = rs_utf8_shown(p + i, n - i);

		i += len == 0 ? 1 : len;
	}
	tail = all <= n_columns || n_columns < 3 ? 0 : (n_columns - 3) / 2; /* names of one kind begin alike */
	head = all <= n_columns ? all : n_columns < 3 ? 0 : n_columns - 3 - tail;
	for (size_t i = 0, at = 0; i < n && rc == 0; at++) {
		size_t len = rs_utf8_shown(p + i, n - i);

		if (at == head && head < all)
			rc = rs_buf_adds(out, "...", err);
		if (rc == 0 && (at < head || at >= all - tail))
			rc = len == 0 ? rs_buf_addc(out, '?', err) : rs_buf_add(out, p + i, len, err);
		i += len == 0 ? 1 : len;
	}
	return rc;
}
