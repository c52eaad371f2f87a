/* tiles.h -- parallel work in tiles of a fixed size, the same bytes for any number of threads.
 *
 * The caller cuts the work into tiles whose size never depends on the number of threads; each tile is done by one
 * thread and writes only what is its own. BLAS inside a tile runs with one thread. */
#ifndef RS_BASE_TILES_H
#define RS_BASE_TILES_H

#include "lib/base/err.h"

#include <stddef.h>

/* Threads for all later calls; 0 means the processors this process may run on. Limited to RS_THREADS_MAX. */
#define RS_THREADS_MAX 256
void rs_threads_set(int n);
int rs_threads(void);

/* One tile. `worker` is 0 .. rs_threads() - 1, for scratch memory of which each worker has its own; what a tile
 * computes must not depend on it. Returns 0 or an RS_E* code with err filled. */
typedef int rs_tile_fn(void *ctx, size_t tile, int worker, struct rs_err *err);

/* Runs fn for each tile 0 .. n_tiles - 1, taken in order by whichever worker is free. After a failure no new tile is
 * started; the failure of the lowest failed tile is returned. A call inside of a tile that runs beside others stays in its
 * thread. */
int rs_tiles_run(size_t n_tiles, rs_tile_fn *fn, void *ctx, struct rs_err *err);

/* The same, and what is done of the tiles is taken up in their order: `then` runs for tile 0, 1, ..., each once it and all
 * before it are done, by whichever worker finds it so, one call at a time, while others go on with their tiles. */
int rs_tiles_run_then(size_t n_tiles, rs_tile_fn *fn, rs_tile_fn *then, void *ctx, struct rs_err *err);

/* Progress of long work, told to whoever set a listener (a command; nobody in the library's tests).
 * stage: what is being done ("als: epoch"); done of total (0 when unknown) in `unit`s. Cheap; thread-safe. */
typedef void rs_progress_fn(void *ctx, const char *stage, unsigned long long done, unsigned long long total,
                            const char *unit);
void rs_progress_listen(rs_progress_fn *fn, void *ctx);
void rs_progress(const char *stage, unsigned long long done, unsigned long long total, const char *unit);

/* A remark for a person that is not an error ("3 users share no item with the model"); told to the listener. */
typedef void rs_note_fn(void *ctx, const char *text);
void rs_note_listen(rs_note_fn *fn, void *ctx);
void rs_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
