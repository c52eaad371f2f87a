/* suspect_copy.c -- groups of users whose items are nearly the same.
 *
 * Users with a hash of minima in common [1] are compared one by one with the first of them. Equal sets share every hash,
 * sets of Jaccard similarity 0.8 at least one of the eight with probability 0.997.
 *
 * [1] A. Broder, On the resemblance and containment of documents, SEQUENCES 1997. */
#include "lib/analyze/suspects.h"
#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS 20   /* users with fewer different items are not compared */
#define EVENTS_MAX 100000 /* nor are those with more events */
#define SAME 0.8   /* Jaccard similarity */
#define GROUP 3
#define BITS 3.0   /* what the items of a profile tell on average: with items that everybody has, many profiles are alike */
#define BANDS 8
#define PER_BAND 3
#define HASHES (BANDS * PER_BAND)
#define TILE 1024  /* users */

struct key {
	uint64_t band;
	uint32_t user;
};

struct hashing {
	const struct rs_pass *p;
	struct key *key; /* n_users x BANDS; band 0: not compared */
};

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return x ^ x >> 32;
}

static void hash_user(const struct rs_pass *p, uint32_t u, struct key *key)
{
	uint32_t min[HASHES];

	memset(min, 0xff, sizeof min);
	for (uint64_t e = p->row_ptr[u]; e < p->row_ptr[u + 1]; e++) {
		uint64_t h = mix(p->item[e] + 1ull);
		uint32_t a = (uint32_t)h, b = (uint32_t)(h >> 32) | 1;

		for (uint32_t k = 0; k < HASHES; k++, a += b) {
			uint32_t x = (a ^ a >> 15) * 0x2c1b3c6du;

			min[k] = x < min[k] ? x : min[k];
		}
	}
	for (uint32_t k = 0; k < BANDS; k++) {
		uint64_t h = k + 1;

		for (uint32_t j = 0; j < PER_BAND; j++)
			h = mix(h ^ (uint64_t)min[k * PER_BAND + j] << 8);
		key[k] = (struct key){ h | 1, u };
	}
}

static int hash_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	const struct hashing *h = ctx;
	const struct rs_pass *p = h->p;
	uint32_t lo = (uint32_t)tile * TILE, hi = p->n_users - lo < TILE ? p->n_users : lo + TILE;

	(void)worker;
	(void)err;
	for (uint32_t u = lo; u < hi; u++) {
		uint64_t n = p->row_ptr[u + 1] - p->row_ptr[u];

		if (n >= ITEMS && n <= EVENTS_MAX)
			hash_user(p, u, h->key + (size_t)u * BANDS);
	}
	return 0;
}

static int cmp_key(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;

	if (a->band != b->band)
		return a->band < b->band ? -1 : 1;
	return (a->user > b->user) - (a->user < b->user);
}

/* Items of a user are stamped with a number that no other has. */
struct stamps {
	uint64_t *first, *second; /* by item */
	uint64_t now;
};

static uint32_t stamp(struct stamps *s, const struct rs_pass *p, uint32_t u)
{
	uint32_t n = 0;

	s->now++;
	for (uint64_t e = p->row_ptr[u]; e < p->row_ptr[u + 1]; e++) {
		n += s->first[p->item[e]] != s->now;
		s->first[p->item[e]] = s->now;
	}
	return n;
}

/* Mean information of the items of u: the logarithm of users / users who have it. */
static double bits_of(const struct rs_pass *p, uint32_t u)
{
	uint64_t n = p->row_ptr[u + 1] - p->row_ptr[u];
	double sum = 0;

	for (uint64_t e = p->row_ptr[u]; e < p->row_ptr[u + 1]; e++)
		sum += log2((double)p->n_users / p->item_users[p->item[e]]);
	return n == 0 ? 0 : sum / (double)n;
}

/* The similarity of v to the user with n items whose stamp is `of`. */
static double similarity(struct stamps *s, const struct rs_pass *p, uint64_t of, uint32_t n, uint32_t v)
{
	uint32_t both = 0, mine = 0;

	s->now++;
	for (uint64_t e = p->row_ptr[v]; e < p->row_ptr[v + 1]; e++) {
		uint32_t i = p->item[e];

		if (s->second[i] == s->now)
			continue;
		s->second[i] = s->now;
		mine++;
		both += s->first[i] == of;
	}
	return (double)both / (n + mine - both);
}

/* Users of one band: key[0 .. n). */
static void look_at_group(struct rs_marks *m, struct stamps *s, const struct rs_pass *p, struct key *key, size_t n)
{
	uint32_t u = key[0].user, items = stamp(s, p, u), alike = 1;
	uint64_t of = s->now;

	if (items < ITEMS || bits_of(p, u) < BITS)
		return;
	for (size_t k = 1; k < n; k++) {
		if (similarity(s, p, of, items, key[k].user) >= SAME)
			alike++;
		else
			key[k].band = 0;
	}
	for (size_t k = 0; k < n && alike >= GROUP; k++) {
		uint32_t v = key[k].user;

		if (key[k].band == 0)
			continue;
		if (alike > m->with[v] && (m->why[v] & RS_SUSPECT_PUSH) == 0) {
			m->target[v] = u;
			m->with[v] = alike;
		}
		rs_mark(m, v, RS_SUSPECT_COPY, alike);
	}
}

int rs_suspect_copy(struct rs_marks *m, const struct rs_pass *p, struct rs_err *err)
{
	struct hashing h = { p, rs_array0((size_t)p->n_users * BANDS, sizeof *h.key, err) };
	struct stamps s = { rs_array0(p->n_items, sizeof *s.first, err), rs_array0(p->n_items, sizeof *s.second, err), 0 };
	size_t n = 0;
	int rc = RS_ENOMEM;

	if (h.key == NULL || s.first == NULL || s.second == NULL ||
	    (rc = rs_tiles_run(((size_t)p->n_users + TILE - 1) / TILE, hash_tile, &h, err)) < 0)
		goto out;
	for (size_t k = 0; k < (size_t)p->n_users * BANDS; k++)
		if (h.key[k].band != 0)
			h.key[n++] = h.key[k];
	qsort(h.key, n, sizeof *h.key, cmp_key);
	for (size_t lo = 0, hi; lo < n; lo = hi) {
		for (hi = lo + 1; hi < n && h.key[hi].band == h.key[lo].band;)
			hi++;
		if (hi - lo >= GROUP)
			look_at_group(m, &s, p, h.key + lo, hi - lo);
	}
out:
	rs_free(h.key);
	rs_free(s.first);
	rs_free(s.second);
	return rc;
}
