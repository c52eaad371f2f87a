/* isa.h -- the hot loops, compiled once per instruction set (isa_*.c) and chosen at run time.
 *
 * Every output is one chain of additions in a fixed order, whatever the batch, the range of outputs asked for or the
 * thread, so that a result never depends on how the work was cut. Between instruction sets the last bits may differ.
 * The plain meaning of each is in tests/unit/num_ref.h. */
#ifndef RS_NUM_ISA_H
#define RS_NUM_ISA_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Rows of anything that is read by vectors are readable up to the next multiple of RS_LANES floats. */
#define RS_LANES 16
#define RS_ROUND_LANES(n) (((n) + RS_LANES - 1) / RS_LANES * RS_LANES)

#define RS_PANEL 32       /* columns of a packed panel */
#define RS_PART_MAX 1024  /* numbers that are parted at once */
#define RS_ORDER_MAX 64   /* numbers that are put in order at once, at most */
#define RS_RUN_MAX 512    /* scores that are looked at together */
#define RS_KEYS_SPARE 4   /* keys that may be written behind those found */
#define RS_FRAME 128      /* integers that are packed together */
#define RS_FRAME_ROOM (12 + RS_FRAME * 8 + 64) /* of a frame: width, exceptions, base; values; what is written beside them */
#define RS_FRAME_SLACK 64 /* bytes behind packed ones that are readable */

enum rs_tn { RS_TN_SET, RS_TN_ADD, RS_TN_SUB };

/* Rows of a matrix: row i is base + ix[i] * ld, or base + i * ld where ix is NULL. */
struct rs_rows_of {
	const float *base;
	size_t ld;
	const uint32_t *ix;
	size_t n;
};

/* Rows of short floats, two in a word, for what is read at random far more often than it is written: half the bytes, and
 * each number within 2^-8 of itself. Word j of a row of n numbers in w = RS_SHORT_WORDS(n) words holds number j above
 * number w + j (0 from n on). The lower is the upper 16 bits of its float; the upper is such that the word as it stands,
 * read as a float, comes nearest to it. */
#define RS_SHORT_WORDS(n) RS_ROUND_LANES(((n) + 1) / 2)

/* Row i is base + ix[i] * n_words. */
struct rs_short_rows {
	const uint32_t *base;
	size_t n_words; /* of a row: a multiple of RS_LANES */
	const uint32_t *ix;
	size_t n;
	const uint32_t *soon; /* n_soon rows that come next: they are fetched into the second cache meanwhile, evenly */
	size_t n_soon;
};

/* The larger number is the better candidate: the bits of the score in their order, then the complement of the index. */
static inline uint64_t rs_score_key(float score, uint32_t ix)
{
	uint32_t bits;

	score += 0.0f; /* one zero */
	memcpy(&bits, &score, sizeof bits);
	bits ^= bits >> 31 ? ~(uint32_t)0 : (uint32_t)1 << 31;
	return (uint64_t)bits << 32 | (uint32_t)~ix;
}

struct rs_kernels {
	const char *name;
	size_t mr; /* rows of the output that are done at once: the best width of a packed left operand */

	/* c (m x n) = a'b, += a'b or -= a'b. a: k x m, b: k x n, row strides lda, ldb, ldc; n <= RS_PANEL. Every mr columns
	 * of a stand a_next floats further (mr where a is not packed; k * mr where each mr columns are a block of their own).
	 * c is written in its m x n only. Going on in the next part of k gives the bits of one call. */
	void (*tn)(enum rs_tn how, float *c, size_t ldc, size_t m, size_t n, size_t k, const float *a,
	           size_t lda, size_t a_next, const float *b, size_t ldb);

	/* dst[k * width + i] = scale[k] * row i [k] for k < n_k (scale NULL: 1), 0 for rows.n <= i < width. */
	void (*pack_rows)(float *dst, size_t width, struct rs_rows_of rows, size_t n_k, const float *scale);

	float (*dot)(const float *a, const float *b, size_t n);

