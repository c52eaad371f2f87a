/* avro.c -- schemas in the form that Amazon Personalize takes. */
#include "lib/data/avro.h"

#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/json.h"

#include <stdio.h>
#include <string.h>

const char *const rs_avro_type_name[RS_AVRO_TYPES] = { "string", "int", "long", "float", "double", "boolean" };

const char *const rs_avro_record_name[RS_TABLES] = { "Interactions", "Users", "Items", "Actions", "Action_Interactions" };

/* Names of records, and what their reserved columns have to be. */
enum { INTERACTIONS = 1, USERS = 2, ITEMS = 4, ACTIONS = 8, ACTION_INTERACTIONS = 16, N_RECORDS = 5 };

static const struct {
	const char *name; /* folded */
	enum rs_table_kind kind;
} records[N_RECORDS] = {
	{ "interactions", RS_TABLE_EVENTS }, { "users", RS_TABLE_USERS }, { "items", RS_TABLE_ITEMS },
	{ "actions", RS_TABLE_ACTIONS },     { "actioninteractions", RS_TABLE_ACTION_EVENTS },
};

enum need { REQUIRED, NULL_ALLOWED, NOT_NULL };

struct reserved {
	struct rs_avro_reserved r;
	unsigned in; /* records */
	enum need need;
};

static const struct reserved reserved[] = {
	{ { "USER_ID", RS_AVRO_STRING }, INTERACTIONS | USERS | ACTION_INTERACTIONS, REQUIRED },
	{ { "ITEM_ID", RS_AVRO_STRING }, INTERACTIONS | ITEMS, REQUIRED },
	{ { "ACTION_ID", RS_AVRO_STRING }, ACTIONS | ACTION_INTERACTIONS, REQUIRED },
	{ { "TIMESTAMP", RS_AVRO_LONG }, INTERACTIONS | ACTION_INTERACTIONS, REQUIRED },
	{ { "EVENT_TYPE", RS_AVRO_STRING }, INTERACTIONS, NOT_NULL },
	{ { "EVENT_TYPE", RS_AVRO_STRING }, ACTION_INTERACTIONS, REQUIRED },
	{ { "EVENT_VALUE", RS_AVRO_FLOAT }, INTERACTIONS, NULL_ALLOWED },
	{ { "IMPRESSION", RS_AVRO_STRING }, INTERACTIONS | ACTION_INTERACTIONS, NULL_ALLOWED },
	{ { "RECOMMENDATION_ID", RS_AVRO_STRING }, INTERACTIONS | ACTION_INTERACTIONS, NULL_ALLOWED },
	{ { "EVENT_ATTRIBUTION_SOURCE", RS_AVRO_STRING }, INTERACTIONS, NULL_ALLOWED },
	{ { "CREATION_TIMESTAMP", RS_AVRO_LONG }, ITEMS | ACTIONS, NULL_ALLOWED },
	{ { "VALUE", RS_AVRO_LONG }, ACTIONS, NULL_ALLOWED },
	{ { "TYPE", RS_AVRO_STRING }, ACTIONS, NULL_ALLOWED },
	{ { "EXPIRATION_TIMESTAMP", RS_AVRO_LONG }, ACTIONS, NULL_ALLOWED },
	{ { "ACTION_EXPIRATION_TIMESTAMP", RS_AVRO_LONG }, ACTIONS, NULL_ALLOWED },
	{ { "REPEAT_FREQUENCY", RS_AVRO_LONG }, ACTIONS, NULL_ALLOWED },
};
#define N_RESERVED (sizeof reserved / sizeof reserved[0])

static int bad(struct rs_err *err, const char *name, const char *expected)
{
	char q[RS_QUOTE_MAX];

	return rs_fail(err, RS_EDATA, "field %s of the schema: expected %s",
	               rs_quote(q, sizeof q, name, strlen(name)), expected);
}

