/* keyfile.c -- sorted keys as a chunk.
 *
 * The chunk's bytes are pages of PAGE bytes: u32 number of the first key, u32 number of keys,
 * then for each key a varint of the bytes shared with the key before it in the page (0 for the first), a varint of the
 * bytes that follow, and these; zeros fill the page. A page divides a block, so one page is one read. */
#include "lib/data/keyfile.h"

#include "lib/base/mem.h"

#include <stdbool.h>
#include <string.h>

#define PAGE 16384u

struct page {
	uint32_t first, count;
	const uint8_t *p, *end;
};

static uint8_t *put_varint(uint8_t *p, size_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

/* As many keys from number `first` on as the page holds; returns the number behind them. */
static uint32_t fill_page(uint8_t *page, const struct rs_keys *k, uint32_t first)
{
	uint8_t *p = page + 8, *const end = page + PAGE;
	const char *last = NULL;
	size_t n_last = 0;
	uint32_t i, count;

	for (i = first; i < k->n; i++) {
		uint8_t head[2 * 10], *rest;
		size_t n, shared = 0;
		const char *key = rs_keys_get(k, i, &n);

		while (shared < n && shared < n_last && key[shared] == last[shared])
			shared++;
		rest = put_varint(put_varint(head, shared), n - shared);
		if ((size_t)(rest - head) + (n - shared) > (size_t)(end - p))
			break;
		memcpy(p, head, (size_t)(rest - head));
		p += rest - head;
		memcpy(p, key + shared, n - shared);
		p += n - shared;
		last = key;
		n_last = n;
	}
	memset(p, 0, (size_t)(end - p));
	count = i - first;
	memcpy(page, &first, 4);
	memcpy(page + 4, &count, 4);
	return i;
}

int rs_keys_write(struct rs_writer *w, uint32_t kind, uint32_t column, const struct rs_keys *k, struct rs_err *err)
{
	uint64_t n_pages = 0;
	uint8_t page[PAGE];
	int rc;

	for (uint32_t i = 0; i < k->n; n_pages++) /* the number of pages is announced first */
		i = fill_page(page, k, i);
	rc = rs_writer_begin(w, kind, column, RS_PACK_BYTES, 1, n_pages * PAGE, err);
	for (uint32_t i = 0; i < k->n && rc == 0;) {
		i = fill_page(page, k, i);
		rc = rs_writer_append(w, page, PAGE, err);
	}
	return rc == 0 ? rs_writer_end(w, err) : rc;
}

static int bad_keys(struct rs_reader *r, struct rs_err *err)
{
	return rs_fail(err, RS_EDATA, "%s: damaged: a list of ids is not sorted or not complete", rs_reader_name(r));
}

static int open_page(struct page *g, const uint8_t *bytes)
{
	memcpy(&g->first, bytes, 4);
	memcpy(&g->count, bytes + 4, 4);
	g->p = bytes + 8;
	g->end = bytes + PAGE;
	return g->count == 0 ? RS_EDATA : 0;
}

/* Before the next key of the page: how many bytes it shares with the last one, of n_last bytes, and how many follow at g->p. */
static inline int next_parts(struct page *g, size_t n_last, uint64_t *shared, uint64_t *rest)
{
	return rs_varint_read(&g->p, g->end, shared) < 0 || rs_varint_read(&g->p, g->end, rest) < 0 || *shared > n_last ||
	                       *rest > RS_KEY_MAX - *shared || *rest > (uint64_t)(g->end - g->p) ?
	               RS_EDATA :
	               0;
}

/* The next key of the page, built up in key (RS_KEY_MAX bytes). */
static int next_key(struct page *g, char *key, size_t *n)
{
	uint64_t shared, rest;

	if (next_parts(g, *n, &shared, &rest) < 0)
		return RS_EDATA;
	memcpy(key + shared, g->p, rest);
	g->p += rest;
	*n = (size_t)(shared + rest);
	return 0;
}

#define SHORT 16 /* bytes that are copied at once */

/* The next key of a page behind those in out, which it has to follow; shared bytes are the last one's, of n_last bytes. */
static int append_key(struct rs_keys *out, size_t *cap_bytes, struct page *g, size_t n_last, struct rs_err *err)
{
	uint64_t shared, rest, end = out->off[out->n];
	const char *before;
	size_t n_before = 0;
	char *to;
	int rc;

	if (next_parts(g, n_last, &shared, &rest) < 0)
		return RS_EDATA;
	if (end + shared + rest + SHORT > *cap_bytes &&
	    (rc = rs_grow(&out->bytes, cap_bytes, end + shared + rest + SHORT, 1, err)) < 0)
		return rc;
	to = out->bytes + end;
	before = out->n == 0 ? to : rs_keys_get(out, out->n - 1, &n_before);
	/* What is shared is equal, so that the rests tell the order, and nearly always their first byte. */
	if (out->n > 0 && !(rest > 0 && n_before > shared && *g->p > (uint8_t)before[shared]) &&
	    rs_key_cmp(before + shared, n_before - shared, g->p, rest) >= 0)
		return RS_EDATA;
	if (shared <= SHORT && rest <= SHORT && g->end - g->p >= SHORT) { /* without a call: what is too much is overwritten */
		char part[SHORT];

		memcpy(part, before, SHORT);
		memcpy(to, part, SHORT);
		memcpy(part, g->p, SHORT);
		memcpy(to + shared, part, SHORT);
	} else {
		memmove(to, before, shared);
		memcpy(to + shared, g->p, rest);
	}
	g->p += rest;
	out->off[++out->n] = end + shared + rest;
	return 0;
}

/* All keys of one page, appended to out; ascending, also against the key before. */
static int load_page(struct rs_keys *out, size_t *cap_off, size_t *cap_bytes, const uint8_t *bytes, struct rs_err *err)
{
	struct page g;
	int rc;

	if (open_page(&g, bytes) < 0 || g.first != out->n || g.count > PAGE)
		return RS_EDATA;
	if ((rc = rs_grow(&out->off, cap_off, (size_t)out->n + g.count + 1, sizeof *out->off, err)) < 0 ||
	    (rc = rs_grow(&out->bytes, cap_bytes, out->off[out->n] + (uint64_t)g.count * SHORT, 1, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < g.count && rc == 0; i++)
		rc = append_key(out, cap_bytes, &g, i == 0 ? 0 : (size_t)(out->off[out->n] - out->off[out->n - 1]), err);
	return rc;
}

int rs_keys_load(struct rs_keys *out, struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t n_max,
                 struct rs_err *err)
{
	size_t cap_off = 0, cap_bytes = 0;
	const struct rs_chunk *c;
	uint8_t one[PAGE]; /* a short list is a page, that leaves no memory behind */
	void *pages = NULL;
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = rs_reader_need(r, kind, column, 1, (uint64_t)1 << 42, &c, err)) < 0)
		return rc;
	if (c->n % PAGE != 0)
		return bad_keys(r, err);
	if ((rc = c->n == PAGE ? rs_reader_slice(r, c, 0, PAGE, one, err) : rs_reader_load(r, c, &pages, err)) < 0)
		return rc;
	if ((rc = rs_grow(&out->off, &cap_off, 1, sizeof *out->off, err)) < 0 ||
	    (rc = rs_grow(&out->bytes, &cap_bytes, 1, 1, err)) < 0)
		goto out;
	out->off[0] = 0;
	for (uint64_t at = 0; at < c->n && rc == 0; at += PAGE)
		rc = load_page(out, &cap_off, &cap_bytes, c->n == PAGE ? one : (const uint8_t *)pages + at, err);
	if (rc == RS_EDATA || (rc == 0 && out->n > n_max))
		rc = bad_keys(r, err);
out:
	rs_free(pages);
	if (rc < 0)
		rs_keys_release(out);
	return rc;
}

/* The pages of a chunk, a decoded block of them at a time. */
struct pages {
	struct rs_reader *r;
	const struct rs_chunk *c;
	uint64_t n, block; /* block: in bytes, UINT64_MAX: none yet */
	uint8_t *bytes;
};

static int pages_open(struct pages *g, struct rs_reader *r, uint32_t kind, uint32_t column, struct rs_err *err)
{
	int rc;

	memset(g, 0, sizeof *g);
	g->r = r;
	g->block = UINT64_MAX;
	if ((rc = rs_reader_need(r, kind, column, 1, (uint64_t)1 << 42, &g->c, err)) < 0)
		return rc;
	if (g->c->n % PAGE != 0)
		return bad_keys(r, err);
	g->n = g->c->n / PAGE;
	g->bytes = rs_array(g->c->n < RS_BLOCK_BYTES ? g->c->n : RS_BLOCK_BYTES, 1, err);
	return g->bytes == NULL ? RS_ENOMEM : 0;
}

static int pages_get(struct pages *g, uint64_t i, struct page *page, struct rs_err *err)
{
	uint64_t block = i * PAGE / RS_BLOCK_BYTES, first = block * RS_BLOCK_BYTES;
	uint64_t n = g->c->n - first < RS_BLOCK_BYTES ? g->c->n - first : RS_BLOCK_BYTES;
	int rc;

	if (block != g->block) {
		g->block = UINT64_MAX;
		if ((rc = rs_reader_slice(g->r, g->c, first, n, g->bytes, err)) < 0)
			return rc;
		g->block = block;
	}
	return open_page(page, g->bytes + (i * PAGE - first)) < 0 ? bad_keys(g->r, err) : 0;
}

/* The last page for which the order of its first key (key not NULL) or of that key's number is not above what is sought. */
static int find_page(struct pages *g, const void *key, size_t n_key, uint32_t ix, struct page *page, struct rs_err *err)
{
	uint64_t lo = 0;
	int rc;

	for (uint64_t hi = g->n; hi - lo > 1;) {
		uint64_t mid = lo + (hi - lo) / 2;
		char first[RS_KEY_MAX];
		bool above;
		size_t len = 0;

		if ((rc = pages_get(g, mid, page, err)) < 0)
			return rc;
		above = page->first > ix;
		if (key != NULL) {
			if (next_key(page, first, &len) < 0)
				return bad_keys(g->r, err);
			above = rs_key_cmp(first, len, key, n_key) > 0;
		}
		if (above)
			hi = mid;
		else
			lo = mid;
	}
	return pages_get(g, lo, page, err);
}

/* Whether the key stands in the page, and as which. What it has in common with the last key tells about the next one: one
 * that shares more with the last one is below it too, and of others only what is not shared has to be compared. */
static int seek_in_page(struct page *g, const uint8_t *key, size_t n_key, bool *found, uint32_t *ix)
{
	size_t common = 0, n_last = 0;

	*found = false;
	for (uint32_t i = 0; i < g->count; i++) {
		uint64_t shared, rest;

		if (next_parts(g, n_last, &shared, &rest) < 0)
			return RS_EDATA;
		n_last = (size_t)(shared + rest);
		if (shared <= common) {
			int c;

			common = (size_t)shared;
			while (common < n_last && common < n_key && g->p[common - shared] == key[common])
				common++;
			c = rs_key_cmp(g->p + (common - shared), n_last - common, key + common, n_key - common);
			if (c >= 0) {
				*found = c == 0;
				*ix = g->first + i;
				return 0;
			}
		}
		g->p += rest;
	}
	return 0;
}

int rs_keys_seek(struct rs_reader *r, uint32_t kind, uint32_t column, const void *key, size_t n_key, uint32_t *ix,
                 struct rs_err *err)
{
	bool found = false;
	struct pages g;
	struct page page;
	int rc;

	*ix = RS_NONE;
	if ((rc = pages_open(&g, r, kind, column, err)) == 0 && g.n > 0 &&
	    (rc = find_page(&g, key, n_key, 0, &page, err)) == 0 && seek_in_page(&page, key, n_key, &found, ix) < 0)
		rc = bad_keys(r, err);
	if (!found)
		*ix = RS_NONE;
	rs_free(g.bytes);
	return rc;
}

/* Adds key ix, which is not before the page's next key (number *next), to out. */
static int push_key(struct rs_keys *out, size_t *cap, struct page *page, uint32_t ix, char *at, size_t *len,
                    struct rs_err *err)
{
	uint64_t end = out->off[out->n];
	int rc;

	if (page->first > ix)
		return RS_EDATA;
	for (; page->first <= ix; page->first++)
		if (page->count-- == 0 || next_key(page, at, len) < 0)
			return RS_EDATA;
	if (out->n > 0) {
		size_t n_last;
		const char *last = rs_keys_get(out, out->n - 1, &n_last);

		if (rs_key_cmp(last, n_last, at, *len) >= 0)
			return RS_EDATA;
	}
	if ((rc = rs_grow(&out->bytes, cap, end + *len + 1, 1, err)) < 0)
		return rc;
	memcpy(out->bytes + end, at, *len);
	out->off[++out->n] = end + *len;
	return 0;
}

int rs_keys_pick(struct rs_keys *out, struct rs_reader *r, uint32_t kind, uint32_t column, const uint32_t *ix, uint32_t n,
                 struct rs_err *err)
{
	struct page page = { 0 };
	char at[RS_KEY_MAX];
	struct pages g;
	size_t cap = 0, len = 0;
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = pages_open(&g, r, kind, column, err)) < 0)
		goto out;
	rc = RS_ENOMEM;
	if ((out->off = rs_array((size_t)n + 1, sizeof *out->off, err)) == NULL ||
	    rs_grow(&out->bytes, &cap, 1, 1, err) < 0)
		goto out;
	out->off[0] = 0;
	rc = n > 0 && g.n == 0 ? bad_keys(r, err) : 0;
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		if (i == 0 || ix[i] >= (uint64_t)page.first + page.count) {
			len = 0;
			if ((rc = find_page(&g, NULL, 0, ix[i], &page, err)) < 0)
				break;
		}
		if ((rc = push_key(out, &cap, &page, ix[i], at, &len, err)) == RS_EDATA)
			bad_keys(r, err);
	}
out:
	rs_free(g.bytes);
	if (rc < 0)
		rs_keys_release(out);
	return rc;
}
