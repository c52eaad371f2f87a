/* rs-synth.c -- makes a realistic dataset of any size whose truth is known. */
#include "cmd/common.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/export.h"
#include "lib/data/lines.h"
#include "lib/data/synth.h"
#include "lib/data/times.h"
#include "lib/num/topk.h"

#include <inttypes.h>
#include <string.h>

#define TRUTH_TILE 16 /* users */

static const char *const kinds[] = { "shop", "ratings", "plain", NULL };
static const char *const formats[] = { "dataset", "csv", "none", NULL };
static const char *const orders[] = { "user", "time", "random", NULL };
enum { FORMAT_DATASET, FORMAT_CSV, FORMAT_NONE };
enum { ORDER_USER, ORDER_TIME, ORDER_RANDOM };

static int64_t users = 1000, items = 500, events = 50000, first_user = 1, tastes = 16, days = 180, truth_top = 100;
static double zipf = 1, background = .15, drift = .5, follow = .1, repeat = .05;
static int kind = RS_SYNTH_SHOP, format = FORMAT_DATASET, order = ORDER_USER;
static bool context;
static const char *start = "2024-01-01", *user_prefix = "u", *item_prefix = "i";
static const char *csv_events, *csv_users, *csv_items, *truth_out;

static const struct rs_opt opts[] = {
	RS_OPT_INT(0, "users", "N", &users, 1, RS_IX_MAX, "users"),
	RS_OPT_INT(0, "items", "N", &items, 1, RS_IX_MAX, "items"),
	RS_OPT_INT(0, "events", "N", &events, 0, 4294967294.0, "events"),
	RS_OPT_CHOICE(0, "kind", "KIND", &kind, kinds, "what the events look like"),
	RS_OPT_INT(0, "tastes", "N", &tastes, 1, RS_SYNTH_TASTES_MAX, "circles of taste: the rank of the truth"),
	RS_OPT_REAL(0, "zipf", "S", &zipf, 0, 4, "how steep popularity is"),
	RS_OPT_REAL(0, "background", "P", &background, 0, 1, "share of picks by popularity alone"),
	RS_OPT_REAL(0, "drift", "X", &drift, 0, 1, "how much popularity rises and fades"),
	RS_OPT_REAL(0, "follow", "P", &follow, 0, 1, "chance that the next volume of an item comes next"),
	RS_OPT_REAL(0, "repeat", "P", &repeat, 0, 1, "chance that an item is picked again where it comes up"),
	RS_OPT_STRING(0, "start", "TIME", &start, "time of the first day"),
	RS_OPT_INT(0, "days", "N", &days, 1, 36500, "length of the time span"),
	RS_OPT_INT(0, "first-user", "N", &first_user, 0, RS_IX_MAX, "number of the first user"),
	RS_OPT_STRING(0, "user-prefix", "TEXT", &user_prefix, "before the number of a user"),
	RS_OPT_STRING(0, "item-prefix", "TEXT", &item_prefix, "before the number of an item"),
	RS_OPT_FLAG(0, "context", &context, "add a context column, DEVICE"),
	RS_OPT_CHOICE('f', "format", "FORMAT", &format, formats, "what to write"),
	RS_OPT_CHOICE(0, "order", "ORDER", &order, orders, "order of events as CSV"),
	RS_OPT_OUT(0, "csv-events", &csv_events, "write the events as CSV too"),
	RS_OPT_OUT(0, "csv-users", &csv_users, "write the table of users as CSV"),
	RS_OPT_OUT(0, "csv-items", &csv_items, "write the table of items as CSV"),
	RS_OPT_OUT(0, "truth-out", &truth_out, "write the truly best items of each user"),
	RS_OPT_INT(0, "truth-top", "N", &truth_top, 1, 100000, "how many of them"),
	RS_OPT_END
};

const struct rs_command rs_command = {
	.name = "rs-synth",
	.synopsis = "[--users N] [--items N] [--events N] [options] > DATASET",
	.summary = "Make a realistic dataset of any size with a known truth.",
	.opts = opts,
	.min_operands = 0,
	.max_operands = 0,
	.operands_hint = "expected no operand",
};

