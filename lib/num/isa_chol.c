/* isa_chol.c -- Cholesky factors A = U'U of small symmetric matrices, for one instruction set.
 *
 * The upper triangle is worked on by rows in blocks of 32: a block row first loses the products with all rows above
 * it (rs_tn), then its diagonal block is factored, and the inverse of that applied to the rest of the block row.
 * Right sides stand as further columns, so that U'^-1 B comes out along the way. Time n^3 / 3. */
#include "lib/num/isa_vec.h"

#include <math.h>
#include <string.h>

#define NB RS_PANEL

/* Factors the n x n corner of t in place; the columns up to `vectors` vectors go along. Rows are divided by the roots of
 * their pivots at the end only, since each step waits for the one before it. Returns 0 where a pivot is not positive and
 * finite. */
static int factor_block(float t[NB * NB], size_t n, size_t vectors)
{
	for (size_t k = 0; k < n; k++) {
		const float *row = t + k * NB;
		float f = 1 / row[k];

		if (!(row[k] > 0) || !isfinite(row[k]))
			return 0;
		for (size_t i = k + 1; i < n; i++) {
			float *to = t + i * NB, g = f * row[i];

			for (size_t v = i / VW; v < vectors; v++)
				put(to + v * VW, get(to + v * VW) - g * get(row + v * VW));
		}
	}
	for (size_t k = 0; k < n; k++) {
		float *row = t + k * NB, f = 1 / sqrtf(row[k]);

		for (size_t v = k / VW; v < vectors; v++)
			put(row + v * VW, f * get(row + v * VW));
	}
	return 1;
}

/* inv = U^-1 (upper triangle, zeros elsewhere), U the n x n corner of t. */
static void invert_block(float inv[NB * NB], const float t[NB * NB], size_t n)
{
	memset(inv, 0, NB * NB * sizeof *inv);
	for (size_t k = n; k-- > 0;) {
		float *row = inv + k * NB, f = 1 / t[k * NB + k];

		row[k] = 1;
		for (size_t v = k / VW; v < NB / VW; v++)
			put(row + v * VW, f * get(row + v * VW));
		for (size_t i = 0; i < k; i++) {
			float *to = inv + i * NB, g = t[i * NB + k];

			for (size_t v = k / VW; v < NB / VW; v++)
				put(to + v * VW, get(to + v * VW) - g * get(row + v * VW));
		}
	}
}

static void copy_block(float *to, size_t ld_to, const float *from, size_t ld_from, size_t rows, size_t cols)
{
	for (size_t i = 0; i < rows; i++)
		memcpy(to + i * ld_to, from + i * ld_from, cols * sizeof *to);
}

int RS_ISA_FN(rs_chol)(float *a, size_t ld, size_t n, size_t n_cols)
{
	_Alignas(64) float t[NB * NB], inv[NB * NB];

	for (size_t j = 0; j < n; j += NB) {
		size_t nb = n - j < NB ? n - j : NB, cols = n_cols - j < NB ? n_cols - j : NB;
		size_t vectors = (cols + VW - 1) / VW;
		float *row = a + j * ld;

		for (size_t c = j; c < n_cols && j > 0; c += NB)
			RS_ISA_FN(rs_tn)
			(RS_TN_SUB, row + c, ld, nb, n_cols - c < NB ? n_cols - c : NB, j, a + j, ld, MR,
			 a + c, ld);
		for (size_t i = 0; i < nb; i++)
			for (size_t v = 0; v < vectors; v++)
				put(t + i * NB + v * VW, get(row + i * ld + j + v * VW));
		if (!factor_block(t, nb, vectors))
			return 0;
		copy_block(row + j, ld, t, NB, nb, cols);
		if (j + NB < n_cols)
			invert_block(inv, t, nb);
		for (size_t c = j + NB; c < n_cols; c += NB) {
			cols = n_cols - c < NB ? n_cols - c : NB;
			copy_block(t, NB, row + c, ld, nb, cols);
			RS_ISA_FN(rs_tn)(RS_TN_SET, row + c, ld, nb, cols, nb, inv, NB, MR, t, NB);
		}
	}
	return 1;
}

/* Rows of a block lose what is known of x beyond it; the block itself goes column by column, from the last. */
void RS_ISA_FN(rs_back)(float *x, const float *a, size_t ld, size_t n)
{
	for (size_t j = (n + NB - 1) / NB * NB; j > 0;) {
		size_t end = j < n ? j : n;

		j -= NB;
		for (size_t i = j; i < end && end < n; i++)
			x[i] -= RS_ISA_FN(rs_dot)(a + i * ld + end, x + end, n - end);
		for (size_t k = end; k-- > j;) {
			x[k] /= a[k * ld + k];
			for (size_t i = j; i < k; i++)
				x[i] -= a[i * ld + k] * x[k];
		}
	}
}

int RS_ISA_FN(rs_chol_inverse)(float *a, size_t ld, size_t n)
{
	_Alignas(64) float t[NB * NB], inv[NB * NB];

	copy_block(t, NB, a, ld, n, n);
	if (!factor_block(t, n, NB / VW))
		return 0;
	invert_block(inv, t, n);
	copy_block(a, ld, inv, NB, n, n);
	return 1;
}
