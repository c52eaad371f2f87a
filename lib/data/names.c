/* names.c -- which column is what. */
#include "lib/data/names.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <string.h>

const char *const rs_role_name[RS_ROLES] = { "user", "item", "time", "value", "type" };
const char *const rs_table_name[RS_TABLES] = { "events", "users", "items", "actions", "action interactions" };

/* Folded names, the surest first. The first n_reserved are Amazon Personalize's. */
static const struct {
	unsigned n_reserved;
	const char *names;
} known[RS_ROLES] = {
	[RS_ROLE_USER] = { 1, "userid user uid users userkey usernumber username customerid customer custid memberid member "
	                      "visitorid visitor accountid account clientid client readerid reader reviewerid reviewer "
	                      "personid person playerid player buyerid buyer subscriberid subscriber householdid sessionid "
	                      "session basketid basket transactionid orderid invoiceid invoiceno " },
	[RS_ROLE_ITEM] = { 2, "itemid actionid item iid items itemkey productid product movieid movie bookid book isbn asin "
	                      "sku articleid article artistid artist trackid track songid song albumid album gameid game "
	                      "videoid video showid show contentid content newsid news storyid story offerid offer docid "
	                      "documentid document pageid page businessid business venueid venue locationid placeid place "
	                      "poiid poi restaurantid restaurant recipeid recipe hotelid hotel courseid course jobid job "
	                      "appid app adid stockcode " },
	[RS_ROLE_TIME] = { 2, "timestamp sentat time datetime eventtime eventtimestamp ts date eventdate createdat timestampms "
	                      "timestampmillis unixtime unixreviewtime unixtimestamp epoch reviewtime ratedat clickedat " },
	[RS_ROLE_VALUE] = { 1, "eventvalue value rating ratings bookrating score stars overall weight preference count cnt "
	                       "plays playcount listens hours quantity qty amount " },
	[RS_ROLE_TYPE] = { 1, "eventtype event action actiontype type eventname behavior behaviour behaviortype "
	                      "interactiontype interaction " },
};

/* Names that only mean something in a table of users or of items. */
static const char *const table_names[RS_TABLES] = { "", "id key ", "id key ", "id key ", "" };

/* Names of actions, where they stand for items. */
static const char action_names[] = "actionid action item ";

static bool folded_away(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ' || c == '\t';
}

size_t rs_name_fold(char out[RS_FOLD_MAX], const char *name, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n && k < RS_FOLD_MAX; i++)
		if (!folded_away(name[i]))
			out[k++] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	return k;
}

bool rs_same_name(const char *a, size_t na, const char *b, size_t nb)
{
	char fa[RS_FOLD_MAX], fb[RS_FOLD_MAX];
	size_t n = rs_name_fold(fa, a, na);

	return n > 0 && rs_name_fold(fb, b, nb) == n && memcmp(fa, fb, n) == 0;
}

bool rs_name_is(const char *name, const char *folded)
{
	char f[RS_FOLD_MAX];
	size_t n = rs_name_fold(f, name, strlen(name));

	return n == strlen(folded) && memcmp(f, folded, n) == 0;
}

/* The place of a word in a list of words, each followed by a blank, or UINT_MAX. */
static unsigned find_word(const char *list, const char *word, size_t n)
{
	for (unsigned i = 0; *list != 0; i++) {
		size_t len = strcspn(list, " ");

		if (len == n && memcmp(list, word, n) == 0)
			return i;
		list += len + 1;
	}
	return UINT32_MAX;
}

static bool has_role(enum rs_table_kind kind, int role)
{
	return rs_table_has_events(kind) || role == (int)rs_table_key(kind);
}

enum rs_role rs_role_of(enum rs_table_kind kind, bool reserved, const char *name, size_t n, unsigned *rank)
{
	char folded[RS_FOLD_MAX];
	size_t k = rs_name_fold(folded, name, n);

	for (int role = 0; role < RS_ROLES; role++) {
		if (!has_role(kind, role))
			continue;
		*rank = find_word(role == RS_ROLE_ITEM && kind >= RS_TABLE_ACTIONS ? action_names : known[role].names, folded,
		                  k);
		if (*rank == UINT32_MAX && !rs_table_has_events(kind)) {
			unsigned at = find_word(table_names[kind], folded, k);

			*rank = at == UINT32_MAX ? at : 1000 + at;
		}
		if (*rank != UINT32_MAX && (!reserved || *rank < known[role].n_reserved))
			return (enum rs_role)role;
	}
	return RS_ROLE_NONE;
}

