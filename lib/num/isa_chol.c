/* isa_chol.c -- Cholesky factors A = U'U of small symmetric matrices, for one instruction set.
 *
 * The upper triangle is worked on by rows in blocks of 32: a block row first loses the products with all rows above
 * it (rs_tn), then its diagonal block is factored, inverted, and the inverse applied to the rest of the block row.
 * Right sides stand as further columns, so that U'^-1 B comes out along the way. Time n^3 / 3. */
#include "lib/num/isa_vec.h"

#include <math.h>
#include <string.h>

#define NB RS_PANEL

/* Factors the n x n corner of t in place; the columns up to `vectors` vectors go along. Returns 0 where a pivot is not
 * positive and finite. */
static int factor_block(float t[NB * NB], size_t n, size_t vectors)
{
	for (size_t k = 0; k < n; k++) {
		float *row = t + k * NB, pivot = row[k], f;

		if (!(pivot > 0) || !isfinite(pivot))
			return 0;
		f = 1 / sqrtf(pivot);
		for (size_t v = k / VW; v < vectors; v++)
			put(row + v * VW, f * get(row + v * VW));
		for (size_t i = k + 1; i < n; i++) {
			float *to = t + i * NB;

			for (size_t v = i / VW; v < vectors; v++)
				put(to + v * VW, get(to + v * VW) - row[i] * get(row + v * VW));
		}
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

int RS_ISA_FN(rs_chol)(float *a, size_t ld, size_t n, size_t n_cols, float *inv)
{
	_Alignas(64) float t[NB * NB];

	for (size_t j = 0; j < n; j += NB, inv += NB * NB) {
		size_t nb = n - j < NB ? n - j : NB, cols = n_cols - j < NB ? n_cols - j : NB;
		float *row = a + j * ld;

		for (size_t c = j; c < n_cols && j > 0; c += NB)
			RS_ISA_FN(rs_tn)
			(RS_TN_SUB, row + c, ld, nb, n_cols - c < NB ? n_cols - c : NB, j, a + j, ld, MR,
			 a + c, ld);
		copy_block(t, NB, row + j, ld, nb, cols);
		for (size_t i = 0; i < nb; i++)
			memset(t + i * NB + cols, 0, (NB - cols) * sizeof *t);
		if (!factor_block(t, nb, (cols + VW - 1) / VW))
			return 0;
		copy_block(row + j, ld, t, NB, nb, cols);
		invert_block(inv, t, nb);
		for (size_t c = j + NB; c < n_cols; c += NB) {
			cols = n_cols - c < NB ? n_cols - c : NB;
			copy_block(t, NB, row + c, ld, nb, cols);
			RS_ISA_FN(rs_tn)(RS_TN_SET, row + c, ld, nb, cols, nb, inv, NB, MR, t, NB);
		}
	}
	return 1;
}

void RS_ISA_FN(rs_back)(float *x, const float *a, size_t ld, size_t n, const float *inv)
{
	for (size_t j = (n + NB - 1) / NB * NB; j > 0;) {
		size_t nb, next;
		float r[NB] = { 0 };

		next = j;
		j -= NB;
		nb = n - j < NB ? n - j : NB;
		for (size_t i = 0; i < nb; i++) {
			r[i] = x[j + i];
			if (next < n)
				r[i] -= RS_ISA_FN(rs_dot)(a + (j + i) * ld + next, x + next, n - next);
		}
		for (size_t i = 0; i < nb; i++)
			x[j + i] = RS_ISA_FN(rs_dot)(inv + j * NB + i * NB, r, NB);
	}
}
