/* proof.h -- the record of rs-forget: which bytes were there before and after, what was searched, what was found.
 *
 * JSON Lines, a line per file that was or would have been rewritten. It holds no id, only the digest of the list, so that
 * it can be kept. Without a path nothing is written, and nothing is searched. */
#ifndef RS_CMD_PROOF_H
#define RS_CMD_PROOF_H

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/data/forget.h"

struct rs_proof {
	struct rs_out *out; /* NULL: no proof is asked for */
	struct rs_buf before; /* of the file at hand */
};

int rs_proof_open(struct rs_proof *p, const char *path, struct rs_err *err);

/* Takes the digests of the inputs. */
int rs_proof_before(struct rs_proof *p, const char *const *path, size_t n, struct rs_err *err);

/* Reads the result from its file and searches it. RS_EINTERNAL where a forgotten id is still there. */
int rs_proof_after(struct rs_proof *p, const char *path, const struct rs_forget *f, const struct rs_forgotten *n,
                   struct rs_err *err);
int rs_proof_commit(struct rs_proof *p, struct rs_err *err);
void rs_proof_release(struct rs_proof *p);

#endif
