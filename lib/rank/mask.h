/* mask.h -- which scores of a batch of people stand for what they may not get.
 *
 * The items that the people have seen are found once for all tiles of items that will be scored, and kept by tile: no tile
 * searches the histories for what is in it. */
#ifndef RS_RANK_MASK_H
#define RS_RANK_MASK_H

#include "lib/rank/rank.h"

struct rs_mask {
	const uint8_t *allow; /* by item, 0 masks; the caller's; or NULL */
	enum rs_seen seen;
	uint32_t tile;        /* items */
	uint32_t lo, end;     /* the items that the cells are of */
	size_t n_tiles;       /* room in from */
	size_t *from;         /* n_tiles + 1 places in cell */
	size_t *cell;         /* u * tile + (item - first of the tile) of what has been seen */
	float *kept;          /* scores, where nothing but the seen may be got */
	size_t cell_room, kept_room;
};

/* For tiles of n_items items at most. Released whether it worked or not. */
int rs_mask_init(struct rs_mask *k, const struct rs_rank_options *o, uint32_t n_items, uint32_t tile, struct rs_err *err);
void rs_mask_release(struct rs_mask *k);

/* The people user[0 .. n), rows of seen, and the items lo .. end, whose first tile begins with lo. */
int rs_mask_find(struct rs_mask *k, const struct rs_events *seen, const uint32_t *user, uint32_t n, uint32_t lo, uint32_t end,
                 struct rs_err *err);

/* Makes -INFINITY of what they may not get of the tile that begins with item lo. scores: n x tile. */
int rs_mask_apply(struct rs_mask *k, uint32_t lo, float *scores, uint32_t n, struct rs_err *err);

#endif
