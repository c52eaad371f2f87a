/* keyfile.c -- sorted keys as a chunk.
 *
 * The chunk's bytes are pages of RS_KEY_PAGE bytes (the last may be shorter): u32 number of the first key, u32 number of keys,
 * then for each key a varint of the bytes shared with the key before it in the page (0 for the first), a varint of the
 * bytes that follow, and these; zeros fill the page. A page divides a block, so one page is one read. */
#include "lib/data/keyfile.h"

#include "lib/base/mem.h"

#include <string.h>

#define PAGE 16384u

struct page {
	uint32_t first, count;
	const uint8_t *p, *end;
};

static int put_page(struct rs_writer *w, const struct rs_keys *k, uint32_t first, uint32_t *next, uint8_t *page,
                    struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	size_t n_last = 0;
	const char *last = NULL;
	uint32_t i, count;
	int rc = 0;

	for (i = first; i < k->n; i++) {
		size_t n, shared = 0, before = b.n;
		const char *key = rs_keys_get(k, i, &n);

		while (shared < n && shared < n_last && key[shared] == last[shared])
			shared++;
		if ((rc = rs_buf_varint(&b, shared, err)) < 0 || (rc = rs_buf_varint(&b, n - shared, err)) < 0 ||
		    (rc = rs_buf_add(&b, key + shared, n - shared, err)) < 0)
			break;
		if (b.n > PAGE - 8) {
			b.n = before;
			break;
		}
		last = key;
		n_last = n;
	}
	if (rc == 0) {
		count = i - first;
		memset(page, 0, PAGE);
		memcpy(page, &first, 4);
		memcpy(page + 4, &count, 4);
		if (b.n > 0)
			memcpy(page + 8, b.p, b.n);
		*next = i;
		if (w != NULL)
			rc = rs_writer_append(w, page, PAGE, err);
	}
	rs_buf_release(&b);
	return rc;
}