static int write_csv(const struct rs_dataset *d, enum rs_export_table table, const char *path, struct rs_err *err)
{
	struct rs_out *out = NULL;
	uint64_t *rows = NULL;
	int rc = 0;

	if (table == RS_EXPORT_EVENTS && order == ORDER_TIME)
		rc = rs_order_by_time(&rows, d, err);
	if (table == RS_EXPORT_EVENTS && order == ORDER_RANDOM)
		rc = rs_order_at_random(&rows, d, rs_seed, err);
	if (rc == 0 && (rc = rs_out_open(&out, path, err)) == 0 &&
	    (rc = rs_export(out, d, table, RS_EXPORT_CSV, rows, err)) == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	rs_free(rows);
	return rc;
}

/* ---- truth ---- */

struct truth {
	const struct rs_synth *synth;
	const struct rs_dataset *d;
};

static int put_truth(const struct truth *t, uint32_t user, float *score, struct rs_topk *top, struct rs_buf *b,
                     struct rs_err *err)
{
	char number[RS_NUM_MAX];
	size_t n_user, n_item;
	const char *name = rs_keys_get(&t->d->user_key, user, &n_user);
	int rc;

	rs_synth_truth(t->synth, user, score);
	rs_topk_reset(top);
	rs_topk_offer(top, score, t->d->item_key.n, 0);
	rs_topk_sort(top);
	for (uint32_t r = 0; r < top->n; r++) {
		const char *item = rs_keys_get(&t->d->item_key, top->best[r].ix, &n_item);

		if ((rc = rs_buf_add(b, name, n_user, err)) < 0 || (rc = rs_buf_addc(b, '\t', err)) < 0 ||
		    (rc = rs_buf_add(b, item, n_item, err)) < 0 || (rc = rs_buf_addf(b, err, "\t%u\t", r + 1)) < 0 ||
		    (rc = rs_buf_add(b, number, rs_put_f32(number, top->best[r].score), err)) < 0 ||
		    (rc = rs_buf_addc(b, '\n', err)) < 0)
			return rc;
	}
	return 0;
}

static int put_truths(void *ctx, size_t tile, struct rs_buf *b, struct rs_err *err)
{
	const struct truth *t = ctx;
	uint32_t n = t->d->user_key.n, lo = (uint32_t)tile * TRUTH_TILE, hi = n - lo > TRUTH_TILE ? lo + TRUTH_TILE : n;
	float *score = rs_array(t->d->item_key.n, sizeof *score, err);
	struct rs_topk top = { 0 };
	int rc = score == NULL ? RS_ENOMEM : rs_topk_init(&top, (uint32_t)truth_top, err);

	for (uint32_t u = lo; u < hi && rc == 0; u++)
		rc = put_truth(t, u, score, &top, b, err);
	rs_topk_release(&top);
	rs_free(score);
	return rc;
}

static int write_truth(const struct rs_synth *s, const struct rs_dataset *d, struct rs_err *err)
{
	static const char header[] = "user\titem\trank\tscore\n";
	struct truth t = { s, d };
	struct rs_out *out = NULL;
	int rc;

	if ((rc = rs_out_open(&out, truth_out, err)) == 0 && (rc = rs_out_write(out, header, sizeof header - 1, err)) == 0 &&
	    (rc = rs_lines_write(out, (d->user_key.n + TRUTH_TILE - 1ul) / TRUTH_TILE, put_truths, &t, err)) == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	return rc;
}

/* ---- main ---- */

static int read_options(struct rs_synth_options *o, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	rs_synth_init(o);
	o->n_users = (uint32_t)users;
	o->n_items = (uint32_t)items;
	o->n_events = (uint64_t)events;
	o->first_user = (uint32_t)first_user;
	o->seed = rs_seed;
	o->kind = (enum rs_synth_kind)kind;
	o->tastes = (uint32_t)tastes;
	o->zipf = zipf;
	o->background = background;
	o->drift = drift;
	o->follow = follow;
	o->repeat = repeat;
	o->days = (uint32_t)days;
	o->context = context;
	o->user_prefix = user_prefix;
	o->item_prefix = item_prefix;
	if (!rs_get_iso_time(start, strlen(start), &o->start_s))
		return rs_fail(err, RS_EUSAGE, "--start %s: expected a date such as 2024-01-01",
		               rs_quote(q, sizeof q, start, strlen(start)));
	if (!rs_time_in_calendar(o->start_s) || !rs_time_in_calendar(o->start_s + days * 86400))
		return rs_fail(err, RS_EUSAGE, "--start %s and --days %" PRId64 ": expected days from the year 1 to 9999",
		               rs_quote(q, sizeof q, start, strlen(start)), days);
	return 0;
}

static int write_all(const struct rs_synth *s, const struct rs_dataset *d, struct rs_err *err)
{
	int rc = 0;

	if (csv_events != NULL)
		rc = write_csv(d, RS_EXPORT_EVENTS, csv_events, err);
	if (rc == 0 && csv_users != NULL)
		rc = write_csv(d, RS_EXPORT_USERS, csv_users, err);
	if (rc == 0 && csv_items != NULL)
		rc = write_csv(d, RS_EXPORT_ITEMS, csv_items, err);
	if (rc == 0 && truth_out != NULL)
		rc = write_truth(s, d, err);
	if (rc == 0 && format == FORMAT_CSV)
		rc = write_csv(d, RS_EXPORT_EVENTS, rs_output, err);
	if (rc == 0 && format == FORMAT_DATASET)
		rc = rs_dataset_write(d, rs_output, err);
	return rc;
}

int rs_command_main(int argc, char **argv, struct rs_err *err)
{
	struct rs_synth_options o;
	struct rs_synth *s = NULL;
	struct rs_dataset *d = NULL;
	int rc;

	(void)argc;
	(void)argv;
	if ((rc = read_options(&o, err)) == 0 &&
	    (format != FORMAT_DATASET || (rc = rs_refuse_terminal(rs_output, err)) == 0) &&
	    (rc = rs_synth_open(&s, &o, err)) == 0 && (rc = rs_synth_dataset(&d, s, err)) == 0)
		rc = write_all(s, d, err);
	if (rc == 0)
		rs_say("%u users, %u items, %llu events", d->user_key.n, d->item_key.n, (unsigned long long)d->n_events);
	rs_dataset_free(d);
	rs_synth_close(s);
	return rc;
}
