/* provenance.h -- how a file came to be: a line per step, no clock, no path, no thread count.
 *
 * Stored as chunk "prov", text lines joined by LF: "rs-train 0.3.0 -r als -p factors=64 in=DIGEST". The steps of
 * the inputs come first; equal lines once. */
#ifndef RS_DATA_PROVENANCE_H
#define RS_DATA_PROVENANCE_H

#include "lib/data/container.h"

/* Takes over the steps of an input file. */
int rs_prov_inherit(struct rs_buf *prov, struct rs_reader *in, struct rs_err *err);

/* Adds lines of n bytes of text that are not there yet. */
int rs_prov_join(struct rs_buf *prov, const char *steps, size_t n, struct rs_err *err);

/* The step that the running command set (name, version, the options that matter for the result); written by
 * every writer of the process. Set once by the command. Default: none. */
int rs_prov_set_step(const char *step, struct rs_err *err);

/* Writes the chunk: prov (may be NULL) and the running step. */
int rs_prov_write(struct rs_writer *w, const struct rs_buf *prov, struct rs_err *err);

#endif