/* ---- what the user says ---- */

static char *trimmed(const char *p, size_t n, struct rs_err *err)
{
	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return rs_strndup(p, n, err);
}

static int set_column(struct rs_spec_entry *e, const char *p, size_t n, struct rs_err *err)
{
	uint64_t number;

	if ((e->column = trimmed(p, n, err)) == NULL)
		return RS_ENOMEM;
	if (!rs_get_u64(e->column, strlen(e->column), &number))
		return 0;
	if (number == 0 || number > 1000000)
		return rs_fail(err, RS_EUSAGE, "column %s: expected a number from 1, or a name", e->column);
	e->number = (uint32_t)number;
	return 0;
}

/* One part of the text into the next entry. */
static int parse_part(struct rs_spec *s, const char *p, size_t n, bool list, struct rs_err *err)
{
	struct rs_spec_entry *e = &s->entry[s->n++];
	const char *equal = list ? NULL : memchr(p, '=', n);
	char q[RS_QUOTE_MAX];
	uint64_t number;
	int rc;

	if (list) {
		rc = set_column(e, p, n, err);
	} else {
		if ((e->name = trimmed(p, equal == NULL ? n : (size_t)(equal - p), err)) == NULL)
			return RS_ENOMEM;
		rc = equal == NULL ? 0 : set_column(e, equal + 1, (size_t)(p + n - equal - 1), err);
		if (equal == NULL && rs_get_u64(e->name, strlen(e->name), &number))
			return rs_fail(err, RS_EUSAGE, "%s: expected NAME=COLUMN", rs_quote(q, sizeof q, p, n));
	}
	if (rc < 0)
		return rc;
	if ((e->name != NULL && e->name[0] == 0) || (e->column != NULL && e->column[0] == 0))
		return rs_fail(err, RS_EUSAGE, "%s: expected the name of a column", rs_quote(q, sizeof q, p, n));
	return 0;
}

static int parse(struct rs_spec *out, const char *text, bool list, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	size_t n_parts = 1;
	int rc = 0;

	memset(out, 0, sizeof *out);
	if (text == NULL)
		return 0;
	for (const char *p = text; *p != 0; p++)
		n_parts += *p == ',';
	if ((out->entry = rs_array0(n_parts, sizeof *out->entry, err)) == NULL)
		return RS_ENOMEM;
	for (const char *p = text; rc == 0; p++) {
		size_t n = strcspn(p, ",");

		rc = parse_part(out, p, n, list, err);
		p += n;
		if (*p == 0)
			break;
	}
	out->in_order = !list && out->n > 0 && out->entry[0].column == NULL;
	for (size_t i = 0; i < out->n && rc == 0 && !list; i++)
		if ((out->entry[i].column == NULL) != out->in_order)
			rc = rs_fail(err, RS_EUSAGE, "%s: expected NAME=COLUMN everywhere, or all names in order",
			             rs_quote(q, sizeof q, text, strlen(text)));
	if (rc < 0)
		rs_spec_release(out);
	return rc;
}

int rs_spec_parse(struct rs_spec *out, const char *text, struct rs_err *err)
{
	return parse(out, text, false, err);
}

int rs_spec_parse_list(struct rs_spec *out, const char *text, struct rs_err *err)
{
	return parse(out, text, true, err);
}

bool rs_spec_is_for(const struct rs_spec_entry *e, const char *name, size_t n, uint32_t number)
{
	char a[RS_FOLD_MAX], b[RS_FOLD_MAX];
	size_t na;

	if (e->number > 0 ? e->number == number : strcmp(e->column, "*") == 0)
		return true;
	na = rs_name_fold(a, name, n);
	return n > 0 && rs_name_fold(b, e->column, strlen(e->column)) == na && memcmp(a, b, na) == 0;
}

const struct rs_spec_entry *rs_spec_find(const struct rs_spec *s, const char *name, size_t n, uint32_t number)
{
	if (s->in_order)
		return number > 0 && number <= s->n ? &s->entry[number - 1] : NULL;
	for (size_t i = 0; i < s->n; i++)
		if (rs_spec_is_for(&s->entry[i], name, n, number))
			return &s->entry[i];
	return NULL;
}

void rs_spec_release(struct rs_spec *s)
{
	for (size_t i = 0; i < s->n; i++) {
		rs_free(s->entry[i].name);
		rs_free(s->entry[i].column);
	}
	rs_free(s->entry);
	memset(s, 0, sizeof *s);
}
