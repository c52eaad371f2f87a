/* bind.c -- names to columns, values to the type of the column. */
#include "lib/filter/bind.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/column.h"

#include <math.h>
#include <string.h>

/* ---- names ---- */

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Names alike but for case, '_' and '-'. */
static bool same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '_' || *a == '-')
			a++;
		while (*b == '_' || *b == '-')
			b++;
		if (fold(*a) != fold(*b))
			return false;
		if (*a == 0)
			return true;
	}
}

static bool one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (same_name(name, *names))
			return true;
	return false;
}

static const char *const event_tables[] = { "interactions", "events", "actioninteractions", NULL };
static const char *const user_tables[] = { "users", "user", NULL };
static const char *const item_tables[] = { "items", "item", "actions", "action", NULL };
static const char *const user_names[] = { "userid", "user", NULL };
static const char *const item_names[] = { "itemid", "item", "actionid", NULL };
static const char *const time_names[] = { "timestamp", "time", NULL };
static const char *const type_names[] = { "eventtype", "event", "type", NULL };
static const char *const value_names[] = { "eventvalue", "value", NULL };

/* Where a name may lead to. */
enum { IN_EVENTS = 1, IN_USERS = 2, IN_ITEMS = 4 };

static int which_tables(const struct rs_filter_step *s, enum rs_filter_table table, unsigned *in, struct rs_err *err)
{
	unsigned all = table == RS_FILTER_EVENTS ? IN_EVENTS | IN_USERS | IN_ITEMS :
	               table == RS_FILTER_USERS  ? IN_USERS :
	                                           IN_ITEMS;
	char q[RS_QUOTE_MAX];

	*in = all;
	if (s->table == NULL)
		return 0;
	*in = one_of(s->table, event_tables) ? IN_EVENTS :
	      one_of(s->table, user_tables)  ? IN_USERS :
	      one_of(s->table, item_tables)  ? IN_ITEMS :
	                                       0;
	if (*in == 0)
		return rs_fail(err, RS_EUSAGE, "column %zu: table %s: expected Interactions, Users or Items", s->column,
		               rs_quote(q, sizeof q, s->table, strlen(s->table)));
	if ((*in & all) == 0)
		return rs_fail(err, RS_EUSAGE, "column %zu: %s.%s: expected a column of the table of %s", s->column, s->table,
		               s->name, table == RS_FILTER_USERS ? "users" : "items");
	return 0;
}

/* As it has to be written: between backquotes where it is not of letters, digits and _ alone. */
static int add_name(struct rs_buf *b, const char *name, struct rs_err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", *const digits = "0123456789";
	char q[RS_QUOTE_MAX];
	size_t first = strspn(name, letters), n;
	int rc = b->n == 0 ? 0 : rs_buf_adds(b, ", ", err);

	for (n = first; name[n] != 0 && (strchr(letters, name[n]) != NULL || strchr(digits, name[n]) != NULL);)
		n++;
	rs_quote(q, sizeof q, name, strlen(name));
	if (first > 0 && name[n] == 0) {
		q[strlen(q) - 1] = 0;
		return rc < 0 ? rc : rs_buf_adds(b, q + 1, err);
	}
	q[0] = q[strlen(q) - 1] = '`';
	return rc < 0 ? rc : rs_buf_adds(b, q, err);
}

static int add_names(struct rs_buf *b, const struct rs_column *c, uint32_t n, struct rs_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < n && b->n < 400 && rc == 0; i++)
		rc = add_name(b, c[i].name, err);
	return rc;
}

