/* fuzz_filter.c -- any text as a condition: refused with a column, or evaluated over a small dataset; the value of each row
 * and that of the negated condition are never both true. */
#include "lib/base/mem.h"
#include "lib/data/synth.h"
#include "lib/filter/eval.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct rs_dataset *d;

static void free_dataset(void)
{
	rs_dataset_free(d);
}

static void make_dataset(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_synth_options o;
	struct rs_synth *s;

	rs_synth_init(&o);
	o.n_users = 7;
	o.n_items = 5;
	o.n_events = 40;
	o.context = true;
	if (rs_synth_open(&s, &o, &err) < 0 || rs_synth_dataset(&d, s, &err) < 0)
		abort();
	rs_synth_close(s);
	atexit(free_dataset);
}

static void evaluate(const struct rs_filter *f, const char *text, enum rs_filter_table table)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_filter *not_f = NULL;
	uint8_t keep[64], other[64];
	size_t n = table == RS_FILTER_EVENTS ? 40 : table == RS_FILTER_USERS ? 7 : 5;
	char *negated = malloc(strlen(text) + 8);

	if (negated == NULL)
		abort();
	snprintf(negated, strlen(text) + 8, "NOT (%s)", text);
	if (rs_filter_rows(f, d, table, keep, &err) == 0 && rs_filter_parse(&not_f, negated, &err) == 0) {
		assert(rs_filter_rows(not_f, d, table, other, &err) == 0);
		for (size_t i = 0; i < n; i++)
			assert(keep[i] <= 1 && keep[i] + other[i] <= 1);
	}
	rs_filter_free(not_f);
	free(negated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_filter *f;
	char *text;

	if (d == NULL)
		make_dataset();
	text = malloc(n + 1);
	if (text == NULL)
		abort();
	memcpy(text, data, n);
	text[n] = 0;
	if (rs_filter_parse(&f, text, &err) == 0) {
		evaluate(f, text, RS_FILTER_EVENTS);
		evaluate(f, text, RS_FILTER_USERS);
		evaluate(f, text, RS_FILTER_ITEMS);
		rs_filter_free(f);
	} else {
		assert(err.code == RS_EUSAGE && err.text[0] != 0 && strchr(err.text, '\n') == NULL);
	}
	free(text);
	return 0;
}