/* One word of a type. */
static int take_type(struct rs_avro_field *f, const json_t *word, bool *any, struct rs_err *err)
{
	/* the widest first */
	static const enum rs_avro_type order[] = { RS_AVRO_STRING, RS_AVRO_DOUBLE, RS_AVRO_FLOAT,
		                                   RS_AVRO_LONG,   RS_AVRO_INT,    RS_AVRO_BOOLEAN };
	const char *text = json_string_value(word);

	if (text != NULL && strcmp(text, "null") == 0) {
		f->nullable = true;
		return 0;
	}
	for (size_t i = 0; text != NULL && i < RS_AVRO_TYPES; i++) {
		if (strcmp(text, rs_avro_type_name[order[i]]) != 0)
			continue;
		for (size_t k = 0; *any && k <= i; k++)
			if (order[k] == f->type)
				return 0;
		f->type = order[i];
		*any = true;
		return 0;
	}
	return bad(err, f->name, "a type of string, int, long, float, double or boolean, perhaps with null");
}

static int take_types(struct rs_avro_field *f, const json_t *type, struct rs_err *err)
{
	bool any = false;
	const json_t *word;
	size_t i;
	int rc = 0;

	if (!json_is_array(type))
		rc = take_type(f, type, &any, err);
	else
		json_array_foreach(type, i, word)
			if ((rc = take_type(f, word, &any, err)) < 0)
				break;
	if (rc == 0 && !any)
		return bad(err, f->name, "a type beside null");
	return rc;
}

static bool good_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > RS_AVRO_NAME_MAX || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] != '_' && !(name[i] >= '0' && name[i] <= '9') && !(name[i] >= 'A' && name[i] <= 'Z') &&
		    !(name[i] >= 'a' && name[i] <= 'z'))
			return false;
	return true;
}

static bool flag(const json_t *field, const char *name)
{
	return json_is_true(json_object_get(field, name));
}

static int take_field(struct rs_avro *a, const json_t *field, struct rs_err *err)
{
	struct rs_avro_field *f = &a->field[a->n];
	const char *name = json_string_value(json_object_get(field, "name"));
	int rc;

	if (name == NULL)
		return rs_fail(err, RS_EDATA, "field %u of the schema has no name", a->n + 1);
	if (!good_name(name))
		return bad(err, name, "a name of up to 150 letters, digits and _");
	if (rs_avro_find(a, name, strlen(name)) != NULL)
		return bad(err, name, "names that differ in their letters and digits");
	if ((f->name = rs_strndup(name, strlen(name), err)) == NULL)
		return RS_ENOMEM;
	a->n++;
	f->role = RS_ROLE_NONE;
	f->categorical = flag(field, "categorical");
	f->textual = flag(field, "textual");
	if ((rc = take_types(f, json_object_get(field, "type"), err)) < 0)
		return rc;
	if ((f->categorical || f->textual) && f->type != RS_AVRO_STRING)
		return bad(err, name, "type string where it is categorical or textual");
	if (f->categorical && f->textual)
		return bad(err, name, "either categorical or textual");
	return 0;
}

static const struct rs_avro_field *field_named(const struct rs_avro *a, const char *name)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (strcmp(a->field[i].name, name) == 0)
			return &a->field[i];
	return NULL;
}

static int check_reserved(const struct rs_avro *a, unsigned record, struct rs_err *err)
{
	char expected[64];

	for (size_t i = 0; i < N_RESERVED; i++) {
		const struct rs_avro_field *f = field_named(a, reserved[i].r.name);

		if (!(reserved[i].in & record))
			continue;
		if (f == NULL && reserved[i].need == REQUIRED)
			return rs_fail(err, RS_EDATA, "the schema lacks the column %s", reserved[i].r.name);
		if (f == NULL)
			continue;
		snprintf(expected, sizeof expected, "type %s%s", rs_avro_type_name[reserved[i].r.type],
		         reserved[i].need == NULL_ALLOWED ? ", perhaps with null" : ", without null");
		if (f->type != reserved[i].r.type || (f->nullable && reserved[i].need != NULL_ALLOWED))
			return bad(err, f->name, expected);
		if (f->categorical || f->textual)
			return bad(err, f->name, "a reserved column to be neither categorical nor textual");
	}
	return 0;
}

