/* keyfile.h -- sorted keys as a chunk: front-coded, each block on its own, so that one key is found by binary search
 * over blocks. Byte tables: rs-dataset(5), KEYS. */
#ifndef RS_DATA_KEYFILE_H
#define RS_DATA_KEYFILE_H

#include "lib/base/keys.h"
#include "lib/data/container.h"

int rs_keys_write(struct rs_writer *w, uint32_t kind, uint32_t column, const struct rs_keys *k, struct rs_err *err);

/* Loads and checks: strictly ascending, lengths in range, at most n_max keys. */
int rs_keys_load(struct rs_keys *out, struct rs_reader *r, uint32_t kind, uint32_t column, uint32_t n_max,
                 struct rs_err *err);

/* Looks one key up without loading the rest: its index or RS_NONE in *ix. */
int rs_keys_seek(struct rs_reader *r, uint32_t kind, uint32_t column, const void *key, size_t n_key, uint32_t *ix,
                 struct rs_err *err);

/* The keys ix[0 .. n), which ascend, without loading the rest. */
int rs_keys_pick(struct rs_keys *out, struct rs_reader *r, uint32_t kind, uint32_t column, const uint32_t *ix, uint32_t n,
                 struct rs_err *err);

#endif
