/* segment_clusters.c -- the part of rs-segment that finds clusters and tells what marks them. */
#include "cmd/segment_clusters.h"

#include "cmd/catalog.h"
#include "cmd/common.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/rank/profile.h"
#include "lib/report/list.h"

#include <math.h>
#include <string.h>

#define MIN_ROWS 2 /* of an attribute value */
#define BINS 4     /* of a number column */

static const char *const kinds[] = { "item", "item attribute", "user attribute" };

struct naming {
	const struct rs_model *m;
	const struct rs_column *column; /* NULL: ids */
	uint32_t *row;
	struct rs_features users, items;
	struct rs_csr user_rows, item_rows;
	uint32_t *item_row; /* by item of the model: its row in the table */
	struct rs_buf text;
};

static int learn(struct naming *n, const struct rs_dataset *d, struct rs_err *err)
{
	struct rs_feature_how how = { .min_rows = MIN_ROWS, .bins = BINS, .max_terms = 1 };
	struct rs_row_set users = { .n = d->user_key.n }, items = { .n = n->m->item_key.n };
	int rc = rs_keys_match(&n->m->item_key, &d->item_key, &n->item_row, err);

	if (rc < 0)
		return rc;
	items.row = n->item_row;
	if (d->items.n_columns > 0 &&
	    ((rc = rs_features_learn(&n->items, d->items.column, d->items.n_columns, &items, &how, err)) < 0 ||
	     (rc = rs_features_apply(&n->item_rows, &n->items, d->items.column, d->items.n_columns, &items, err)) < 0))
		return rc;
	if (d->users.n_columns > 0 &&
	    ((rc = rs_features_learn(&n->users, d->users.column, d->users.n_columns, &users, &how, err)) < 0 ||
	     (rc = rs_features_apply(&n->user_rows, &n->users, d->users.column, d->users.n_columns, &users, err)) < 0))
		return rc;
	return 0;
}

static void release(struct naming *n)
{
	rs_features_release(&n->users);
	rs_features_release(&n->items);
	rs_csr_release(&n->user_rows);
	rs_csr_release(&n->item_rows);
	rs_free(n->item_row);
	rs_free(n->row);
	rs_buf_release(&n->text);
}

/* What a mark is called, into n->text. */
static int call(struct naming *n, const struct rs_mark *mark, struct rs_err *err)
{
	char name[512];
	const char *id;
	size_t len;

	n->text.n = 0;
	if (mark->kind != RS_MARK_ITEM) {
		const struct rs_features *f = mark->kind == RS_MARK_ITEM_ATTRIBUTE ? &n->items : &n->users;

		return rs_buf_adds(&n->text, rs_features_name(f, mark->ix, name, sizeof name), err);
	}
	if (n->column != NULL && n->row[mark->ix] != RS_NONE)
		return rs_column_text(n->column, n->row[mark->ix], &n->text, err);
	id = rs_keys_get(&n->m->item_key, mark->ix, &len);
	return rs_buf_add(&n->text, id, len, err);
}

static int put_lift(struct rs_buf *b, float lift, bool json, struct rs_err *err)
{
	int rc;

	if (isnan(lift))
		return json ? rs_buf_adds(b, "null", err) : 0;
	if ((rc = rs_buf_reserve(b, RS_NUM_MAX, err)) == 0)
		b->n += rs_put_f32(b->p + b->n, lift);
	return rc;
}

static int put_mark(struct rs_buf *b, struct naming *n, const struct rs_clusters *c, uint32_t k, const struct rs_mark *mark,
                    enum rs_text_format format, struct rs_err *err)
{
	char sep = format == RS_TEXT_CSV ? ',' : '\t';
	int rc;

	if ((rc = call(n, mark, err)) < 0)
		return rc;
	if (format == RS_TEXT_JSONL) {
		if ((rc = rs_buf_addf(b, err, "{\"kind\":\"%s\",\"value\":", kinds[mark->kind])) < 0 ||
		    (rc = rs_field_json(b, n->text.p, n->text.n, err)) < 0 || (rc = rs_buf_adds(b, ",\"lift\":", err)) < 0 ||
		    (rc = put_lift(b, mark->lift, true, err)) < 0)
			return rc;
		return rs_buf_addf(b, err, ",\"count\":%llu}", (unsigned long long)mark->count);
	}
	if ((rc = rs_buf_addf(b, err, "%u%c%u%c%s%c", k + 1, sep, c->size[k], sep, kinds[mark->kind], sep)) < 0 ||
	    (rc = rs_field(b, format, n->text.p, n->text.n, err)) < 0 || (rc = rs_buf_addc(b, sep, err)) < 0 ||
	    (rc = put_lift(b, mark->lift, false, err)) < 0)
		return rc;
	return rs_buf_addf(b, err, "%c%llu\n", sep, (unsigned long long)mark->count);
}

