/* names.h -- which column is what: by the names that logs use, or as the user says.
 *
 * Names are folded before they are compared: lower case, without '_', '-', '.' and blanks, so that USER_ID, userId and
 * "User-ID" are one name. */
#ifndef RS_DATA_NAMES_H
#define RS_DATA_NAMES_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_role { RS_ROLE_USER, RS_ROLE_ITEM, RS_ROLE_TIME, RS_ROLE_VALUE, RS_ROLE_TYPE, RS_ROLES, RS_ROLE_NONE = RS_ROLES };

extern const char *const rs_role_name[RS_ROLES]; /* "user", "item", "time", "value", "type" */

/* What a file holds. */
enum rs_table_kind {
	RS_TABLE_EVENTS,
	RS_TABLE_USERS,
	RS_TABLE_ITEMS,
	RS_TABLE_ACTIONS,
	RS_TABLE_ACTION_EVENTS, /* events on actions, which stand where items do */
	RS_TABLES
};

extern const char *const rs_table_name[RS_TABLES]; /* "events", "users", "items", "actions", "action interactions" */

static inline bool rs_table_has_events(enum rs_table_kind kind)
{
	return kind == RS_TABLE_EVENTS || kind == RS_TABLE_ACTION_EVENTS;
}

/* The role that names the rows; of events the first one. */
static inline enum rs_role rs_table_key(enum rs_table_kind kind)
{
	return kind == RS_TABLE_ITEMS || kind == RS_TABLE_ACTIONS ? RS_ROLE_ITEM : RS_ROLE_USER;
}

#define RS_FOLD_MAX 1024

/* The folded name and its length, at most RS_FOLD_MAX bytes. */
size_t rs_name_fold(char out[RS_FOLD_MAX], const char *name, size_t n);

/* Whether two names differ in case and in marks between words alone. */
bool rs_same_name(const char *a, size_t na, const char *b, size_t nb);

/* Whether the name folds to this. */
bool rs_name_is(const char *name, const char *folded);

/* The role that a column of this name plays, or RS_ROLE_NONE. Several may want one role: the lowest rank wins. reserved:
 * only the names that Amazon Personalize reserves count. */
enum rs_role rs_role_of(enum rs_table_kind kind, bool reserved, const char *name, size_t n, unsigned *rank);

/* ---- what the user says ---- */

struct rs_spec_entry {
	char *name;      /* "user"; in_order: "-" leaves the column out */
	char *column;    /* "rating" */
	uint32_t number; /* column by number, from 1; 0: by name */
};

/* "user=2,item=3,value=rating" or, in order, "user,item,-,value". */
struct rs_spec {
	bool in_order;
	size_t n;
	struct rs_spec_entry *entry;
};

/* NULL text gives an empty one. RS_EUSAGE starts with the text. */
int rs_spec_parse(struct rs_spec *out, const char *text, struct rs_err *err);

/* "title,7,*": only columns, in `column` or `number`. */
int rs_spec_parse_list(struct rs_spec *out, const char *text, struct rs_err *err);

/* The entry for the column with this name and number (0: none), or NULL. A "*" matches every column. */
const struct rs_spec_entry *rs_spec_find(const struct rs_spec *s, const char *name, size_t n, uint32_t number);

/* Whether this entry alone, of a spec that is not in order, is for the column. */
bool rs_spec_is_for(const struct rs_spec_entry *e, const char *name, size_t n, uint32_t number);
void rs_spec_release(struct rs_spec *s);

#endif
