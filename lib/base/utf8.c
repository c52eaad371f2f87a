/* utf8.c -- text in UTF-8 and in ISO-8859-1. */
#include "lib/base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The bytes at the start that are ASCII. */
static size_t ascii_prefix(const unsigned char *p, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t w;

		memcpy(&w, p + i, sizeof w);
		if (w & 0x8080808080808080u)
			break;
	}
	while (i < n && p[i] < 0x80)
		i++;
	return i;
}

bool rs_is_ascii(const char *p, size_t n)
{
	return ascii_prefix((const unsigned char *)p, n) == n;
}

/* The length of the character beyond ASCII at p, 0: none, -1: its beginning at the end of the text. */
static int char_length(const unsigned char *p, size_t n)
{
	unsigned lead = p[0], low = 0x80, high = 0xbf;
	int len = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;

	if (lead == 0xe0)
		low = 0xa0; /* else it would have a shorter form */
	else if (lead == 0xed)
		high = 0x9f; /* surrogates */
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	for (int i = 1; i < len; i++) {
		if ((size_t)i == n)
			return -1;
		if (p[i] < low || p[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

static bool valid(const char *text, size_t n, bool may_be_cut)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = ascii_prefix(p, n);

	while (i < n) {
		int len = char_length(p + i, n - i);

		if (len < 0)
			return may_be_cut;
		if (len == 0)
			return false;
		i += (size_t)len;
		i += ascii_prefix(p + i, n - i);
	}
	return true;
}

size_t rs_utf8_length_long(const char *p, size_t n)
{
	int len = char_length((const unsigned char *)p, n);

	return len > 0 ? (size_t)len : 0;
}

size_t rs_utf8_shown(const char *p, size_t n)
{
	size_t len = rs_utf8_length(p, n);
	unsigned char c = (unsigned char)p[0];
	bool control = len == 1 ? c < 0x20 || c == 0x7f : len == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0;

	return control ? 0 : len;
}

bool rs_utf8_valid(const char *p, size_t n)
{
	return valid(p, n, false);
}

bool rs_utf8_valid_start(const char *p, size_t n)
{
	return valid(p, n, true);
}

size_t rs_latin1_to_utf8(char *out, const char *p, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= 0x80) {
			out[k++] = (char)(0xc0 | c >> 6);
			c = 0x80 | (c & 0x3f);
		}
		out[k++] = (char)c;
	}
	return k;
}
