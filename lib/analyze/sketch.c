/* sketch.c -- see sketch.h. */
#include "lib/analyze/sketch.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* One to one on 64 bits. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

/* ---- distinct ---- */

int rs_distinct_init(struct rs_distinct *d, size_t n_max, struct rs_err *err)
{
	memset(d, 0, sizeof *d);
	d->n_max = n_max;
	d->rank = rs_array0((size_t)1 << RS_HLL_BITS, 1, err);
	return d->rank == NULL ? RS_ENOMEM : 0;
}

void rs_distinct_release(struct rs_distinct *d)
{
	rs_free(d->slot);
	rs_free(d->rank);
	memset(d, 0, sizeof *d);
}

/* true: it was new. */
static bool put(uint64_t *slot, size_t n_slots, uint64_t hash)
{
	for (size_t at = (size_t)hash & (n_slots - 1);; at = (at + 1) & (n_slots - 1)) {
		if (slot[at] == hash)
			return false;
		if (slot[at] == 0) {
			slot[at] = hash;
			return true;
		}
	}
}

static int widen(struct rs_distinct *d, struct rs_err *err)
{
	size_t n_slots = d->n_slots == 0 ? 1024 : d->n_slots * 4;
	uint64_t *slot = rs_array0(n_slots, sizeof *slot, err);

	if (slot == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < d->n_slots; i++)
		if (d->slot[i] != 0)
			put(slot, n_slots, d->slot[i]);
	rs_free(d->slot);
	d->slot = slot;
	d->n_slots = n_slots;
	return 0;
}

static void give_up(struct rs_distinct *d)
{
	rs_free(d->slot);
	d->slot = NULL;
	d->n_slots = 0;
	d->over = true;
}

static int add_hash(struct rs_distinct *d, uint64_t hash, struct rs_err *err)
{
	size_t bucket = (size_t)(hash >> (64 - RS_HLL_BITS));
	uint64_t rest = hash << RS_HLL_BITS | (uint64_t)1 << (RS_HLL_BITS - 1);
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
	int rc;

	if (rank > d->rank[bucket])
		d->rank[bucket] = rank;
	if (d->over)
		return 0;
	if (hash == 0) {
		d->n += !d->has_zero;
		d->has_zero = true;
	} else {
		if (d->n * 2 >= d->n_slots && (rc = widen(d, err)) < 0)
			return rc;
		d->n += put(d->slot, d->n_slots, hash);
	}
	if (d->n > d->n_max)
		give_up(d);
	return 0;
}

int rs_distinct_add(struct rs_distinct *d, uint64_t number, struct rs_err *err)
{
	return add_hash(d, mix(number), err);
}

int rs_distinct_add_bytes(struct rs_distinct *d, const void *p, size_t n, struct rs_err *err)
{
	return add_hash(d, XXH3_64bits(p, n), err);
}

int rs_distinct_join(struct rs_distinct *d, const struct rs_distinct *other, struct rs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < (size_t)1 << RS_HLL_BITS; i++)
		if (other->rank[i] > d->rank[i])
			d->rank[i] = other->rank[i];
	if (other->over && !d->over)
		give_up(d);
	if (other->has_zero)
		rc = add_hash(d, 0, err);
	for (size_t i = 0; i < other->n_slots && rc == 0 && !d->over; i++)
		if (other->slot[i] != 0)
			rc = add_hash(d, other->slot[i], err);
	return rc;
}

uint64_t rs_distinct_count(const struct rs_distinct *d, bool *estimated)
{
	double m = (double)((size_t)1 << RS_HLL_BITS), sum = 0, zero = 0, e;

	*estimated = d->over;
	if (!d->over)
		return d->n;
	for (size_t i = 0; i < (size_t)1 << RS_HLL_BITS; i++) {
		sum += ldexp(1, -d->rank[i]);
		zero += d->rank[i] == 0;
	}
	e = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (e <= 2.5 * m && zero > 0)
		e = m * log(m / zero); /* few: linear counting */
	return (uint64_t)(e + .5);
}

/* ---- histogram ---- */

