/* domain.c -- what the domains of Amazon Personalize ask of the tables. */
#include "lib/data/domain.h"

#include "lib/base/mem.h"

#include <string.h>

const char *const rs_domain_name[RS_DOMAINS + 1] = { "none", "ecommerce", "video", NULL };

static const char *const shop_types[] = { "view", "purchase", NULL };
static const char *const video_types[] = { "watch", "click", NULL };

const char *const *const rs_domain_types[RS_DOMAINS] = { NULL, shop_types, video_types };

enum flag { PLAIN, CATEGORIES, TEXT };

static const struct {
	enum rs_domain domain;
	enum rs_table_kind kind;
	const char *name;
	enum rs_avro_type type;
	enum flag flag;
	bool required;
} fields[] = {
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_EVENTS, "EVENT_TYPE", RS_AVRO_STRING, PLAIN, true },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "PRICE", RS_AVRO_FLOAT, PLAIN, true },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "CATEGORY_L1", RS_AVRO_STRING, CATEGORIES, true },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "CATEGORY_L2", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "CATEGORY_L3", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "PRODUCT_DESCRIPTION", RS_AVRO_STRING, TEXT, false },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "CREATION_TIMESTAMP", RS_AVRO_LONG, PLAIN, false },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "AGE_GROUP", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "ADULT", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_ECOMMERCE, RS_TABLE_ITEMS, "GENDER", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_EVENTS, "EVENT_TYPE", RS_AVRO_STRING, PLAIN, true },
	{ RS_DOMAIN_VIDEO, RS_TABLE_USERS, "SUBSCRIPTION_MODEL", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "GENRES", RS_AVRO_STRING, CATEGORIES, true },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "CREATION_TIMESTAMP", RS_AVRO_LONG, PLAIN, true },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "GENRE_L2", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "GENRE_L3", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "PRICE", RS_AVRO_FLOAT, PLAIN, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "DURATION", RS_AVRO_FLOAT, PLAIN, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "AVERAGE_RATING", RS_AVRO_FLOAT, PLAIN, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "PRODUCT_DESCRIPTION", RS_AVRO_STRING, TEXT, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "CONTENT_OWNER", RS_AVRO_STRING, CATEGORIES, false },
	{ RS_DOMAIN_VIDEO, RS_TABLE_ITEMS, "CONTENT_CLASSIFICATION", RS_AVRO_STRING, CATEGORIES, false },
};
#define N_FIELDS (sizeof fields / sizeof fields[0])

int rs_domain_fields(struct rs_avro *out, enum rs_domain domain, enum rs_table_kind kind, struct rs_err *err)
{
	memset(out, 0, sizeof *out);
	if ((out->field = rs_array0(N_FIELDS, sizeof *out->field, err)) == NULL)
		return RS_ENOMEM;
	for (size_t i = 0; i < N_FIELDS; i++) {
		struct rs_avro_field *f = &out->field[out->n];
		unsigned rank;

		if (fields[i].domain != domain || fields[i].kind != kind)
			continue;
		if ((f->name = rs_strndup(fields[i].name, strlen(fields[i].name), err)) == NULL) {
			rs_avro_release(out);
			return RS_ENOMEM;
		}
		f->type = fields[i].type;
		f->nullable = !fields[i].required;
		f->categorical = fields[i].flag == CATEGORIES;
		f->textual = fields[i].flag == TEXT;
		f->role = rs_role_of(kind, true, f->name, strlen(f->name), &rank);
		out->n++;
	}
	return 0;
}

int rs_domain_check(const struct rs_avro *schema, enum rs_domain domain, const struct rs_avro *wanted, struct rs_err *err)
{
	const char *name = rs_domain_name[domain];

	for (uint32_t i = 0; i < wanted->n; i++) {
		const struct rs_avro_field *w = &wanted->field[i], *f = rs_avro_find(schema, w->name, strlen(w->name));

		if (f == NULL && !w->nullable)
			return rs_fail(err, RS_EDATA, "the schema lacks the column %s, which domain %s needs", w->name, name);
		if (f == NULL)
			continue;
		if (f->type != w->type || f->categorical != w->categorical || f->textual != w->textual ||
		    (f->nullable && !w->nullable))
			return rs_fail(err, RS_EDATA, "field %s of the schema: expected type %s%s%s, as domain %s has it",
			               w->name, rs_avro_type_name[w->type],
			               w->categorical ? ", categorical" : w->textual ? ", textual" : "",
			               w->nullable ? "" : ", without null", name);
	}
	return 0;
}
