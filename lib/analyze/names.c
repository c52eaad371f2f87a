/* names.c -- names from the data, the greatest counts, and correlation of ranks. */
#include "lib/analyze/parts.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rs_text(char **out, struct rs_err *err, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	*out = rs_strndup(text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, err);
	return *out == NULL ? RS_ENOMEM : 0;
}

const char *rs_span(char *text, int64_t s)
{
	static const struct {
		int64_t from_s, unit_s;
		const char *name;
	} unit[] = { { 3 * 365 * 86400ll, 31556952, "year" }, { 86400, 86400, "day" }, { 3600, 3600, "hour" },
		     { 60, 60, "minute" }, { INT64_MIN, 1, "second" } };
	int k = 0;
	double v;

	while (s < unit[k].from_s)
		k++;
	v = (double)s / (double)unit[k].unit_s;
	snprintf(text, RS_SPAN_MAX, v >= 100 ? "%.0f %s%s" : "%.3g %s%s", v, unit[k].name, v == 1 ? "" : "s");
	return text;
}

int rs_name_set(struct rs_name *name, const void *p, size_t n, uint64_t count, struct rs_err *err)
{
	if ((name->text = rs_strndup(p, n, err)) == NULL)
		return RS_ENOMEM;
	name->n = n;
	name->count = count;
	return 0;
}

void rs_name_release(struct rs_name *name)
{
	rs_free(name->text);
	memset(name, 0, sizeof *name);
}

int rs_name_ids(struct rs_name *name, struct rs_tape *t, bool item, const uint32_t *ix, const uint64_t *count, uint32_t n,
                struct rs_err *err)
{
	uint32_t sorted[RS_TOP];
	struct rs_keys key = { 0 };
	int rc;

	for (uint32_t i = 0; i < n; i++) { /* by insertion: they are few */
		uint32_t k = i;

		for (; k > 0 && sorted[k - 1] > ix[i]; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = ix[i];
	}
	if (n == 0)
		return 0;
	if ((rc = rs_tape_pick(&key, t, item, sorted, n, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		uint32_t k = 0;
		const char *p;
		size_t len;

		while (sorted[k] != ix[i])
			k++;
		p = rs_keys_get(&key, k, &len);
		rc = rs_name_set(&name[i], p, len, count[i], err);
	}
	rs_keys_release(&key);
	return rc;
}

uint32_t rs_top_counts(uint32_t *ix, uint32_t n_max, const uint64_t *count, uint32_t n)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < n && n_max > 0; i++) {
		uint32_t k;

		if (count[i] == 0 || (used == n_max && count[ix[used - 1]] >= count[i]))
			continue;
		used += used < n_max;
		for (k = used - 1; k > 0 && count[ix[k - 1]] < count[i]; k--)
			ix[k] = ix[k - 1];
		ix[k] = i;
	}
	return used;
}

/* ---- ranks ---- */

struct ranked {
	uint64_t count;
	uint32_t ix;
};

static int cmp_ranked(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return (a->ix > b->ix) - (a->ix < b->ix);
}

static int make_ranks(double *rank, const uint64_t *count, uint32_t n, struct rs_err *err)
{
	struct ranked *r = rs_array(n, sizeof *r, err);

	if (r == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		r[i] = (struct ranked){ count[i], i };
	qsort(r, n, sizeof *r, cmp_ranked);
	for (uint32_t lo = 0, hi; lo < n; lo = hi) {
		for (hi = lo + 1; hi < n && r[hi].count == r[lo].count;)
			hi++;
		for (uint32_t i = lo; i < hi; i++)
			rank[r[i].ix] = (lo + hi - 1) / 2.0;
	}
	rs_free(r);
	return 0;
}

int rs_spearman(double *rho, const uint64_t *a, const uint64_t *b, uint32_t n, struct rs_err *err)
{
	double *ra = rs_array(n, sizeof *ra, err), *rb = rs_array(n, sizeof *rb, err), mean = (n - 1.0) / 2;
	double ab = 0, aa = 0, bb = 0;
	int rc = RS_ENOMEM;

	*rho = NAN;
	if (ra == NULL || rb == NULL || (rc = make_ranks(ra, a, n, err)) < 0 || (rc = make_ranks(rb, b, n, err)) < 0)
		goto out;
	for (uint32_t i = 0; i < n; i++) {
		ab += (ra[i] - mean) * (rb[i] - mean);
		aa += (ra[i] - mean) * (ra[i] - mean);
		bb += (rb[i] - mean) * (rb[i] - mean);
	}
	if (aa > 0 && bb > 0)
		*rho = ab / sqrt(aa * bb);
out:
	rs_free(ra);
	rs_free(rb);
	return rc;
}