int rs_histogram_init(struct rs_histogram *v, struct rs_err *err)
{
	memset(v, 0, sizeof *v);
	v->n_slots = 1024;
	if ((v->key = rs_array(v->n_slots, sizeof *v->key, err)) == NULL ||
	    (v->n = rs_array0(v->n_slots, sizeof *v->n, err)) == NULL) {
		rs_histogram_release(v);
		return RS_ENOMEM;
	}
	return 0;
}

void rs_histogram_release(struct rs_histogram *v)
{
	rs_free(v->key);
	rs_free(v->n);
	memset(v, 0, sizeof *v);
}

/* Towards 0, to a number that has `dropped` bits of 0 at the end: in one step or in several, the same. */
static uint64_t rounded(uint64_t bits, unsigned dropped)
{
	return bits >> dropped << dropped;
}

static void count(struct rs_histogram *v, uint64_t key, uint64_t n)
{
	size_t at = (size_t)mix(key) & (v->n_slots - 1);

	while (v->n[at] != 0 && v->key[at] != key)
		at = (at + 1) & (v->n_slots - 1);
	v->n_used += v->n[at] == 0;
	v->key[at] = key;
	v->n[at] += n;
}

/* The same counts in other slots, rounded anew. */
static int rebuild(struct rs_histogram *v, size_t n_slots, unsigned dropped, struct rs_err *err)
{
	struct rs_histogram o = { .n_slots = n_slots, .dropped = dropped };

	if ((o.key = rs_array(n_slots, sizeof *o.key, err)) == NULL || (o.n = rs_array0(n_slots, sizeof *o.n, err)) == NULL) {
		rs_histogram_release(&o);
		return RS_ENOMEM;
	}
	for (size_t i = 0; i < v->n_slots; i++)
		if (v->n[i] != 0)
			count(&o, rounded(v->key[i], dropped), v->n[i]);
	rs_histogram_release(v);
	*v = o;
	return 0;
}

static int make_room(struct rs_histogram *v, struct rs_err *err)
{
	int rc = 0;

	if (v->n_used * 2 > v->n_slots && v->n_slots < 2 * (size_t)RS_HISTOGRAM_MAX)
		rc = rebuild(v, v->n_slots * 4, v->dropped, err);
	/* The first step leaves 8 bits of the mantissa, an error of 0.4 % at most; each further one takes a bit. */
	while (rc == 0 && v->n_used > RS_HISTOGRAM_MAX)
		rc = rebuild(v, v->n_slots, v->dropped == 0 ? 44 : v->dropped + 1, err);
	return rc;
}

int rs_histogram_add(struct rs_histogram *v, double number, uint64_t n, struct rs_err *err)
{
	uint64_t bits;

	number += 0.0; /* -0 is 0 */
	memcpy(&bits, &number, sizeof bits);
	count(v, rounded(bits, v->dropped), n);
	return v->n_used * 2 > v->n_slots || v->n_used > RS_HISTOGRAM_MAX ? make_room(v, err) : 0;
}

int rs_histogram_join(struct rs_histogram *v, const struct rs_histogram *other, struct rs_err *err)
{
	int rc = 0;

	if (other->dropped > v->dropped)
		rc = rebuild(v, v->n_slots, other->dropped, err);
	for (size_t i = 0; i < other->n_slots && rc == 0; i++) {
		double number;

		if (other->n[i] == 0)
			continue;
		memcpy(&number, &other->key[i], sizeof number);
		rc = rs_histogram_add(v, number, other->n[i], err);
	}
	return rc;
}

static int cmp_run(const void *pa, const void *pb)
{
	const struct rs_run *a = pa, *b = pb;

	return (a->value > b->value) - (a->value < b->value);
}

int rs_histogram_runs(const struct rs_histogram *v, struct rs_run **run, size_t *n, struct rs_err *err)
{
	struct rs_run *r = rs_array(v->n_used, sizeof *r, err);

	if ((*run = r) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < v->n_slots; i++) {
		if (v->n[i] == 0)
			continue;
		memcpy(&r->value, &v->key[i], sizeof r->value);
		r++->n = v->n[i];
	}
	*n = v->n_used;
	qsort(*run, *n, sizeof **run, cmp_run);
	return 0;
}
