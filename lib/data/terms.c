/* terms.c -- text to terms. */
#include "lib/data/terms.h"

#include "lib/base/utf8.h"

#include <stdbool.h>
#include <string.h>

#define PIECE 1
#define FIRST 2
#define LAST 3

/* The character at p (n > 0 bytes) and its length; one byte that is no character counts as a blank. */
static uint32_t decode(const char *p, size_t n, size_t *len)
{
	size_t n_bytes = rs_utf8_length(p, n);
	uint32_t c = n_bytes == 1 ? (unsigned char)p[0] : (unsigned char)p[0] & (0x7fu >> n_bytes);

	*len = n_bytes > 0 ? n_bytes : 1;
	for (size_t i = 1; i < n_bytes; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return n_bytes > 0 ? c : ' ';
}

static size_t encode(char *out, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (char)c;
		return 1;
	}
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00u >> n & 0xff) | c);
	return n;
}

/* Lower case within Latin, Greek and Cyrillic. */
static uint32_t fold(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
	    (c >= 0x1e00 && c <= 0x1eff))
		return c | 1;
	return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e) ? c + (c & 1) : c;
}

static bool is_letter(uint32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return (c >= 0xc0 && c != 0xd7 && c != 0xf7 && (c < 0x2000 || c > 0x206f) && (c < 0x20a0 || c > 0x2bff) &&
	        (c < 0x3000 || c > 0x3004) && (c < 0x3008 || c > 0x3020) && (c < 0xfe10 || c > 0xfe6f) &&
	        (c < 0xff00 || c > 0xff0f)) ||
	       c == 0xaa || c == 0xb5 || c == 0xba;
}

/* Characters of scripts without blanks between words. */
static bool stands_alone(uint32_t c)
{
	return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

/* The bytes of a tag at p, or 0. */
static size_t tag_length(const char *p, size_t n)
{
	const char *end;

	if (n < 3 || !(p[1] == '/' || p[1] == '!' || (p[1] >= 'a' && p[1] <= 'z') || (p[1] >= 'A' && p[1] <= 'Z')))
		return 0;
	end = memchr(p, '>', n < 2000 ? n : 2000);
	return end == NULL ? 0 : (size_t)(end - p) + 1;
}

struct word {
	char text[RS_TERM_MAX + 8]; /* room for its ends and one more character */
	size_t n;
	rs_term_fn *fn;
	void *ctx;
	uint32_t gram;
};

static size_t step(const char *p, size_t n)
{
	size_t i = 1;

	while (i < n && ((unsigned char)p[i] & 0xc0) == 0x80)
		i++;
	return i;
}

/* The pieces of `gram` characters of FIRST word LAST. */
static int give_pieces(struct word *w, struct rs_err *err)
{
	char piece[RS_TERM_MAX + 8];
	size_t from = 0, to = 0, n = w->n + 2;
	int rc = 0;

	memmove(w->text + 1, w->text, w->n);
	w->text[0] = FIRST;
	w->text[n - 1] = LAST;
	for (uint32_t k = 0; k < w->gram && to < n; k++)
		to += step(w->text + to, n - to);
	for (;;) {
		piece[0] = PIECE;
		memcpy(piece + 1, w->text + from, to - from);
		if ((rc = w->fn(w->ctx, piece, to - from + 1, err)) != 0 || to == n)
			return rc;
		from += step(w->text + from, n - from);
		to += step(w->text + to, n - to);
	}
}

static int end_word(struct word *w, struct rs_err *err)
{
	int rc = 0;

	if (w->n > 0 && (rc = w->fn(w->ctx, w->text, w->n, err)) == 0 && w->gram > 0)
		rc = give_pieces(w, err);
	w->n = 0;
	return rc;
}

/* A character that is a word, and the pair with the one before (0: none). */
static int give_alone(struct word *w, uint32_t before, uint32_t c, struct rs_err *err)
{
	size_t n;
	int rc;

	if ((rc = end_word(w, err)) != 0)
		return rc;
	n = encode(w->text, c);
	if ((rc = w->fn(w->ctx, w->text, n, err)) != 0 || before == 0)
		return rc;
	n = encode(w->text, before);
	n += encode(w->text + n, c);
	return w->fn(w->ctx, w->text, n, err);
}

int rs_terms_each(const char *text, size_t n, uint32_t gram, rs_term_fn *fn, void *ctx, struct rs_err *err)
{
	struct word w = { .fn = fn, .ctx = ctx, .gram = gram };
	uint32_t before = 0;
	int rc = 0;

	for (size_t i = 0, len; i < n && rc == 0; i += len) {
		uint32_t c = decode(text + i, n - i, &len);
		size_t tag = c == '<' ? tag_length(text + i, n - i) : 0;

		if (stands_alone(c) && is_letter(c)) {
			rc = give_alone(&w, before, c, err);
			before = c;
			continue;
		}
		before = 0;
		if (!is_letter(c)) {
			rc = end_word(&w, err);
			len = tag > 0 ? tag : len;
		} else if (w.n + 4 <= RS_TERM_MAX - 3) {
			w.n += encode(w.text + w.n, fold(c));
		}
	}
	return rc != 0 ? rc : end_word(&w, err);
}
