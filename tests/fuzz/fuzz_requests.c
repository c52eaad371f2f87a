/* fuzz_requests.c -- any bytes as requests of people with items, as JSON Lines, TSV or CSV: one user each, or a reason. */
#include "lib/data/requests.h"

#include "tests/fuzz/fuzz_file.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_idlist user = { 0 }, item = { 0 };
	struct rs_text_columns context = { 0 };
	struct rs_requests *r;
	size_t n_requests = 0;
	int rc = rs_requests_open(&r, fuzz_file(data, n), &err);

	assert((rc < 0) == (r == NULL));
	while (rc >= 0 && (rc = rs_requests_next(r, &user, &item, &context, &err)) > 0) {
		n_requests++;
		assert(user.n == n_requests);
	}
	if (rc < 0)
		assert(err.code == rc && err.text[0] != 0 && strchr(err.text, '\n') == NULL);
	rs_requests_close(r);
	rs_text_columns_release(&context);
	rs_idlist_release(&user);
	rs_idlist_release(&item);
	return 0;
}
