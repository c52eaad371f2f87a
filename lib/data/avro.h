/* avro.h -- schemas in the form that Amazon Personalize takes: Avro JSON, flat, with its reserved names. */
#ifndef RS_DATA_AVRO_H
#define RS_DATA_AVRO_H

#include "lib/data/names.h"

enum rs_avro_type { RS_AVRO_STRING, RS_AVRO_INT, RS_AVRO_LONG, RS_AVRO_FLOAT, RS_AVRO_DOUBLE, RS_AVRO_BOOLEAN, RS_AVRO_TYPES };

extern const char *const rs_avro_type_name[RS_AVRO_TYPES];

struct rs_avro_field {
	char *name;
	enum rs_avro_type type; /* of a union the widest: string, double, float, long, int, boolean */
	bool nullable, categorical, textual;
	enum rs_role role;      /* RS_ROLE_NONE: an attribute or context */
};

struct rs_avro {
	uint32_t n;
	struct rs_avro_field *field; /* in the order of the columns */
};

/* A name that Amazon Personalize reserves in some table, and the type it has there. */
struct rs_avro_reserved {
	const char *name;
	enum rs_avro_type type;
};

/* The reserved column that the name folds to, or NULL. */
const struct rs_avro_reserved *rs_avro_reserved_find(enum rs_table_kind kind, const char *name);

extern const char *const rs_avro_record_name[RS_TABLES]; /* "Interactions", ... */

#define RS_AVRO_TEXT_MAX 20000
#define RS_AVRO_NAME_MAX 150

/* Reads and checks a schema: a record of the right name, flat, names of letters that differ when folded, required columns,
 * reserved columns of just their type, textual columns only where they may be, no more columns than may be. RS_EDATA
 * starts with the path. */
int rs_avro_load(struct rs_avro *out, const char *path, enum rs_table_kind kind, struct rs_err *err);

/* The same from text; without a path in the sentence. */
int rs_avro_parse(struct rs_avro *out, const char *text, size_t n, enum rs_table_kind kind, struct rs_err *err);

void rs_avro_release(struct rs_avro *a);

/* The field of this name (folded), or NULL. */
const struct rs_avro_field *rs_avro_find(const struct rs_avro *a, const char *name, size_t n);

/* Whether a cell of data may stand in the column: NULL, or what is expected. */
const char *rs_avro_check(const struct rs_avro_field *f, const char *p, size_t n);

/* Whether a cell holds one of the reserved words, which is a header gone astray. */
bool rs_avro_is_reserved_word(const char *p, size_t n);

/* Whether a member of this name belongs to a call such as PutEvents, whatever the schema says: eventId, impression ... */
bool rs_avro_is_call_member(const char *name, size_t n);

#endif
