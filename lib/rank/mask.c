/* mask.c -- what has been seen, sorted by tile by counting. */
#include "lib/rank/mask.h"

#include "lib/base/mem.h"

#include <math.h>
#include <string.h>

int rs_mask_init(struct rs_mask *k, const struct rs_rank_options *o, uint32_t n_items, uint32_t tile, struct rs_err *err)
{
	*k = (struct rs_mask){ .allow = o->allow, .seen = o->seen, .tile = tile };
	k->n_tiles = ((size_t)n_items + tile - 1) / tile;
	return (k->from = rs_array(k->n_tiles + 1, sizeof *k->from, err)) == NULL ? RS_ENOMEM : 0;
}

void rs_mask_release(struct rs_mask *k)
{
	rs_free(k->from);
	rs_free(k->cell);
	rs_free(k->kept);
	memset(k, 0, sizeof *k);
}

int rs_mask_find(struct rs_mask *k, const struct rs_events *seen, const uint32_t *user, uint32_t n, uint32_t lo, uint32_t end,
                 struct rs_err *err)
{
	size_t *next = k->from + 1, at = 0; /* next[t] goes through the cells of t, and ends where those of t + 1 begin */
	int rc;

	k->lo = lo;
	k->end = end;
	memset(k->from, 0, (k->n_tiles + 1) * sizeof *k->from);
	if (k->seen == RS_SEEN_KEEP)
		return 0;
	for (uint32_t u = 0; u < n; u++)
		for (uint64_t e = seen->row_ptr[user[u]]; e < seen->row_ptr[user[u] + 1]; e++)
			if (seen->item[e] >= lo && seen->item[e] < end)
				next[(seen->item[e] - lo) / k->tile]++;
	for (size_t t = 0; t < k->n_tiles; t++) {
		size_t has = next[t];

		next[t] = at;
		at += has;
	}
	if (at > k->cell_room && (rc = rs_grow(&k->cell, &k->cell_room, at, sizeof *k->cell, err)) < 0)
		return rc;
	for (uint32_t u = 0; u < n; u++)
		for (uint64_t e = seen->row_ptr[user[u]]; e < seen->row_ptr[user[u] + 1]; e++)
			if (seen->item[e] >= lo && seen->item[e] < end) {
				uint32_t i = seen->item[e] - lo;

				k->cell[next[i / k->tile]++] = (size_t)u * k->tile + i % k->tile;
			}
	return 0;
}

/* Only the cells keep their scores. */
static int keep_seen(struct rs_mask *k, const size_t *cell, size_t n_cells, float *scores, size_t n, struct rs_err *err)
{
	int rc;

	if (n_cells > k->kept_room && (rc = rs_grow(&k->kept, &k->kept_room, n_cells, sizeof *k->kept, err)) < 0)
		return rc;
	for (size_t c = 0; c < n_cells; c++)
		k->kept[c] = scores[cell[c]];
	for (size_t i = 0; i < n * k->tile; i++)
		scores[i] = -INFINITY;
	for (size_t c = 0; c < n_cells; c++)
		scores[cell[c]] = k->kept[c];
	return 0;
}

int rs_mask_apply(struct rs_mask *k, uint32_t lo, float *scores, uint32_t n, struct rs_err *err)
{
	size_t t = (lo - k->lo) / k->tile, n_cells = k->from[t + 1] - k->from[t];
	const size_t *cell = k->cell + k->from[t];
	uint32_t width = k->end - lo < k->tile ? k->end - lo : k->tile;

	for (uint32_t u = 0; u < n && k->allow != NULL; u++)
		for (uint32_t i = 0; i < width; i++)
			if (k->allow[lo + i] == 0)
				scores[(size_t)u * k->tile + i] = -INFINITY;
	if (k->seen == RS_SEEN_ONLY)
		return keep_seen(k, cell, n_cells, scores, n, err);
	for (size_t c = 0; c < n_cells && k->seen == RS_SEEN_DROP; c++)
		scores[cell[c]] = -INFINITY;
	return 0;
}
