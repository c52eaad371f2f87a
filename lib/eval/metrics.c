/* metrics.c -- how good a list is, for one user. */
#include "lib/eval/metrics.h"

#include <math.h>
#include <stdbool.h>

static bool is_relevant(uint32_t item, const uint32_t *relevant, size_t n)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (relevant[mid] == item)
			return true;
		if (relevant[mid] < item)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The discounted gain of n hits at ranks 1 .. n. */
static double ideal(size_t n)
{
	double sum = 0;

	for (size_t r = 0; r < n; r++)
		sum += 1 / log2((double)r + 2);
	return sum;
}

static double gain(const uint32_t *ranked, size_t n, const uint32_t *relevant, size_t n_relevant)
{
	double sum = 0;

	for (size_t r = 0; r < n; r++)
		if (is_relevant(ranked[r], relevant, n_relevant))
			sum += 1 / log2((double)r + 2);
	return sum;
}

size_t rs_hits(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	size_t hits = 0;

	for (size_t r = 0; r < smaller(n_ranked, k); r++)
		hits += is_relevant(ranked[r], relevant, n_relevant);
	return hits;
}

double rs_recall(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	return (double)rs_hits(ranked, n_ranked, relevant, n_relevant, k) / (double)n_relevant;
}

double rs_recall_capped(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	return (double)rs_hits(ranked, n_ranked, relevant, n_relevant, k) / (double)smaller(n_relevant, k);
}

double rs_precision(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	return (double)rs_hits(ranked, n_ranked, relevant, n_relevant, k) / (double)k;
}

double rs_ndcg(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	return gain(ranked, smaller(n_ranked, k), relevant, n_relevant) / ideal(smaller(n_relevant, k));
}

double rs_ndcg_retrieved(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	size_t hits = rs_hits(ranked, n_ranked, relevant, n_relevant, k);

	return hits == 0 ? 0 : gain(ranked, smaller(n_ranked, k), relevant, n_relevant) / ideal(hits);
}

double rs_reciprocal_rank(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	for (size_t r = 0; r < smaller(n_ranked, k); r++)
		if (is_relevant(ranked[r], relevant, n_relevant))
			return 1 / (double)(r + 1);
	return 0;
}

double rs_average_precision(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	double sum = 0;
	size_t hits = 0;

	for (size_t r = 0; r < smaller(n_ranked, k); r++)
		if (is_relevant(ranked[r], relevant, n_relevant))
			sum += (double)++hits / (double)(r + 1);
	return sum / (double)smaller(n_relevant, k);
}

double rs_hit(const uint32_t *ranked, size_t n_ranked, const uint32_t *relevant, size_t n_relevant, size_t k)
{
	return rs_hits(ranked, n_ranked, relevant, n_relevant, k) > 0;
}
