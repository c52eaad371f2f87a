/* deal.c -- see deal.h. */
#include "lib/data/deal.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <string.h>

static int count_tile(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct rs_deal *d = ctx;
	uint64_t *count = d->place + tile * d->n_ranges, lo, hi;

	(void)worker;
	(void)err;
	rs_deal_rows(d->n, tile, &lo, &hi);
	for (uint64_t e = lo; e < hi; e++)
		count[d->user[e] >> d->shift]++;
	return 0;
}

int rs_deal_count(struct rs_deal *d, uint32_t n_users, struct rs_err *err)
{
	uint64_t at = 0;
	int rc;

	d->n_ranges = n_users == 0 ? 0 : (size_t)((n_users - 1) >> d->shift) + 1;
	d->n_tiles = rs_deal_tiles(d->n);
	if ((d->place = rs_array0(d->n_tiles * d->n_ranges, sizeof *d->place, err)) == NULL ||
	    (d->range = rs_array(d->n_ranges + 1, sizeof *d->range, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_tiles_run(d->n_tiles, count_tile, d, err)) < 0)
		return rc;
	for (size_t r = 0; r < d->n_ranges; r++) {
		d->range[r] = at;
		for (size_t t = 0; t < d->n_tiles; t++) {
			uint64_t n = d->place[t * d->n_ranges + r];

			d->place[t * d->n_ranges + r] = at;
			at += n;
		}
	}
	d->range[d->n_ranges] = at;
	return 0;
}

void rs_deal_release(struct rs_deal *d)
{
	rs_free(d->place);
	rs_free(d->range);
	memset(d, 0, sizeof *d);
}
