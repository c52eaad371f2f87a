/* fuzz_columns.c -- any text as --columns and as --ignore: entries with names, or a reason. */
#include "lib/data/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct rs_spec *s, int rc, const struct rs_err *err)
{
	if (rc < 0) {
		assert(err->text[0] != 0 && strchr(err->text, '\n') == NULL);
		return;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct rs_spec_entry *e = &s->entry[i];

		assert(e->name != NULL || e->column != NULL);
		if (e->column != NULL)
			assert(rs_spec_find(s, e->column, strlen(e->column), e->number) != NULL);
	}
	rs_spec_release(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	char *text = malloc(n + 1);
	struct rs_spec s;

	if (text == NULL)
		abort();
	memcpy(text, data, n);
	text[n] = 0;
	check(&s, rs_spec_parse(&s, text, &err), &err);
	check(&s, rs_spec_parse_list(&s, text, &err), &err);
	free(text);
	return 0;
}
