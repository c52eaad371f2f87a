/* synth_tables.c -- ids and attributes of a made-up world: who people are, what items are called.
 *
 * Attributes tell something of the taste behind them: the category of an item is its home circle, its tags name both of its
 * circles, title and description use words of the circle's own vocabulary, prices differ between circles. */
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/synth_world.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOCABULARY 60     /* words of one circle */
#define COMMON_WORDS 400  /* words of all */
#define WORD_MAX 16

static const char *const ages[SYNTH_AGES] = { "18-24", "25-34", "35-44", "45-54", "55-64", "65+" };

static const char *const countries[SYNTH_COUNTRIES] = { "US", "DE", "IN", "BR", "GB", "FR",
	                                                "JP", "ES", "PL", "SE", "KE", "NZ" };

static const char *const categories[] = { "Books", "Garden", "Kitchen", "Music", "Outdoor", "Toys", "Computers", "Shoes",
	                                  "Films", "Tools", "Beauty", "Games", "Food", "Pets", "Office", "Travel",
	                                  "Sports", "Furniture", "Baby", "Jewelry", "Crafts", "Cars", "Phones", "Wine" };

#define N_CATEGORIES (sizeof categories / sizeof categories[0])

static const char *const styles[] = { "classic", "bargain", "premium", "gift", "handmade", "eco", "limited", "compact" };

/* ---- ids ---- */

int synth_keys(struct rs_keys *out, const char *prefix, uint32_t first, uint32_t n, unsigned digits, struct rs_err *err)
{
	size_t n_prefix = strlen(prefix), width;
	char key[RS_KEY_MAX];
	int rc;

	width = rs_put_u64(key, (uint64_t)first + n - 1);
	if (width < digits)
		width = digits;
	if ((rc = rs_keys_room(out, n, (uint64_t)n * (n_prefix + width), err)) < 0)
		return rc;
	memcpy(key, prefix, n_prefix);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = (uint64_t)first + i;

		for (size_t k = width; k-- > 0; v /= 10)
			key[n_prefix + k] = (char)('0' + v % 10);
		rs_keys_push(out, key, n_prefix + width);
	}
	return 0;
}

/* ---- columns ---- */

static int start_column(struct rs_column *c, const char *name, enum rs_type type, uint32_t n, struct rs_err *err)
{
	c->type = type;
	c->n_rows = n;
	if ((c->name = rs_strndup(name, strlen(name), err)) == NULL)
		return RS_ENOMEM;
	if (type == RS_TYPE_NUMBER)
		return (c->number = rs_array(n, sizeof *c->number, err)) == NULL ? RS_ENOMEM : 0;
	return (c->ptr = rs_array0((size_t)n + 1, sizeof *c->ptr, err)) == NULL ? RS_ENOMEM : 0;
}

/* Takes codes by order of appearance in the map; sorts the dictionary. */
static int finish_categories(struct rs_column *c, const struct rs_keymap *map, struct rs_err *err)
{
	uint32_t *place;
	int rc;

	if ((rc = rs_keys_from_map(&c->dict, map, &place, err)) < 0)
		return rc;
	for (uint64_t i = 0; i < c->ptr[c->n_rows]; i++)
		c->code[i] = place[c->code[i]];
	rs_free(place);
	return 0;
}

/* A cell: up to three different values for one row, the first NULL ends. */
typedef void cell_fn(const struct rs_synth *s, uint32_t row, char cell[3][WORD_MAX * 2]);

static int category_column(struct rs_column *c, const char *name, const struct rs_synth *s, uint32_t n, cell_fn *fn,
                           struct rs_err *err)
{
	struct rs_keymap *map = NULL;
	size_t cap = 0;
	int rc;

	if ((rc = start_column(c, name, RS_TYPE_CATEGORICAL, n, err)) < 0 || (rc = rs_keymap_new(&map, err)) < 0)
		return rc;
	for (uint32_t row = 0; row < n && rc == 0; row++) {
		char cell[3][WORD_MAX * 2] = { "", "", "" };
		uint64_t at = c->ptr[row];

		fn(s, row, cell);
		if ((rc = rs_grow(&c->code, &cap, at + 3, sizeof *c->code, err)) < 0)
			break;
		for (int i = 0; i < 3 && cell[i][0] != 0 && rc == 0; i++)
			rc = rs_keymap_add(map, cell[i], strlen(cell[i]), &c->code[at++], err);
		c->multi |= at - c->ptr[row] > 1;
		c->ptr[row + 1] = at;
	}
	if (rc == 0)
		rc = finish_categories(c, map, err);
	rs_keymap_free(map);
	return rc;
}

