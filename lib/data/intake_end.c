/* intake_end.c -- what the workers have read, joined: one code for one id, rows without gaps, typed columns. */
#include "lib/data/intake_parts.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one code for one id ---- */

/* The maps of one role joined into that of the first worker that has one; code[w] tells the codes of worker w, NULL: they
 * stay. */
struct joined {
	struct rs_keymap *map;
	uint32_t *code[RS_THREADS_MAX];
};

static void joined_release(struct joined *j)
{
	for (int i = 0; i < RS_THREADS_MAX; i++)
		rs_free(j->code[i]);
}

static int join_maps(struct rs_intake *in, enum rs_role role, struct joined *j, struct rs_err *err)
{
	int rc = 0;

	memset(j, 0, sizeof *j);
	for (int i = 0; i < RS_THREADS_MAX && rc == 0; i++) {
		struct rs_keymap *m = in->worker[i] == NULL ? NULL : in->worker[i]->key[role];
		uint32_t n = m == NULL ? 0 : rs_keymap_count(m);

		if (m == NULL)
			continue;
		if (j->map == NULL) {
			j->map = m;
			continue;
		}
		if ((j->code[i] = rs_array(n, sizeof *j->code[i], err)) == NULL)
			return RS_ENOMEM;
		for (uint32_t k = 0; k < n && rc == 0; k++) {
			size_t len;
			const char *key = rs_keymap_key(m, k, &len);

			rc = rs_keymap_add(j->map, key, len, &j->code[i][k], err);
		}
	}
	return rc;
}

/* ---- rows ---- */

struct recoding {
	struct rs_intake *in;
	struct joined user, item, type;
};

static int recode_piece(void *ctx, size_t tile, int number, struct rs_err *err)
{
	struct recoding *r = ctx;
	struct rs_intake *in = r->in;
	const struct intake_piece *p = &in->piece[tile];
	const uint32_t *user = r->user.code[p->worker], *item = r->item.code[p->worker], *type = r->type.code[p->worker];

	(void)number;
	(void)err;
	for (uint64_t i = p->first; user != NULL && i < p->first + p->n; i++)
		in->user[i] = user[in->user[i]];
	for (uint64_t i = p->first; item != NULL && in->item != NULL && i < p->first + p->n; i++)
		in->item[i] = item[in->item[i]];
	for (uint64_t i = p->first; type != NULL && in->has_type && i < p->first + p->n; i++)
		if (in->type[i] != UINT16_MAX)
			in->type[i] = (uint16_t)type[in->type[i]];
	return 0;
}

/* A tile is a column. */
static int move_column(void *ctx, size_t tile, int number, struct rs_err *err)
{
	const struct rs_intake *in = ctx;
	void *const column[] = { in->time_s, in->user, in->item, in->value, in->type };
	static const size_t elem_bytes[] = { sizeof *in->time_s, sizeof *in->user, sizeof *in->item, sizeof *in->value,
		                             sizeof *in->type };
	char *p = column[tile];
	size_t size = elem_bytes[tile];
	uint64_t at = 0;

	(void)number;
	(void)err;
	for (size_t i = 0; i < in->n_pieces && p != NULL; i++) {
		const struct intake_piece *piece = &in->piece[i];

		if (at < piece->first)
			memmove(p + at * size, p + piece->first * size, piece->n * size);
		at += piece->n;
	}
	return 0;
}

static int close_gaps(struct rs_intake *in, struct rs_err *err)
{
	int rc = rs_tiles_run(5, move_column, in, err);
	uint64_t at = 0;

	for (size_t i = 0; i < in->n_pieces; i++) {
		in->piece[i].first = at;
		at += in->piece[i].n;
	}
	return rc;
}

/* ---- columns beside the roles ---- */

int intake_join_column(struct rs_intake *in, uint32_t column, struct rs_values *values, uint32_t **code, struct rs_err *err)
{
	uint32_t *map[RS_THREADS_MAX] = { NULL };
	int rc = 0;

	memset(values, 0, sizeof *values);
	if ((*code = rs_array(in->n_rows, sizeof **code, err)) == NULL)
		return RS_ENOMEM;
	memset(*code, 0xff, in->n_rows * sizeof **code);
	for (int i = 0; i < RS_THREADS_MAX && rc == 0; i++)
		if (in->worker[i] != NULL && column < in->worker[i]->n_values)
			rc = rs_values_join(values, &in->worker[i]->values[column], &map[i], err);
	for (size_t i = 0; i < in->n_pieces && rc == 0; i++) {
		struct intake_piece *p = &in->piece[i];

		if (column >= p->n_codes || p->code[column] == NULL)
			continue;
		for (uint64_t k = 0; k < p->n; k++) {
			uint32_t c = p->code[column][k];

			if (c != RS_NONE)
				(*code)[p->first + k] =
				        map[p->worker][rs_values_place(&in->worker[p->worker]->values[column], c)];
		}
		rs_free(p->code[column]);
		p->code[column] = NULL;
	}
	for (int i = 0; i < RS_THREADS_MAX; i++) {
		rs_free(map[i]);
		if (in->worker[i] != NULL && column < in->worker[i]->n_values)
			rs_values_release(&in->worker[i]->values[column]);
	}
	return rc;
}