/* Columns beside the reserved ones: so many may, and of tables one has to be there beside the id. */
static int check_number(const struct rs_avro *a, unsigned record, enum rs_table_kind kind, struct rs_err *err)
{
	static const uint32_t most[RS_TABLES] = { 5, 25, 100, 10, 5 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		bool is_reserved = false;

		for (size_t k = 0; k < N_RESERVED; k++)
			is_reserved |= (reserved[k].in & record) != 0 && strcmp(reserved[k].r.name, a->field[i].name) == 0;
		n += !is_reserved;
	}
	if (n > most[kind])
		return rs_fail(err, RS_EDATA, "%u columns beside the reserved ones: expected at most %u in a schema of %s", n,
		               most[kind], rs_avro_record_name[kind]);
	if (!rs_table_has_events(kind) && a->n < 2)
		return rs_fail(err, RS_EDATA, "no column beside the id: expected at least one in a schema of %s",
		               rs_avro_record_name[kind]);
	return 0;
}

/* The bit of the record that the schema is for. */
static int find_record(unsigned *record, const json_t *schema, enum rs_table_kind kind, struct rs_err *err)
{
	const char *name = json_string_value(json_object_get(schema, "name"));
	const char *type = json_string_value(json_object_get(schema, "type"));
	char folded[RS_FOLD_MAX], q[RS_QUOTE_MAX];
	size_t n;

	if (type == NULL || strcmp(type, "record") != 0)
		return rs_fail(err, RS_EDATA, "a schema without \"type\":\"record\": expected one of Amazon Personalize");
	if (name == NULL)
		return rs_fail(err, RS_EDATA, "a schema without a name: expected %s", rs_avro_record_name[kind]);
	n = rs_name_fold(folded, name, strlen(name));
	for (unsigned i = 0; i < N_RECORDS; i++)
		if (records[i].kind == kind && strlen(records[i].name) == n && memcmp(records[i].name, folded, n) == 0) {
			*record = 1u << i;
			return 0;
		}
	return rs_fail(err, RS_EDATA, "a schema of %s: expected %s", rs_quote(q, sizeof q, name, strlen(name)),
	               rs_avro_record_name[kind]);
}

static int take_schema(struct rs_avro *a, const json_t *schema, enum rs_table_kind kind, struct rs_err *err)
{
	const json_t *fields = json_object_get(schema, "fields"), *field;
	unsigned record = 0, n_textual = 0, rank;
	size_t i;
	int rc;

	if ((rc = find_record(&record, schema, kind, err)) < 0)
		return rc;
	if (!json_is_array(fields))
		return rs_fail(err, RS_EDATA, "a schema without \"fields\"");
	if ((a->field = rs_array0(json_array_size(fields), sizeof *a->field, err)) == NULL)
		return RS_ENOMEM;
	json_array_foreach(fields, i, field)
		if ((rc = take_field(a, field, err)) < 0)
			return rc;
	for (uint32_t k = 0; k < a->n; k++) {
		struct rs_avro_field *f = &a->field[k];

		f->role = rs_role_of(kind, true, f->name, strlen(f->name), &rank);
		n_textual += f->textual;
		if (f->textual && (record != ITEMS || n_textual > 1))
			return bad(err, f->name, "at most one textual column, of items");
	}
	if ((rc = check_reserved(a, record, err)) < 0)
		return rc;
	return check_number(a, record, kind, err);
}

int rs_avro_parse(struct rs_avro *out, const char *text, size_t n, enum rs_table_kind kind, struct rs_err *err)
{
	json_t *schema;
	int rc;

	memset(out, 0, sizeof *out);
	if (n > RS_AVRO_TEXT_MAX)
		return rs_fail(err, RS_EDATA, "a schema of more than %d bytes", RS_AVRO_TEXT_MAX);
	if ((rc = rs_json_parse(&schema, text, n, err)) < 0)
		return rc;
	rc = take_schema(out, schema, kind, err);
	json_decref(schema);
	if (rc < 0)
		rs_avro_release(out);
	return rc;
}