	/* y[0 .. n) += sum over i of w[i] * row i, in the order of i (w NULL: 1). */
	void (*add_rows)(float *y, size_t n, struct rs_rows_of rows, const float *w);

	/* A short row of n finite numbers, a multiple of RS_LANES. */
	void (*shorten)(uint32_t *to, const float *from, size_t n);

	/* out += sum over i of w[i] * (target - row i . v) * row i (w NULL: 1); out, v: 2 * rows.n_words. */
	void (*add_residual)(float *out, const float *v, float target, struct rs_short_rows rows, const float *w);

	/* Keys of the scores that are not <= limit, NaN among them, in their order; n <= RS_RUN_MAX. See rs_score_key;
	 * the index of score i is first + i. 0 < n. Writes RS_KEYS_SPARE more. *odd is set where one of them is NaN or
	 * infinite, and may be where the first score is. */
	size_t (*keys_above)(uint64_t *key, const float *score, size_t n, uint32_t first, float limit, int *odd);

	/* XXH3-64 of n bytes, with seed 0: the checksum of blocks of files. */
	uint64_t (*hash)(const void *bytes, size_t n);

	/* Numbers above the limit go to the front of a, in their order, and the others behind them in theirs; n <= RS_PART_MAX.
	 * Returns how many are above. */
	size_t (*part)(uint64_t *a, size_t n, uint64_t limit);

	/* Puts n distinct numbers in order, the largest first; n <= order_max, which is from 16 to RS_ORDER_MAX: more are
	 * better parted before. */
	void (*order)(uint64_t *a, size_t n);
	size_t order_max;

	/* a (upper triangle of n x n, then right sides up to column n_cols; row stride ld, a multiple of RS_LANES) = U'U:
	 * a becomes U and, in the further columns, U'^-1 times the right sides. Below the diagonal anything may be left.
	 * Returns 0 where a is not positive definite. */
	int (*chol)(float *a, size_t ld, size_t n, size_t n_cols);

	/* x = U^-1 x, with the U that chol left in a. */
	void (*back)(float *x, const float *a, size_t ld, size_t n);

	/* n <= RS_FRAME integers as a frame of the fewest bytes, see data/frames.h; returns its end. RS_FRAME_ROOM bytes are
	 * written to at most. */
	uint8_t *(*frame_put32)(uint8_t *to, const uint32_t *v, size_t n);
	uint8_t *(*frame_put64)(uint8_t *to, const uint64_t *v, size_t n);

	/* d[i] = v[i] - v[i - 1] modulo 2^(8 elem_bytes), read as signed, in zigzag: v[-1] is readable. */
	void (*frame_differences32)(uint32_t *d, const uint32_t *v, size_t n, unsigned elem_bytes);
	void (*frame_differences64)(uint64_t *d, const uint64_t *v, size_t n);

	/* v[i] = base + number i of n <= RS_FRAME that are packed by b bits each; RS_FRAME_SLACK bytes behind are
	 * readable. b <= 32, or 64. */
	void (*frame_unpack32)(uint32_t *v, const uint8_t *packed, size_t n, uint32_t base, unsigned b);
	void (*frame_unpack64)(uint64_t *v, const uint8_t *packed, size_t n, uint64_t base, unsigned b);

	/* a (upper triangle, n <= RS_PANEL) = U'U: a becomes U^-1, with zeros below the diagonal. 0 as chol. */
	int (*chol_inverse)(float *a, size_t ld, size_t n);
};

/* The fastest set that this processor has, or the one set by rs_isa_set. */
const struct rs_kernels *rs_isa(void);

/* "plain", "avx2" or "avx512", for tests; NULL or "": the fastest. RS_EUSAGE where the processor or the build has not
 * got it. Not while other threads compute. */
int rs_isa_set(const char *name, struct rs_err *err);

/* All sets that this processor has, ended by NULL. */
const struct rs_kernels *const *rs_isa_all(void);

#endif
