/* field.c -- bytes of the data in text formats. */
#include "lib/report/field.h"

#include "lib/base/jsonstr.h"

#include <stdbool.h>
#include <string.h>

const char *const rs_text_format_name[] = { "tsv", "csv", "jsonl", NULL };

/* ---- short fields of plain bytes, which nearly all ids are: looked at and copied 8 bytes at a time ---- */

#define LOW ((uint64_t)0x0101010101010101)
#define HIGH (LOW << 7)

/* What a plain byte is: from least on, neither of the two others and, where ascii, below 0x7f. */
struct plain {
	uint8_t least; /* <= 128 */
	char not_this, nor_this;
	bool ascii;
};

static inline uint64_t has(uint64_t x, char c)
{
	x ^= LOW * (uint8_t)c;
	return (x - LOW) & ~x & HIGH;
}

static inline bool all_plain(uint64_t x, struct plain k)
{
	uint64_t other = ((x - LOW * k.least) & ~x & HIGH) | has(x, k.not_this) | has(x, k.nor_this);

	if (k.ascii)
		other |= (x | (x + LOW)) & HIGH;
	return other == 0;
}

/* to has room for n bytes. False, and something is written there, where the bytes are many or not all of them plain. */
static inline bool put_plain(char *to, const char *p, size_t n, struct plain k)
{
	uint64_t x, y;
	uint32_t s, t;

	if (n > 16)
		return false;
	if (n >= 8) {
		memcpy(&x, p, 8);
		memcpy(&y, p + n - 8, 8);
		memcpy(to, &x, 8);
		memcpy(to + n - 8, &y, 8);
		return all_plain(x, k) && all_plain(y, k);
	}
	if (n >= 4) {
		memcpy(&s, p, 4);
		memcpy(&t, p + n - 4, 4);
		memcpy(to, &s, 4);
		memcpy(to + n - 4, &t, 4);
		return all_plain(s | (uint64_t)t << 32, k);
	}
	if (n == 0)
		return true;
	x = (uint8_t)(to[0] = p[0]);
	x = x << 8 | (uint8_t)(to[n / 2] = p[n / 2]);
	x = x << 8 | (uint8_t)(to[n - 1] = p[n - 1]);
	return all_plain(x | x << 24 | x << 48, k);
}

/* ---- formats ---- */

static char *put_tsv(char *to, const char *p, size_t n)
{
	if (put_plain(to, p, n, (struct plain){ ' ', '\\', '\\', false }))
		return to + n;
	for (size_t i = 0; i < n; i++) {
		char c = p[i], e = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\\' ? '\\' : 0;

		if (e != 0) {
			*to++ = '\\';
			c = e;
		}
		*to++ = c;
	}
	return to;
}

static char *put_csv(char *to, const char *p, size_t n)
{
	bool quote = n > 0 && (p[0] == ' ' || p[n - 1] == ' ');

	if (put_plain(to, p, n, (struct plain){ ' ' + 1, ',', '"', false }))
		return to + n;
	for (size_t i = 0; i < n; i++)
		quote |= p[i] == ',' || p[i] == '"' || p[i] == '\n' || p[i] == '\r';
	if (quote)
		*to++ = '"';
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			*to++ = '"';
		*to++ = p[i];
	}
	if (quote)
		*to++ = '"';
	return to;
}

char *rs_field_put(char *to, enum rs_text_format f, const char *p, size_t n)
{
	return f == RS_TEXT_CSV ? put_csv(to, p, n) : put_tsv(to, p, n);
}

int rs_field(struct rs_buf *b, enum rs_text_format f, const char *p, size_t n, struct rs_err *err)
{
	int rc = rs_buf_reserve(b, RS_FIELD_MAX(n), err);

	if (rc == 0)
		b->n = (size_t)(rs_field_put(b->p + b->n, f, p, n) - b->p);
	return rc;
}

int rs_field_tsv(struct rs_buf *b, const char *p, size_t n, struct rs_err *err)
{
	return rs_field(b, RS_TEXT_TSV, p, n, err);
}

int rs_field_csv(struct rs_buf *b, const char *p, size_t n, struct rs_err *err)
{
	return rs_field(b, RS_TEXT_CSV, p, n, err);
}

int rs_field_json(struct rs_buf *b, const char *p, size_t n, struct rs_err *err)
{
	int rc = rs_buf_reserve(b, n + 2, err);

	if (rc < 0)
		return rc;
	if (!put_plain(b->p + b->n + 1, p, n, (struct plain){ ' ', '"', '\\', true }))
		return rs_json_string_any(b, p, n, err);
	b->p[b->n] = b->p[b->n + n + 1] = '"';
	b->n += n + 2;
	return 0;
}
