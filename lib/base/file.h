/* file.h -- safe files: the one layer through which bytes come in and go out.
 *
 * Input is a path or "-" (stdin). Output is a path or "-" (stdout); a regular file is written under a temporary name
 * beside its place (O_EXCL, final mode 0666 minus umask from the start), then synced, closed, renamed over it, and the
 * directory synced, so that each path holds the complete old file or the complete new one. Devices, FIFOs and stdout are
 * streamed to. EINTR and short counts are dealt with here. A test build (FAULTS=1) can make the N-th call fail. */
#ifndef RS_BASE_FILE_H
#define RS_BASE_FILE_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_in;

/* RS_ENOINPUT where the file is not there or is a directory, RS_EPERM where it may not be read, RS_EUSAGE where "-" was opened
 * before and cannot be read from its start again. */
int rs_in_open(struct rs_in **out, const char *path, struct rs_err *err);
void rs_in_close(struct rs_in *in); /* NULL is fine */

/* The name for messages: the path, or "(stdin)". */
const char *rs_in_name(const struct rs_in *in);

/* Whether the path can be read once only, as stdin, a pipe or a device can. Nothing is opened. */
bool rs_path_reads_once(const char *path);

/* Whether it is a regular file, which rs_in_pread and rs_in_size serve. */
bool rs_in_seekable(const struct rs_in *in);
uint64_t rs_in_size(const struct rs_in *in);

/* Reads up to n bytes in sequence; *got < n only at the end. 0, RS_EIO, or RS_EDATA where a regular file ends before the length
 * that it had when it was opened. */
int rs_in_read(struct rs_in *in, void *buf, size_t n, size_t *got, struct rs_err *err);

/* Reads exactly n bytes at off. RS_EDATA where the file ends before. Thread-safe. */
int rs_in_pread(struct rs_in *in, void *buf, size_t n, uint64_t off, struct rs_err *err);

/* Maps [off, off + n) read-only, n > 0; off need not be a multiple of the page size. *p is valid until rs_in_close. */
int rs_in_map(struct rs_in *in, uint64_t off, size_t n, const void **p, struct rs_err *err);

/* RS_EDATA if a file that is open and mapped is not as it was when it was opened: somebody wrote over it or cut it. Every
 * rs_out_commit asks. */
int rs_in_check_mapped(struct rs_err *err);

/* Closes the file and keeps its name and size: all of it was read. */
void rs_in_let_go(struct rs_in *in);

struct rs_out;

/* RS_ECREATE or RS_EPERM where it cannot be made. */
int rs_out_open(struct rs_out **out, const char *path, struct rs_err *err);

/* Buffered. After a failure every later call fails the same way. */
int rs_out_write(struct rs_out *out, const void *bytes, size_t n, struct rs_err *err);
int rs_out_printf(struct rs_out *out, struct rs_err *err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
uint64_t rs_out_offset(const struct rs_out *out); /* bytes written so far */

/* Flushes, syncs, closes, renames. *out is freed and set to NULL whatever the result. For stdout: flushed and
 * closed, so that a full disk is noticed. */
int rs_out_commit(struct rs_out **out, struct rs_err *err);

/* Removes the temporary file; the old file stays. NULL is fine. */
void rs_out_abort(struct rs_out *out);

/* Removes temporary files on SIGINT, SIGTERM and SIGHUP, then dies by the same signal. Called once by main(). */
void rs_out_catch_signals(void);

/* The first half of that, for a handler of one's own. */
void rs_out_remove_temporaries(void);

#endif
