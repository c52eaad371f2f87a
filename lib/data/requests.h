/* requests.h -- a stream of people with items each, in one of several forms of text.
 *
 * JSON Lines in the form of Amazon Personalize's batches, {"userId":"7","itemList":["a","b"]}; or TSV or CSV with a header
 * that names a column of users and one of items, in which lines of one user that follow one another are one request. */
#ifndef RS_DATA_REQUESTS_H
#define RS_DATA_REQUESTS_H

#include "lib/data/idlist.h"

struct rs_requests;

int rs_requests_open(struct rs_requests **out, const char *path, struct rs_err *err);
void rs_requests_close(struct rs_requests *r); /* NULL is fine */

/* Adds the next request: its user to user, its items to item, and the context of JSON (idlist.h) in the row of its user.
 * Returns 1, or 0 at the end, or an RS_E* code with file and line. */
int rs_requests_next(struct rs_requests *r, struct rs_idlist *user, struct rs_idlist *item, struct rs_text_columns *context,
                     struct rs_err *err);

#endif