/* The message of an unknown name lists the known ones. */
static int unknown_name(const struct rs_filter_step *s, const struct rs_dataset *d, unsigned in, struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	char q[RS_QUOTE_MAX];
	const char *known;
	int rc = 0;

	if ((in & (IN_EVENTS | IN_USERS)) != 0)
		rc = add_name(&b, "USER_ID", err);
	if (rc == 0 && (in & (IN_EVENTS | IN_ITEMS)) != 0)
		rc = add_name(&b, "ITEM_ID", err);
	if (rc == 0 && (in & IN_EVENTS) != 0 && d->time_s != NULL)
		rc = add_name(&b, "TIMESTAMP", err);
	if (rc == 0 && (in & IN_EVENTS) != 0 && d->type != NULL)
		rc = add_name(&b, "EVENT_TYPE", err);
	if (rc == 0 && (in & IN_EVENTS) != 0 && d->value != NULL)
		rc = add_name(&b, "EVENT_VALUE", err);
	if (rc == 0 && (in & IN_EVENTS) != 0)
		rc = add_names(&b, d->context, d->n_context, err);
	if (rc == 0 && (in & IN_ITEMS) != 0)
		rc = add_names(&b, d->items.column, d->items.n_columns, err);
	if (rc == 0 && (in & IN_USERS) != 0)
		rc = add_names(&b, d->users.column, d->users.n_columns, err);
	if (rc == 0 && (known = rs_buf_str(&b, err)) != NULL)
		rs_fail(err, RS_EUSAGE, "column %zu: no column %s: expected one of %s", s->column,
		        rs_quote(q, sizeof q, s->name, strlen(s->name)), known);
	rs_buf_release(&b);
	return err->code;
}

/* ---- values ---- */

static int bad_value(const struct rs_filter_value *v, const char *name, const char *expected, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	return rs_fail(err, RS_EUSAGE, "column %zu: %s with %s: expected %s", v->column, name,
	               rs_quote(q, sizeof q, v->text, v->n), expected);
}

