/* rs-predict.c -- ratings or probabilities of pairs. */
#include "cmd/common.h"
#include "cmd/people.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/idlist.h"
#include "lib/data/pairs.h"
#include "lib/rank/predict.h"
#include "lib/report/field.h"

#include <string.h>

#define PART 65536 /* pairs that are judged together */

static const char *input = "-", *pairs_path, *columns;
static int format;
static bool deviation;

static const struct rs_opt opts[] = {
	RS_OPT_PATH('i', "input", &input, "the pairs as text: user, item and columns of context; \"-\" is stdin"),
	RS_OPT_PATH(0, "pairs", &pairs_path, "the pairs are the events of this dataset"),
	RS_OPT_STRING(0, "columns", "LIST", &columns, "columns of --input, as for rs-import"),
	RS_OPT_FLAG(0, "deviation", &deviation, "add how unsure each rating is: its standard deviation"),
	RS_OPT_CHOICE('f', "format", "FORMAT", &format, rs_text_format_name, "form of the output"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-predict",
	.synopsis = "MODEL DATASET... < PAIRS",
	.summary = "Predict ratings or event probabilities of pairs of users and items.",
	.opts = opts,
	.min_operands = 2,
	.max_operands = -1,
	.operands_hint = "expected a MODEL and at least one DATASET",
};

struct serving {
	const struct rs_model *m;
	const char *const *path; /* of the datasets */
	size_t n_paths;
	struct rs_dataset *d;
	struct rs_histories h;
	struct rs_out *out;
	struct rs_buf line;
	uint32_t *who, *item; /* PART */
	float *answer, *unsure;
	size_t cap;
	uint64_t n, n_new_users, n_new_items;
};

static int reserve(struct serving *s, size_t n, struct rs_err *err)
{
	size_t cap[4] = { s->cap, s->cap, s->cap, s->cap };
	int rc;

	if ((rc = rs_grow(&s->who, &cap[0], n, sizeof *s->who, err)) == 0 &&
	    (rc = rs_grow(&s->item, &cap[1], n, sizeof *s->item, err)) == 0 &&
	    (rc = rs_grow(&s->unsure, &cap[2], n, sizeof *s->unsure, err)) == 0)
		rc = rs_grow(&s->answer, &cap[3], n, sizeof *s->answer, err);
	if (rc == 0)
		s->cap = cap[3];
	return rc;
}

static int put_number(struct rs_buf *b, const char *before, float v, struct rs_err *err)
{
	char num[RS_NUM_MAX];
	int rc = rs_buf_adds(b, before, err);

	return rc < 0 ? rc : rs_buf_add(b, num, rs_put_f32(num, v), err);
}

static int put(struct serving *s, const char *user, size_t n_user, const char *item, size_t n_item, size_t k,
               struct rs_err *err)
{
	enum rs_text_format f = (enum rs_text_format)format;
	const char *gap = f == RS_TEXT_CSV ? "," : "\t";
	struct rs_buf *b = &s->line;
	int rc;

	if (f == RS_TEXT_JSONL) {
		if ((rc = rs_buf_adds(b, "{\"userId\":", err)) < 0 || (rc = rs_field_json(b, user, n_user, err)) < 0 ||
		    (rc = rs_buf_adds(b, ",\"itemId\":", err)) < 0 || (rc = rs_field_json(b, item, n_item, err)) < 0 ||
		    (rc = put_number(b, ",\"prediction\":", s->answer[k], err)) < 0 ||
		    (deviation && (rc = put_number(b, ",\"deviation\":", s->unsure[k], err)) < 0))
			return rc;
		return rs_buf_adds(b, "}\n", err);
	}
	if ((rc = rs_field(b, f, user, n_user, err)) < 0 || (rc = rs_buf_adds(b, gap, err)) < 0 ||
	    (rc = rs_field(b, f, item, n_item, err)) < 0 || (rc = put_number(b, gap, s->answer[k], err)) < 0 ||
	    (deviation && (rc = put_number(b, gap, s->unsure[k], err)) < 0))
		return rc;
	return rs_buf_addc(b, '\n', err);
}

/* n pairs are in who and item; the context has n rows. */
static int judge(struct serving *s, size_t n, const struct rs_column *context, uint32_t n_context, uint64_t first,
                 struct rs_err *err)
{
	struct rs_row_set rows = { .first = first, .n = (uint32_t)n };
	struct rs_csr features = { 0 };
	struct rs_pairs pairs = { .n = n, .who = s->who, .item = s->item };
	int rc = 0;

	if (s->m->context_features.n > 0) {
		if ((rc = rs_features_apply(&features, &s->m->context_features, context, n_context, &rows, err)) < 0)
			return rc;
		pairs.context = &features;
	}
	for (size_t i = 0; i < n; i++) {
		s->n_new_users += s->who[i] == RS_NONE || !rs_histories_known(&s->h, s->who[i]);
		s->n_new_items += s->item[i] == RS_NONE;
	}
	s->n += n;
	rc = rs_predict_pairs(s->m, &s->h, &pairs, s->answer, deviation ? s->unsure : NULL, err);
	rs_csr_release(&features);
	return rc;
}

static int flush(struct serving *s, struct rs_err *err)
{
	int rc = rs_out_write(s->out, s->line.p, s->line.n, err);

	s->line.n = 0;
	return rc;
}

/* The datasets. Where the pairs are all that will come, they tell who is needed; NULL: everybody. */
static int open_people(struct serving *s, const struct rs_pair_rows *all, struct rs_err *err)
{
	struct rs_idlist who = { 0 };
	int rc = 0;

	for (size_t i = 0; all != NULL && i < all->n && rc == 0; i++) {
		size_t n, n_last = 0;
		const char *id = rs_pair_id(all, i, 0, &n), *last = who.n > 0 ? rs_idlist_get(&who, who.n - 1, &n_last) : NULL;

		if (last == NULL || n != n_last || memcmp(id, last, n) != 0)
			rc = rs_idlist_add(&who, id, n, err);
	}
	if (rc == 0)
		rc = rs_people_open(&s->d, all == NULL ? NULL : &who, s->path, s->n_paths, rs_model_needs(s->m), err);
	rs_idlist_release(&who);
	return rc < 0 ? rc : rs_histories_make(&s->h, s->m, s->d, NULL, err);
}

static int judge_rows(struct serving *s, const struct rs_pair_rows *rows, struct rs_err *err)
{
	size_t n_user, n_item;
	int rc = reserve(s, rows->n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rows->n; i++) {
		const char *user = rs_pair_id(rows, i, 0, &n_user), *item = rs_pair_id(rows, i, 1, &n_item);

		s->who[i] = rs_keys_find(&s->d->user_key, user, n_user);
		s->item[i] = rs_keys_find(&s->m->item_key, item, n_item);
	}
	rc = judge(s, rows->n, rows->context, rows->n_context, 0, err);
	for (size_t i = 0; i < rows->n && rc == 0; i++) {
		const char *user = rs_pair_id(rows, i, 0, &n_user), *item = rs_pair_id(rows, i, 1, &n_item);

		rc = put(s, user, n_user, item, n_item, i, err);
	}
	return rc < 0 ? rc : flush(s, err);
}

static int judge_text(struct serving *s, struct rs_err *err)
{
	struct rs_pair_reader *r;
	const struct rs_pair_rows *rows = NULL;
	int rc;

	rs_say_awaited(input, "pairs");
	rc = rs_pair_reader_open(&r, input, columns, s->m->context_features.n > 0, err);

	if (rc == 0 && (rc = rs_pair_reader_next(r, PART, &rows, err)) == 0)
		rc = open_people(s, rows->n < PART ? rows : NULL, err);
	while (rc == 0 && rows->n > 0)
		if ((rc = judge_rows(s, rows, err)) == 0)
			rc = rs_pair_reader_next(r, PART, &rows, err);
	rs_pair_reader_close(r);
	return rc;
}

/* Events first .. first + n of p, the first of which is of user *u. */
static int judge_events(struct serving *s, const struct rs_dataset *p, const uint32_t *user_map, const uint32_t *item_map,
                        uint64_t first, size_t n, uint32_t *u, struct rs_err *err)
{
	uint32_t at = *u;
	int rc;

	for (size_t i = 0; i < n; i++) {
		while (p->row_ptr[at + 1] <= first + i)
			at++;
		s->who[i] = user_map[at];
		s->item[i] = item_map[p->item[first + i]];
	}
	if ((rc = judge(s, n, p->context, p->n_context, first, err)) < 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++) {
		size_t n_user, n_item;
		const char *user, *item = rs_keys_get(&p->item_key, p->item[first + i], &n_item);

		while (p->row_ptr[*u + 1] <= first + i)
			(*u)++;
		user = rs_keys_get(&p->user_key, *u, &n_user);
		rc = put(s, user, n_user, item, n_item, i, err);
	}
	return rc < 0 ? rc : flush(s, err);
}

static int judge_dataset(struct serving *s, struct rs_err *err)
{
	uint32_t *user_map = NULL, *item_map = NULL, u = 0;
	struct rs_dataset *p;
	int rc = rs_dataset_open(&p, &pairs_path, 1, s->m->context_features.n > 0 ? RS_NEED_CONTEXT : 0, err);

	if (rc < 0)
		return rc;
	if ((rc = open_people(s, NULL, err)) < 0 || (rc = rs_keys_match(&p->user_key, &s->d->user_key, &user_map, err)) < 0 ||
	    (rc = rs_keys_match(&p->item_key, &s->m->item_key, &item_map, err)) < 0 || (rc = reserve(s, PART, err)) < 0)
		goto out;
	for (uint64_t first = 0; first < p->n_events && rc == 0; first += PART)
		rc = judge_events(s, p, user_map, item_map, first,
		                  p->n_events - first < PART ? (size_t)(p->n_events - first) : PART, &u, err);
out:
	rs_free(user_map);
	rs_free(item_map);
	rs_dataset_free(p);
	return rc;
}

static int predict(struct serving *s, struct rs_err *err)
{
	static const char *const header[][3] = { { "user\titem\tprediction\n", "user,item,prediction\n", "" },
		                                 { "user\titem\tprediction\tdeviation\n",
		                                   "user,item,prediction,deviation\n", "" } };
	const char *head = header[deviation][format];
	int rc;

	if ((rc = rs_out_open(&s->out, rs_output, err)) < 0 ||
	    (rc = rs_out_write(s->out, head, strlen(head), err)) < 0)
		return rc;
	rc = pairs_path != NULL ? judge_dataset(s, err) : judge_text(s, err);
	if (rc == 0 && (rc = rs_out_commit(&s->out, err)) == 0) {
		if (s->n_new_users > 0)
			rs_say("%llu of %llu pairs are of users of whom the model knows nothing: "
			       "they were judged as an average new user",
			       (unsigned long long)s->n_new_users, (unsigned long long)s->n);
		if (s->n_new_items > 0)
			rs_say("%llu of %llu pairs are of items that the model does not know: "
			       "they were judged as an item that nobody had",
			       (unsigned long long)s->n_new_items, (unsigned long long)s->n);
	}
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct serving s = { 0 };
	struct rs_model *m = NULL;
	int rc;

	if (pairs_path != NULL && (columns != NULL || strcmp(input, "-") != 0))
		return rs_fail(err, RS_EUSAGE, "--pairs stands instead of --input");
	if ((rc = rs_model_open(&m, argv[0], err)) == 0 && (rc = rs_predict_able(m, err)) == 0) {
		s.m = m;
		s.path = (const char *const *)argv + 1;
		s.n_paths = (size_t)argc - 1;
		rc = predict(&s, err);
	}
	rs_out_abort(s.out);
	rs_histories_release(&s.h);
	rs_buf_release(&s.line);
	rs_free(s.who);
	rs_free(s.item);
	rs_free(s.answer);
	rs_free(s.unsure);
	rs_dataset_free(s.d);
	rs_model_free(m);
	return rc;
}