int rs_keys_write(struct rs_writer *w, uint32_t kind, uint32_t column, const struct rs_keys *k, struct rs_err *err)
{
	uint8_t *page = rs_array(PAGE, 1, err);
	uint64_t n_pages = 0;
	int rc = 0;

	if (page == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < k->n && rc == 0; n_pages++) /* the number of pages is announced first */
		rc = put_page(NULL, k, i, &i, page, err);
	if (rc == 0)
		rc = rs_writer_begin(w, kind, column, RS_PACK_BYTES, 1, n_pages * PAGE, err);
	for (uint32_t i = 0; i < k->n && rc == 0;)
		rc = put_page(w, k, i, &i, page, err);
	if (rc == 0)
		rc = rs_writer_end(w, err);
	rs_free(page);
	return rc;
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

/* The next key of the page, built up in key (RS_KEY_MAX bytes). */
static int next_key(struct page *g, char *key, size_t *n)
{
	uint64_t shared, rest;

	if (rs_varint_read(&g->p, g->end, &shared) < 0 || rs_varint_read(&g->p, g->end, &rest) < 0 || shared > *n ||
	    rest > RS_KEY_MAX - shared || rest > (uint64_t)(g->end - g->p))
		return RS_EDATA;
	memcpy(key + shared, g->p, rest);
	g->p += rest;
	*n = (size_t)(shared + rest);
	return 0;
}

/* All keys of one page, appended to out; ascending, also against the key before. */
static int load_page(struct rs_keys *out, size_t *cap_off, size_t *cap_bytes, const uint8_t *bytes, struct rs_err *err)
{
	char key[RS_KEY_MAX];
	size_t n = 0;
	struct page g;
	int rc;

	if (open_page(&g, bytes) < 0 || g.first != out->n || g.count > PAGE)
		return RS_EDATA;
	if ((rc = rs_grow(&out->off, cap_off, (size_t)out->n + g.count + 1, sizeof *out->off, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < g.count; i++) {
		size_t n_last = 0;
		const char *last = NULL;

		if (next_key(&g, key, &n) < 0)
			return RS_EDATA;
		if (out->n > 0)
			last = rs_keys_get(out, out->n - 1, &n_last);
		if (last != NULL && rs_key_cmp(last, n_last, key, n) >= 0)
			return RS_EDATA;
		if ((rc = rs_grow(&out->bytes, cap_bytes, out->off[out->n] + n + 1, 1, err)) < 0)
			return rc;
		memcpy(out->bytes + out->off[out->n], key, n);
		out->off[out->n + 1] = out->off[out->n] + n;
		out->n++;
	}
	return 0;
}

int rs_keys_load(struct rs_keys *out, struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t n_max,
                 struct rs_err *err)
{
	size_t cap_off = 0, cap_bytes = 0;
	const struct rs_chunk *c;
	void *pages = NULL;
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = rs_reader_need(r, kind, column, 1, (uint64_t)1 << 42, &c, err)) < 0)
		return rc;
	if (c->n % PAGE != 0)
		return bad_keys(r, err);
	if ((rc = rs_reader_load(r, c, &pages, err)) < 0)
		return rc;
	if ((rc = rs_grow(&out->off, &cap_off, 1, sizeof *out->off, err)) < 0 ||
	    (rc = rs_grow(&out->bytes, &cap_bytes, 1, 1, err)) < 0)
		goto out;
	out->off[0] = 0;
	for (uint64_t at = 0; at < c->n && rc == 0; at += PAGE)
		rc = load_page(out, &cap_off, &cap_bytes, (const uint8_t *)pages + at, err);
	if (rc == RS_EDATA || (rc == 0 && out->n > n_max))
		rc = bad_keys(r, err);
out:
	rs_free(pages);
	if (rc < 0)
		rs_keys_release(out);
	return rc;
}

/* Reads page i and opens it. */
static int read_page(struct rs_reader *r, const struct rs_chunk *c, uint64_t i, uint8_t *bytes, struct page *g,
                     struct rs_err *err)
{
	int rc = rs_reader_slice(r, c, i * PAGE, PAGE, bytes, err);

	if (rc == 0 && open_page(g, bytes) < 0)
		rc = bad_keys(r, err);
	return rc;
}

static int find_chunk(struct rs_reader *r, uint32_t kind, uint32_t column, const struct rs_chunk **c,
                      struct rs_err *err)
{
	int rc = rs_reader_need(r, kind, column, 1, (uint64_t)1 << 42, c, err);

	return rc == 0 && (*c)->n % PAGE != 0 ? bad_keys(r, err) : rc;
}

int rs_keys_seek(struct rs_reader *r, uint32_t kind, uint32_t column, const void *key, size_t n_key, uint32_t *ix,
                 uint32_t *n, struct rs_err *err)
{
	uint64_t lo = 0, hi, n_pages;
	uint8_t *bytes = NULL;
	const struct rs_chunk *c;
	char at[RS_KEY_MAX];
	struct page g;
	size_t len;
	int rc;

	*ix = RS_NONE;
	*n = 0;
	if ((rc = find_chunk(r, kind, column, &c, err)) < 0 || c->n == 0)
		return rc;
	if ((bytes = rs_array(PAGE, 1, err)) == NULL)
		return RS_ENOMEM;
	n_pages = c->n / PAGE;
	if ((rc = read_page(r, c, n_pages - 1, bytes, &g, err)) < 0)
		goto out;
	*n = g.first + g.count;
	for (hi = n_pages; hi - lo > 1;) { /* the last page whose first key is not above */
		uint64_t mid = lo + (hi - lo) / 2;

		len = 0;
		if ((rc = read_page(r, c, mid, bytes, &g, err)) < 0)
			goto out;
		if (next_key(&g, at, &len) < 0) {
			rc = bad_keys(r, err);
			goto out;
		}
		if (rs_key_cmp(at, len, key, n_key) <= 0)
			lo = mid;
		else
			hi = mid;
	}
	if ((rc = read_page(r, c, lo, bytes, &g, err)) < 0)
		goto out;
	len = 0;
	for (uint32_t i = 0; i < g.count; i++) {
		if (next_key(&g, at, &len) < 0) {
			rc = bad_keys(r, err);
			goto out;
		}
		if (rs_key_cmp(at, len, key, n_key) == 0) {
			*ix = g.first + i;
			break;
		}
	}
out:
	rs_free(bytes);
	return rc;
}

int rs_keys_fetch(struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t ix, struct rs_buf *out,
                  struct rs_err *err)
{
	const struct rs_chunk *c;
	uint8_t *bytes = NULL;
	char at[RS_KEY_MAX];
	uint64_t lo = 0, hi;
	size_t len = 0;
	struct page g;
	int rc;

	if ((rc = find_chunk(r, kind, column, &c, err)) < 0)
		return rc;
	if (c->n == 0)
		return bad_keys(r, err);
	if ((bytes = rs_array(PAGE, 1, err)) == NULL)
		return RS_ENOMEM;
	for (hi = c->n / PAGE; hi - lo > 1;) {
		uint64_t mid = lo + (hi - lo) / 2;

		if ((rc = read_page(r, c, mid, bytes, &g, err)) < 0)
			goto out;
		if (g.first <= ix)
			lo = mid;
		else
			hi = mid;
	}
	if ((rc = read_page(r, c, lo, bytes, &g, err)) < 0)
		goto out;
	if (ix < g.first || ix - g.first >= g.count) {
		rc = bad_keys(r, err);
		goto out;
	}
	for (uint32_t i = 0; i <= ix - g.first && rc == 0; i++)
		if (next_key(&g, at, &len) < 0)
			rc = bad_keys(r, err);
	if (rc == 0)
		rc = rs_buf_add(out, at, len, err);
out:
	rs_free(bytes);
	return rc;
}