int rs_avro_load(struct rs_avro *out, const char *path, enum rs_table_kind kind, struct rs_err *err)
{
	char *text = rs_array(RS_AVRO_TEXT_MAX + 1, 1, err);
	struct rs_in *in = NULL;
	size_t n;
	int rc = RS_ENOMEM;

	memset(out, 0, sizeof *out);
	if (text == NULL || (rc = rs_in_open(&in, path, err)) < 0 ||
	    (rc = rs_in_read(in, text, RS_AVRO_TEXT_MAX + 1, &n, err)) < 0)
		goto out;
	if ((rc = rs_avro_parse(out, text, n, kind, err)) < 0)
		rs_fail_prefix(err, "%s", rs_in_name(in));
out:
	rs_in_close(in);
	rs_free(text);
	return rc;
}

void rs_avro_release(struct rs_avro *a)
{
	for (uint32_t i = 0; i < a->n; i++)
		rs_free(a->field[i].name);
	rs_free(a->field);
	memset(a, 0, sizeof *a);
}

const struct rs_avro_field *rs_avro_find(const struct rs_avro *a, const char *name, size_t n)
{
	char x[RS_FOLD_MAX], y[RS_FOLD_MAX];
	size_t nx = rs_name_fold(x, name, n);

	for (uint32_t i = 0; i < a->n; i++)
		if (rs_name_fold(y, a->field[i].name, strlen(a->field[i].name)) == nx && memcmp(x, y, nx) == 0)
			return &a->field[i];
	return NULL;
}

const char *rs_avro_check(const struct rs_avro_field *f, const char *p, size_t n)
{
	int64_t i;
	double x;

	if (n == 0)
		return f->nullable ? NULL : "a value, as the schema has no null here";
	switch (f->type) {
	case RS_AVRO_INT:
		return rs_get_i64(p, n, &i) && i >= INT32_MIN && i <= INT32_MAX ? NULL : "a whole number of 32 bits";
	case RS_AVRO_LONG:
		return rs_get_i64(p, n, &i) && i >= -(1LL << 53) && i <= 1LL << 53 ? NULL : "a whole number of up to 2^53";
	case RS_AVRO_FLOAT:
	case RS_AVRO_DOUBLE:
		return rs_get_f64(p, n, &x) ? NULL : "a number";
	case RS_AVRO_BOOLEAN:
		return (n == 4 && memcmp(p, "true", 4) == 0) || (n == 5 && memcmp(p, "false", 5) == 0) ? NULL :
		                                                                                   "true or false";
	default:
		return NULL;
	}
}

bool rs_avro_is_reserved_word(const char *p, size_t n)
{
	for (size_t i = 0; i < N_RESERVED; i++)
		if (strlen(reserved[i].r.name) == n && memcmp(reserved[i].r.name, p, n) == 0)
			return true;
	return false;
}

bool rs_avro_is_call_member(const char *name, size_t n)
{
	static const char *const members[] = { "eventid", "impression", "recommendationid", "eventattributionsource" };
	char folded[RS_FOLD_MAX];
	size_t k = rs_name_fold(folded, name, n);

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (strlen(members[i]) == k && memcmp(members[i], folded, k) == 0)
			return true;
	return false;
}

const struct rs_avro_reserved *rs_avro_reserved_find(enum rs_table_kind kind, const char *name)
{
	char x[RS_FOLD_MAX], y[RS_FOLD_MAX];
	size_t nx = rs_name_fold(x, name, strlen(name));

	for (size_t i = 0; i < N_RESERVED; i++)
		for (unsigned k = 0; k < N_RECORDS; k++)
			if (records[k].kind == kind && (reserved[i].in & 1u << k) != 0 &&
			    rs_name_fold(y, reserved[i].r.name, strlen(reserved[i].r.name)) == nx && memcmp(x, y, nx) == 0)
				return &reserved[i].r;
	return NULL;
}