/* Numbers may stand in quotes; times may be written as dates. */
static int read_numbers(struct rs_bound *b, struct rs_err *err)
{
	if ((b->number = rs_array(b->step->n_values, sizeof *b->number, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < b->step->n_values; i++) {
		const struct rs_filter_value *v = &b->value[i];
		int64_t t;

		if (rs_get_f64(v->text, v->n, &b->number[i]))
			continue;
		if (!rs_get_iso_time(v->text, v->n, &t))
			return bad_value(v, b->step->name, "a number or a time such as \"2024-05-01\"", err);
		b->number[i] = (double)t;
	}
	if (b->source == RS_SOURCE_VALUE) /* which are held as floats: 0.1 has to equal 0.1 */
		for (size_t i = 0; i < b->step->n_values; i++)
			b->number[i] = (float)b->number[i];
	return 0;
}

/* Text is equal or not. */
static int check_text(const struct rs_bound *b, struct rs_err *err)
{
	if (b->step->op >= RS_FILTER_LT && b->step->op <= RS_FILTER_GE)
		return rs_fail(err, RS_EUSAGE, "column %zu: %s holds text: expected =, !=, IN or NOT IN", b->step->column,
		               b->step->name);
	return 0;
}

static bool same_bytes(const char *a, size_t na, const char *b, size_t nb, bool any_case)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (any_case ? fold(a[i]) != fold(b[i]) : a[i] != b[i])
			return false;
	return true;
}

/* Whether the text is among the values. */
static bool among(const struct rs_bound *b, const char *p, size_t n, bool any_case)
{
	for (size_t i = 0; i < b->step->n_values; i++)
		if (same_bytes(p, n, b->value[i].text, b->value[i].n, any_case))
			return true;
	return false;
}

static bool is_negative(enum rs_filter_op op)
{
	return op == RS_FILTER_NE || op == RS_FILTER_NOT_IN || op == RS_FILTER_IS_NULL;
}

static bool asks_null(enum rs_filter_op op)
{
	return op == RS_FILTER_IS_NULL || op == RS_FILTER_NOT_NULL;
}

static uint8_t of_null(enum rs_filter_op op)
{
	return op == RS_FILTER_IS_NULL ? RS_TRUE : op == RS_FILTER_NOT_NULL ? RS_FALSE : RS_UNKNOWN;
}

/* A value that is not null: whether it is among the values, as the operator wants it. */
static uint8_t of_text(const struct rs_bound *b, bool found)
{
	if (asks_null(b->step->op))
		return b->step->op == RS_FILTER_NOT_NULL ? RS_TRUE : RS_FALSE;
	return found != is_negative(b->step->op) ? RS_TRUE : RS_FALSE;
}

static uint8_t of_number(const struct rs_bound *b, double x)
{
	const double *v = b->number;
	bool found = false;

	if (isnan(x))
		return of_null(b->step->op);
	switch (b->step->op) {
	case RS_FILTER_LT: return x < v[0] ? RS_TRUE : RS_FALSE;
	case RS_FILTER_LE: return x <= v[0] ? RS_TRUE : RS_FALSE;
	case RS_FILTER_GT: return x > v[0] ? RS_TRUE : RS_FALSE;
	case RS_FILTER_GE: return x >= v[0] ? RS_TRUE : RS_FALSE;
	default: break;
	}
	for (size_t i = 0; i < b->step->n_values && !found; i++)
		found = x == v[i];
	return of_text(b, found);
}

/* truth[i] for each key; `*` among the values means any where `star` is set. */
static int table_of_keys(struct rs_bound *b, const struct rs_keys *k, bool any_case, struct rs_err *err)
{
	bool star = any_case && b->step->n_values == 1 && b->value[0].n == 1 && b->value[0].text[0] == '*';

	if ((b->truth = rs_array(k->n, 1, err)) == NULL)
		return RS_ENOMEM;
	for (uint32_t i = 0; i < k->n; i++) {
		size_t n;
		const char *p = rs_keys_get(k, i, &n);

		b->truth[i] = of_text(b, star || among(b, p, n, any_case));
	}
	return check_text(b, err);
}

/* A few ids among millions: looked up one by one. */
static int table_of_ids(struct rs_bound *b, const struct rs_keys *k, struct rs_err *err)
{
	if ((b->truth = rs_array(k->n, 1, err)) == NULL)
		return RS_ENOMEM;
	memset(b->truth, of_text(b, false), k->n);
	for (size_t i = 0; i < b->step->n_values; i++) {
		uint32_t ix = rs_keys_find(k, b->value[i].text, b->value[i].n);

		if (ix != RS_NONE)
			b->truth[ix] = of_text(b, true);
	}
	return check_text(b, err);
}

/* ---- columns ---- */

/* One cell; `dict` holds, for a categorical column, which of its values are among those asked for. */
static uint8_t test_cell(const struct rs_bound *b, const struct rs_column *c, const uint8_t *dict, uint64_t row)
{
	bool found = false;

	if (rs_column_is_null(c, row))
		return of_null(b->step->op);
	switch (c->type) {
	case RS_TYPE_NUMBER:
		return of_number(b, c->number[row]);
	case RS_TYPE_TEXT:
		return of_text(b, among(b, c->text + c->ptr[row], (size_t)(c->ptr[row + 1] - c->ptr[row]), false));
	default:
		for (uint64_t i = c->ptr[row]; i < c->ptr[row + 1] && !found; i++)
			found = dict[c->code[i]] != 0;
		return of_text(b, found);
	}
}

static int mark_dict(uint8_t **dict, const struct rs_bound *b, const struct rs_keys *k, struct rs_err *err)
{
	if ((*dict = rs_array0(k->n, 1, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < b->step->n_values; i++) {
		uint32_t ix = rs_keys_find(k, b->value[i].text, b->value[i].n);

		if (ix != RS_NONE)
			(*dict)[ix] = 1;
	}
	return 0;
}

static int prepare_column(struct rs_bound *b, const struct rs_column *c, uint8_t **dict, struct rs_err *err)
{
	int rc;

	*dict = NULL;
	if (c->type == RS_TYPE_NUMBER)
		return asks_null(b->step->op) ? 0 : read_numbers(b, err);
	if ((rc = check_text(b, err)) < 0 || c->type == RS_TYPE_TEXT)
		return rc;
	return mark_dict(dict, b, &c->dict, err);
}

/* truth for each user or item, from a column of attributes. */
static int table_of_attributes(struct rs_bound *b, const struct rs_column *c, struct rs_err *err)
{
	uint8_t *dict;
	int rc = prepare_column(b, c, &dict, err);

	if (rc == 0 && (b->truth = rs_array(c->n_rows, 1, err)) == NULL)
		rc = RS_ENOMEM;
	for (uint64_t row = 0; row < c->n_rows && rc == 0; row++)
		b->truth[row] = test_cell(b, c, dict, row);
	rs_free(dict);
	return rc;
}

/* ---- binding ---- */

/* The fixed columns. *found: it was one of them. */
static int bind_fixed(struct rs_bound *b, const struct rs_dataset *d, unsigned in, bool *found, struct rs_err *err)
{
	const char *name = b->step->name;

	*found = true;
	if ((in & (IN_EVENTS | IN_USERS)) != 0 && one_of(name, user_names)) {
		b->source = RS_SOURCE_USER;
		return table_of_ids(b, &d->user_key, err);
	}
	if ((in & (IN_EVENTS | IN_ITEMS)) != 0 && one_of(name, item_names)) {
		b->source = RS_SOURCE_ITEM;
		return table_of_ids(b, &d->item_key, err);
	}
	if ((in & IN_EVENTS) != 0 && d->time_s != NULL && one_of(name, time_names)) {
		b->source = RS_SOURCE_TIME;
		return asks_null(b->step->op) ? 0 : read_numbers(b, err);
	}
	if ((in & IN_EVENTS) != 0 && d->value != NULL && one_of(name, value_names)) {
		b->source = RS_SOURCE_VALUE;
		return asks_null(b->step->op) ? 0 : read_numbers(b, err);
	}
	if ((in & IN_EVENTS) != 0 && d->type != NULL && one_of(name, type_names)) {
		b->source = RS_SOURCE_TYPE;
		return table_of_keys(b, &d->type_key, true, err);
	}
	*found = false;
	return 0;
}

int rs_bind(struct rs_bound *b, const struct rs_filter *f, size_t step, const struct rs_dataset *d,
            enum rs_filter_table table, struct rs_err *err)
{
	const struct rs_filter_step *s = &f->step[step];
	const struct rs_column *of_event, *of_user, *of_item;
	unsigned in;
	bool found;
	int rc;

	*b = (struct rs_bound){ .step = s, .value = s->n_values > 0 ? &f->value[s->first_value] : NULL };
	if ((rc = which_tables(s, table, &in, err)) < 0)
		return rc;
	of_event = (in & IN_EVENTS) != 0 ? rs_column_find(d->context, d->n_context, s->name) : NULL;
	of_user = (in & IN_USERS) != 0 ? rs_column_find(d->users.column, d->users.n_columns, s->name) : NULL;
	of_item = (in & IN_ITEMS) != 0 ? rs_column_find(d->items.column, d->items.n_columns, s->name) : NULL;
	if ((rc = bind_fixed(b, d, in, &found, err)) < 0 || found)
		return rc;
	if (of_event == NULL && of_user != NULL && of_item != NULL)
		return rs_fail(err, RS_EUSAGE, "column %zu: users and items have a column %s: expected Users.%s or Items.%s",
		               s->column, s->name, s->name, s->name);
	if (of_event != NULL) {
		b->source = RS_SOURCE_CONTEXT;
		b->column = of_event;
		return prepare_column(b, of_event, &b->truth, err);
	}
	if (of_user == NULL && of_item == NULL)
		return unknown_name(s, d, in, err);
	b->source = of_user != NULL ? RS_SOURCE_USER : RS_SOURCE_ITEM;
	return table_of_attributes(b, of_user != NULL ? of_user : of_item, err);
}

void rs_bound_release(struct rs_bound *b)
{
	rs_free(b->number);
	rs_free(b->truth);
	b->number = NULL;
	b->truth = NULL;
}

uint8_t rs_bound_test(const struct rs_bound *b, const struct rs_dataset *d, uint64_t event, uint32_t user, uint32_t item)
{
	switch (b->source) {
	case RS_SOURCE_USER:
		return b->truth[user];
	case RS_SOURCE_ITEM:
		return b->truth[item];
	case RS_SOURCE_TIME:
		return of_number(b, (double)d->time_s[event]);
	case RS_SOURCE_VALUE:
		return of_number(b, d->value[event]);
	case RS_SOURCE_TYPE:
		return d->type[event] == UINT16_MAX ? of_null(b->step->op) : b->truth[d->type[event]];
	default:
		return test_cell(b, b->column, b->truth, event);
	}
}
