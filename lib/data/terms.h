/* terms.h -- text to terms: words in lower case, and pieces of words.
 *
 * A word is a run of letters and digits of any script; letters of the Latin, Greek and Cyrillic alphabets are compared in
 * lower case. Scripts that write without blanks (Chinese, Japanese) give one word per character and one per pair. Tags of
 * HTML between '<' and '>' are passed over. Bytes that are not UTF-8 count as blanks. */
#ifndef RS_DATA_TERMS_H
#define RS_DATA_TERMS_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

#define RS_TERM_MAX 64 /* bytes; longer words are cut at a character */

/* Called for each term, in the order of the text. The bytes are valid during the call. A piece of a word starts with the
 * byte 1, the first and last of a word have 2 and 3 for its ends. */
typedef int rs_term_fn(void *ctx, const char *p, size_t n, struct rs_err *err);

/* gram > 0: also the pieces of that many characters of every word with its two ends. Returns what fn returns where that
 * is not 0. */
int rs_terms_each(const char *text, size_t n, uint32_t gram, rs_term_fn *fn, void *ctx, struct rs_err *err);

#endif