/* One column of n rows, which are row[0 .. n) of all, or (NULL) all. */
static int make_column(struct rs_intake *in, uint32_t column, const uint64_t *row, uint64_t n, struct rs_column *out,
                       struct rs_err *err)
{
	uint32_t *code = NULL, *picked = NULL;
	struct rs_values values = { 0 };
	int rc = 0;

	if (column == in->session_column) {
		values = in->session;
		code = in->session_code;
		memset(&in->session, 0, sizeof in->session);
		in->session_code = NULL;
	} else if ((rc = intake_join_column(in, column, &values, &code, err)) < 0) {
		goto out;
	}
	if (row != NULL) {
		rc = RS_ENOMEM;
		if ((picked = rs_array(n, sizeof *picked, err)) == NULL)
			goto out;
		for (uint64_t i = 0; i < n; i++)
			picked[i] = code[row[i]];
	}
	rc = rs_values_column(out, &values, in->column[column].name, in->column[column].field,
	                      row == NULL ? code : picked, n, err);
out:
	rs_values_release(&values);
	rs_free(code);
	rs_free(picked);
	return rc;
}

struct place {
	const struct intake_column *column;
	uint32_t ix;
};

static int cmp_place(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->column->in_order != b->column->in_order)
		return a->column->in_order ? -1 : 1;
	if (a->column->in_order)
		return a->ix < b->ix ? -1 : 1;
	return strcmp(a->column->name, b->column->name);
}

/* All columns, in an order that does not depend on who found one first. */
static int make_columns(struct rs_intake *in, const uint64_t *row, uint64_t n, struct rs_column **out, uint32_t *n_out,
                        struct rs_err *err)
{
	struct place *place = rs_array(in->n_columns, sizeof *place, err);
	uint32_t n_places = 0;
	int rc = RS_ENOMEM;

	*n_out = 0;
	if (place == NULL || (*out = rs_array0(in->n_columns, sizeof **out, err)) == NULL)
		goto out;
	for (uint32_t i = 0; i < in->n_columns; i++)
		if (!in->column[i].left_out)
			place[n_places++] = (struct place){ &in->column[i], i };
	qsort(place, n_places, sizeof *place, cmp_place);
	rc = 0;
	for (; *n_out < n_places && rc == 0; *n_out += rc == 0)
		rc = make_column(in, place[*n_out].ix, row, n, &(*out)[*n_out], err);
out:
	rs_free(place);
	return rc;
}

/* ---- events ---- */

static bool all_null(const struct rs_intake *in, bool type)
{
	for (uint64_t i = 0; i < in->n_rows; i++)
		if (type ? in->type[i] != UINT16_MAX : !isnan(in->value[i]))
			return false;
	return true;
}

/* Times 1, 2, 3 ... for the rows of each user. */
static int count_times(struct rs_intake *in, uint32_t n_users, struct rs_err *err)
{
	uint32_t *n = rs_array0(n_users, sizeof *n, err);

	if (n == NULL || (in->time_s = rs_array(in->n_rows, sizeof *in->time_s, err)) == NULL) {
		rs_free(n);
		return RS_ENOMEM;
	}
	for (uint64_t i = 0; i < in->n_rows; i++)
		in->time_s[i] = ++n[in->user[i]];
	rs_free(n);
	return 0;
}

/* A map without keys where nobody has one. */
static int need_map(struct rs_intake *in, enum rs_role role, struct joined *j, struct rs_err *err)
{
	int rc;

	if (j->map != NULL)
		return 0;
	if (in->worker[0] == NULL && (in->worker[0] = rs_array0(1, sizeof *in->worker[0], err)) == NULL)
		return RS_ENOMEM;
	if ((rc = rs_keymap_new(&in->worker[0]->key[role], err)) < 0)
		return rc;
	j->map = in->worker[0]->key[role];
	return 0;
}

static int hand_over(struct rs_intake *in, const struct recoding *r, struct rs_rows *rows, struct rs_err *err)
{
	bool numbered = in->wish.o->ordered || in->wish.o->ordered_without_times;
	int rc;

	if (in->wish.kind == RS_TABLE_EVENTS && numbered && !in->has_time &&
	    (rc = count_times(in, rs_keymap_count(r->user.map), err)) < 0)
		return rc;
	if ((rc = make_columns(in, NULL, in->n_rows, &rows->context, &rows->n_context, err)) < 0)
		return rc;
	rows->n = in->n_rows;
	rows->user = in->user;
	rows->item = in->item;
	rows->time_s = in->time_s;
	in->user = in->item = NULL;
	in->time_s = NULL;
	if (in->has_value && !all_null(in, false)) {
		rows->value = in->value;
		in->value = NULL;
	}
	if (in->has_type && !all_null(in, true)) {
		rows->type = in->type;
		in->type = NULL;
	}
	rows->user_map = r->user.map;
	rows->item_map = r->item.map;
	rows->type_map = r->type.map;
	return 0;
}