/* ---- words ---- */

/* The word of a number: two or three syllables. */
static void make_word(const struct rs_synth *s, uint64_t number, char word[WORD_MAX])
{
	static const char onset[] = "bdfgklmnprstvz", vowel[] = "aeiou", coda[] = "lnrs";
	struct synth_draws d = { .seed = s->o.seed, .purpose = SYNTH_VOCABULARY, .row = number };
	int syllables = 2 + (int)(synth_u64(&d) % 2);
	size_t n = 0;

	for (int i = 0; i < syllables; i++) {
		uint64_t w = synth_u64(&d) >> 16;

		word[n++] = onset[w % (sizeof onset - 1)];
		word[n++] = vowel[(w >> 8) % (sizeof vowel - 1)];
		if ((w >> 16) % 3 == 0)
			word[n++] = coda[(w >> 20) % (sizeof coda - 1)];
	}
	word[n] = 0;
}

static void circle_word(const struct rs_synth *s, uint32_t circle, struct synth_draws *d, char word[WORD_MAX])
{
	double at = synth_unit(d);

	make_word(s, COMMON_WORDS + (uint64_t)circle * VOCABULARY + (uint64_t)(VOCABULARY * at * at), word);
}

static void category_name(uint32_t circle, char name[WORD_MAX * 2])
{
	if (circle < N_CATEGORIES)
		snprintf(name, WORD_MAX * 2, "%s", categories[circle]);
	else
		snprintf(name, WORD_MAX * 2, "Category %u", circle + 1);
}

/* Two or three words with capitals. */
static int put_title(const struct rs_synth *s, uint32_t item, struct rs_buf *b, struct rs_err *err)
{
	struct synth_draws d = { .seed = s->o.seed, .purpose = SYNTH_WORDS, .row = item };
	int n = 2 + (int)(synth_u64(&d) % 2), rc = 0;
	char word[WORD_MAX];

	for (int i = 0; i < n && rc == 0; i++) {
		circle_word(s, s->home[item], &d, word);
		word[0] = (char)toupper((unsigned char)word[0]);
		rc = rs_buf_addf(b, err, "%s%s", i > 0 ? " " : "", word);
	}
	return rc;
}

/* A dozen words or two, half of them of its circles; nothing for some items. */
static int put_description(const struct rs_synth *s, uint32_t item, struct rs_buf *b, struct rs_err *err)
{
	struct synth_draws d = { .seed = s->o.seed, .purpose = SYNTH_WORDS, .row = item, .step = 1000 };
	int n = synth_unit(&d) < .03 ? 0 : 12 + (int)(synth_u64(&d) % 13), rc = 0;
	char word[WORD_MAX];

	for (int i = 0; i < n && rc == 0; i++) {
		double kind = synth_unit(&d);

		if (kind < .5)
			make_word(s, (uint64_t)(COMMON_WORDS * kind * 2), word);
		else
			circle_word(s, kind < .9 ? s->home[item] : s->second[item], &d, word);
		rc = rs_buf_addf(b, err, "%s%s", i > 0 ? " " : "", word);
	}
	return rc;
}

typedef int put_text_fn(const struct rs_synth *s, uint32_t item, struct rs_buf *b, struct rs_err *err);

static int text_column(struct rs_column *c, const char *name, const struct rs_synth *s, put_text_fn *put,
                       struct rs_err *err)
{
	struct rs_buf b = RS_BUF_INIT;
	int rc = start_column(c, name, RS_TYPE_TEXT, s->o.n_items, err);

	for (uint32_t i = 0; i < s->o.n_items && rc == 0; i++) {
		rc = put(s, i, &b, err);
		c->ptr[i + 1] = b.n;
	}
	if (rc == 0 && (c->text = rs_array(b.n, 1, err)) == NULL)
		rc = RS_ENOMEM;
	if (rc == 0 && b.n > 0)
		memcpy(c->text, b.p, b.n);
	rs_buf_release(&b);
	return rc;
}

/* ---- users ---- */

static void age_cell(const struct rs_synth *s, uint32_t row, char cell[3][WORD_MAX * 2])
{
	struct synth_person p;

	synth_person(s, s->o.first_user + row, &p);
	if (p.has_row)
		snprintf(cell[0], sizeof cell[0], "%s", ages[p.age]);
}

