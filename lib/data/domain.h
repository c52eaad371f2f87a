/* domain.h -- what the domains of Amazon Personalize ask of the tables. */
#ifndef RS_DATA_DOMAIN_H
#define RS_DATA_DOMAIN_H

#include "lib/data/avro.h"

enum rs_domain { RS_DOMAIN_NONE, RS_DOMAIN_ECOMMERCE, RS_DOMAIN_VIDEO, RS_DOMAINS };

extern const char *const rs_domain_name[RS_DOMAINS + 1]; /* "none", "ecommerce", "video"; NULL at the end */

/* The columns that have a meaning in the domain; those that may not be null are required. Released with rs_avro_release. */
int rs_domain_fields(struct rs_avro *out, enum rs_domain domain, enum rs_table_kind kind, struct rs_err *err);

/* RS_EDATA where a schema lacks a required one, or has one of another type. */
int rs_domain_check(const struct rs_avro *schema, enum rs_domain domain, const struct rs_avro *fields, struct rs_err *err);

/* Types of events of which the domain needs some, as folded names; NULL at the end. */
extern const char *const *const rs_domain_types[RS_DOMAINS];

#endif