/* A domain trains on events of certain types. */
static int check_domain(const struct rs_intake *in, const struct rs_keymap *type, struct rs_err *err)
{
	const char *const *wanted = rs_domain_types[in->wish.o->domain];
	bool found = false;

	if (wanted == NULL || in->wish.kind != RS_TABLE_EVENTS || in->n_rows == 0)
		return 0;
	for (uint32_t i = 0; i < rs_keymap_count(type); i++) {
		char folded[RS_FOLD_MAX];
		size_t n;
		const char *key = rs_keymap_key(type, i, &n);

		n = rs_name_fold(folded, key, n);
		for (int k = 0; wanted[k] != NULL; k++)
			found |= strlen(wanted[k]) == n && memcmp(wanted[k], folded, n) == 0;
	}
	return found ? 0 : rs_fail(err, RS_EDATA, "no event of type %s or %s, which domain %s trains on", wanted[0], wanted[1],
	                           rs_domain_name[in->wish.o->domain]);
}

int rs_intake_events(struct rs_intake *in, struct rs_rows *rows, struct rs_err *err)
{
	struct recoding r = { .in = in };
	int rc;

	memset(rows, 0, sizeof *rows);
	if ((rc = join_maps(in, RS_ROLE_USER, &r.user, err)) < 0 || (rc = join_maps(in, RS_ROLE_ITEM, &r.item, err)) < 0 ||
	    (rc = join_maps(in, RS_ROLE_TYPE, &r.type, err)) < 0 || (rc = need_map(in, RS_ROLE_USER, &r.user, err)) < 0 ||
	    (rc = need_map(in, RS_ROLE_ITEM, &r.item, err)) < 0 || (rc = need_map(in, RS_ROLE_TYPE, &r.type, err)) < 0)
		goto out;
	if (rs_keymap_count(r.type.map) > UINT16_MAX) {
		rc = rs_fail(err, RS_EDATA, "%u types of events: expected at most %d", rs_keymap_count(r.type.map), UINT16_MAX);
		goto out;
	}
	if ((rc = check_domain(in, r.type.map, err)) < 0 || (rc = rs_tiles_run(in->n_pieces, recode_piece, &r, err)) < 0 ||
	    (rc = close_gaps(in, err)) < 0)
		goto out;
	if ((rc = intake_link_sessions(in, &r.user.map, err)) == 0 && (rc = intake_hide(in, &r.user.map, err)) == 0)
		rc = hand_over(in, &r, rows, err);
out:
	joined_release(&r.user);
	joined_release(&r.item);
	joined_release(&r.type);
	if (rc == 0 && in->hint[0] != 0)
		rs_note("%s", in->hint);
	if (rc < 0)
		rs_rows_release(rows);
	return rc;
}

/* ---- tables ---- */

/* For each id, in sorted order, its last row. */
static int last_rows(struct rs_intake *in, const struct rs_keymap *map, struct rs_keys *key, uint64_t **row,
                     struct rs_err *err)
{
	uint32_t *perm = NULL;
	int rc;

	if ((rc = rs_keys_from_map(key, map, &perm, err)) < 0)
		return rc;
	if ((*row = rs_array(key->n, sizeof **row, err)) != NULL)
		for (uint64_t i = 0; i < in->n_rows; i++)
			(*row)[perm[in->user[i]]] = i;
	rs_free(perm);
	return *row == NULL ? RS_ENOMEM : 0;
}

int rs_intake_table(struct rs_intake *in, struct rs_table_in *table, uint64_t *merged, struct rs_err *err)
{
	enum rs_role role = rs_table_key(in->wish.kind);
	struct recoding r = { .in = in };
	uint64_t *row = NULL;
	int rc;

	memset(table, 0, sizeof *table);
	if ((rc = join_maps(in, role, &r.user, err)) < 0 || (rc = need_map(in, role, &r.user, err)) < 0 ||
	    (rc = rs_tiles_run(in->n_pieces, recode_piece, &r, err)) < 0 || (rc = close_gaps(in, err)) < 0)
		goto out;
	if (role == RS_ROLE_USER && (rc = intake_hide(in, &r.user.map, err)) < 0)
		goto out;
	if ((rc = last_rows(in, r.user.map, &table->key, &row, err)) < 0 ||
	    (rc = make_columns(in, row, table->key.n, &table->column, &table->n_columns, err)) < 0)
		goto out;
	*merged = in->n_rows - table->key.n;
out:
	joined_release(&r.user);
	rs_free(row);
	if (rc < 0)
		rs_table_in_release(table);
	return rc;
}