static int put_cluster(struct rs_buf *b, struct naming *n, const struct rs_clusters *c, uint32_t k,
                       const struct rs_profile *p, enum rs_text_format format, struct rs_err *err)
{
	bool json = format == RS_TEXT_JSONL;
	int rc = json ? rs_buf_addf(b, err, "{\"cluster\":%u,\"size\":%u,\"profile\":[", k + 1, c->size[k]) : 0;

	for (uint32_t i = 0; i < p->n && rc == 0; i++)
		if (!json || i == 0 || (rc = rs_buf_addc(b, ',', err)) == 0)
			rc = put_mark(b, n, c, k, &p->mark[i], format, err);
	return rc == 0 && json ? rs_buf_adds(b, "]}\n", err) : rc;
}

static int write_profiles(struct naming *n, const struct rs_clusters *c, const struct rs_profile *p,
                          enum rs_text_format format, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_out *out;
	int rc = rs_out_open(&out, rs_output, err);

	if (rc == 0 && format != RS_TEXT_JSONL) {
		const char *sep = format == RS_TEXT_CSV ? "," : "\t";

		rc = rs_out_printf(out, err, "cluster%ssize%skind%svalue%slift%scount\n", sep, sep, sep, sep, sep);
	}
	for (uint32_t k = 0; k < c->k && rc == 0; k++) {
		b.n = 0;
		if ((rc = put_cluster(&b, n, c, k, &p[k], format, err)) == 0)
			rc = rs_out_write(out, b.p, b.n, err);
	}
	if (rc == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	rs_buf_release(&b);
	return rc;
}

/* TSV: id, cluster, closeness; those of whom nothing is known are left out. */
static int write_members(const struct rs_clusters *c, const struct rs_keys *key, const struct rs_clusters_how *how,
                         struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_out *out;
	int rc = rs_out_open(&out, how->members, err);

	if (rc == 0)
		rc = rs_out_printf(out, err, "%s\tcluster\tcloseness\n", how->of_items ? "item" : "user");
	for (uint32_t i = 0; i < c->n && rc == 0; i++) {
		size_t n;
		const char *id = rs_keys_get(key, i, &n);

		if (c->cluster[i] == RS_NONE)
			continue;
		b.n = 0;
		if ((rc = rs_field_tsv(&b, id, n, err)) == 0 && (rc = rs_buf_addf(&b, err, "\t%u\t", c->cluster[i] + 1)) == 0 &&
		    (rc = put_lift(&b, c->closeness[i], false, err)) == 0 && (rc = rs_buf_addc(&b, '\n', err)) == 0)
			rc = rs_out_write(out, b.p, b.n, err);
	}
	if (rc == 0)
		rc = rs_out_commit(&out, err);
	rs_out_abort(out);
	rs_buf_release(&b);
	return rc;
}

static int make_room(struct rs_profile **profile, struct rs_mark **mark, uint32_t k, uint32_t n_top, struct rs_err *err)
{
	*profile = rs_array0(k > 0 ? k : 1, sizeof **profile, err);
	*mark = rs_array((size_t)k * 3 * n_top, sizeof **mark, err);
	if (*profile == NULL || *mark == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < k; i++)
		(*profile)[i] = (struct rs_profile){ .mark = *mark + (size_t)i * 3 * n_top, .cap = 3 * n_top };
	return 0;
}

static void tell(const struct rs_clusters *c, const struct rs_clusters_how *how)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n; i++)
		n += c->cluster[i] == RS_NONE;
	if (n > 0)
		rs_say("%u of %u %s are in no cluster: nothing tells them from others", n, c->n,
		       how->of_items ? "items" : "users");
	if (c->k < how->k)
		rs_say("only %u clusters: there are no more that differ", c->k);
	if (rs_verbose)
		rs_say("mean closeness to the own cluster: %.4f", c->quality);
}

int rs_clusters_run(const struct rs_model *m, const struct rs_dataset *d, const struct rs_clusters_how *how,
                    struct rs_err *err)
{
	struct rs_histories h = { .chosen.row_ptr = NULL };
	struct rs_clusters c = { .k = 0 };
	struct naming n = { .m = m };
	struct rs_profile *profile = NULL;
	struct rs_mark *mark = NULL;
	int rc;

	if ((how->name != NULL && (rc = rs_catalog_names(&n.column, &n.row, m, d, how->name, err)) < 0) ||
	    (rc = learn(&n, d, err)) < 0 || (rc = rs_histories_make(&h, m, d, NULL, err)) < 0)
		goto out;
	rc = how->of_items ? rs_cluster_items(&c, m, how->k, rs_seed, err) : rs_cluster_users(&c, m, &h, how->k, rs_seed, err);
	if (rc == 0 && (rc = make_room(&profile, &mark, c.k, how->n_top, err)) == 0) {
		struct rs_marks_in in = { &n.user_rows, &n.item_rows, n.users.n, n.items.n };

		rc = how->of_items ? rs_profile_items(profile, &c, m, &in, how->n_top, err) :
		                     rs_profile_users(profile, &c, &h, &in, how->n_top, err);
	}
	if (rc == 0 && how->members != NULL)
		rc = write_members(&c, how->of_items ? &m->item_key : &d->user_key, how, err);
	if (rc == 0 && (rc = write_profiles(&n, &c, profile, how->format, err)) == 0)
		tell(&c, how);
out:
	rs_free(profile);
	rs_free(mark);
	rs_clusters_release(&c);
	rs_histories_release(&h);
	release(&n);
	return rc;
}