static void country_cell(const struct rs_synth *s, uint32_t row, char cell[3][WORD_MAX * 2])
{
	struct synth_person p;

	synth_person(s, s->o.first_user + row, &p);
	if (p.has_row && rs_rand_unit(s->o.seed, SYNTH_WORDS, s->o.first_user + row, 2000) >= .03)
		snprintf(cell[0], sizeof cell[0], "%s", countries[p.country]);
}

int synth_user_table(struct rs_table *out, const struct rs_synth *s, struct rs_err *err)
{
	uint32_t n = s->o.n_users;
	int rc;

	if ((out->present = rs_array(n, 1, err)) == NULL || (out->column = rs_array0(2, sizeof *out->column, err)) == NULL)
		return RS_ENOMEM;
	out->n_columns = 2;
	if ((rc = category_column(&out->column[0], "AGE_GROUP", s, n, age_cell, err)) < 0 ||
	    (rc = category_column(&out->column[1], "COUNTRY", s, n, country_cell, err)) < 0)
		return rc;
	for (uint32_t u = 0; u < n; u++)
		out->present[u] = out->column[0].ptr[u + 1] > out->column[0].ptr[u];
	return 0;
}

/* ---- items ---- */

static void category_cell(const struct rs_synth *s, uint32_t row, char cell[3][WORD_MAX * 2])
{
	category_name(s->home[row], cell[0]);
}

/* Both circles and a style. */
static void tags_cell(const struct rs_synth *s, uint32_t row, char cell[3][WORD_MAX * 2])
{
	uint64_t w = rs_rand_u64(s->o.seed, SYNTH_WORDS, row, 2000);
	int n = 0;

	category_name(s->home[row], cell[n++]);
	if (s->second[row] != s->home[row])
		category_name(s->second[row], cell[n++]);
	snprintf(cell[n], sizeof cell[n], "%s", styles[w % (sizeof styles / sizeof styles[0])]);
	for (char *p = cell[0]; p < cell[2] + sizeof cell[2]; p++)
		*p = (char)tolower((unsigned char)*p);
}

double synth_price(const struct rs_synth *s, uint32_t item)
{
	struct synth_draws d = { .seed = s->o.seed, .purpose = SYNTH_PRICE, .row = item };
	double level = 2.2 + 2 * rs_rand_unit(s->o.seed, SYNTH_PRICE, s->home[item], 1);

	if (synth_unit(&d) < .02)
		return NAN;
	return (floor(exp(level + 1.5 * (synth_unit(&d) - .5))) + 1) - .01;
}

static int price_column(struct rs_column *c, const struct rs_synth *s, struct rs_err *err)
{
	int rc = start_column(c, "PRICE", RS_TYPE_NUMBER, s->o.n_items, err);

	for (uint32_t i = 0; i < s->o.n_items && rc == 0; i++)
		c->number[i] = synth_price(s, i);
	return rc;
}

static int created_column(struct rs_column *c, const struct rs_synth *s, struct rs_err *err)
{
	int rc = start_column(c, "CREATION_TIMESTAMP", RS_TYPE_NUMBER, s->o.n_items, err);

	for (uint32_t i = 0; i < s->o.n_items && rc == 0; i++)
		c->number[i] = (double)s->created_s[i];
	return rc;
}

int synth_item_table(struct rs_table *out, const struct rs_synth *s, struct rs_err *err)
{
	uint32_t n = s->o.n_items;
	struct rs_column *c;
	int rc;

	if ((out->present = rs_array(n, 1, err)) == NULL || (c = out->column = rs_array0(6, sizeof *c, err)) == NULL)
		return RS_ENOMEM;
	memset(out->present, 1, n);
	out->n_columns = 6;
	if ((rc = category_column(&c[0], "CATEGORY", s, n, category_cell, err)) < 0 ||
	    (rc = category_column(&c[1], "TAGS", s, n, tags_cell, err)) < 0 || (rc = price_column(&c[2], s, err)) < 0 ||
	    (rc = created_column(&c[3], s, err)) < 0 || (rc = text_column(&c[4], "TITLE", s, put_title, err)) < 0 ||
	    (rc = text_column(&c[5], "DESCRIPTION", s, put_description, err)) < 0)
		return rc;
	return 0;
}
