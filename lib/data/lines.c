/* lines.c -- groups of tiles: filled, then written. */
#include "lib/data/lines.h"

#include "lib/base/tiles.h"

#define GROUP 32

struct group {
	rs_lines_fn *fn;
	void *ctx;
	size_t first;
	struct rs_buf text[GROUP];
};

static int fill(void *ctx, size_t tile, int worker, struct rs_err *err)
{
	struct group *g = ctx;

	(void)worker;
	g->text[tile].n = 0;
	return g->fn(g->ctx, g->first + tile, &g->text[tile], err);
}

int rs_lines_write(struct rs_out *out, size_t n_tiles, rs_lines_fn *fn, void *ctx, struct rs_err *err)
{
	struct group g = { .fn = fn, .ctx = ctx };
	int rc = 0;

	for (; g.first < n_tiles && rc == 0; g.first += GROUP) {
		size_t n = n_tiles - g.first < GROUP ? n_tiles - g.first : GROUP;

		rc = rs_tiles_run(n, fill, &g, err);
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = rs_out_write(out, g.text[i].p, g.text[i].n, err);
	}
	for (size_t i = 0; i < GROUP; i++)
		rs_buf_release(&g.text[i]);
	return rc;
}
