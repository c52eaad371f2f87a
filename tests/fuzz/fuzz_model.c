/* fuzz_model.c -- the model reader on any bytes, as they are and with checksums repaired; a model that opens serves a person
 * and finds companions of its items. */
#include "tests/fuzz/fuzz_file.h"

#include "lib/base/mem.h"
#include "lib/rank/rank.h"

#include <math.h>

static int check_list(void *ctx, const struct rs_list *list, struct rs_err *err)
{
	const struct rs_model *m = ctx;

	(void)err;
	for (uint32_t i = 0; i < list->n; i++)
		if (list->pick[i].item >= m->item_key.n || isnan(list->pick[i].score))
			abort();
	return 0;
}

static void serve(struct rs_model *m)
{
	uint64_t row_ptr[2] = { 0, m->item_key.n < 3 ? m->item_key.n : 3 };
	uint32_t item[3] = { 0, 1, 2 }, n;
	struct rs_events one = { .n_users = 1, .n_items = m->item_key.n, .row_ptr = row_ptr, .item = item };
	uint64_t has[2] = { 0, 1 };
	uint32_t first = 0;
	float given = 1;
	struct rs_csr profile = { 1, m->user_features.n, has, &first, &given };
	struct rs_histories h = { .chosen = one, .seen = one };
	struct rs_rank_options o = { .n = 5, .seen = RS_SEEN_DROP, .explain = 1 };
	struct rs_pick *pick;
	struct rs_err err = RS_ERR_INIT;

	if (m->user_features.n > 0)
		h.profile = profile;
	rs_rank_users(m, &h, NULL, 1, &o, check_list, m, &err);
	if (m->item_key.n > 0 && rs_rank_similar(m, 0, 5, NULL, &pick, &n, &err) == 0)
		rs_free(pick);
}

static void read_model(const char *path)
{
	struct rs_model *m;
	struct rs_err err = RS_ERR_INIT;

	if (rs_model_open(&m, path, &err) < 0)
		return;
	serve(m);
	rs_model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	read_model(fuzz_file(data, n));
	read_model(fuzz_file_repaired(data, n));
	return 0;
}
