/* fuzz_schema.c -- any bytes as a schema of each table: fields that can be found by their names, or a reason. */
#include "lib/data/avro.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (int kind = 0; kind < RS_TABLES; kind++) {
		struct rs_err err = RS_ERR_INIT;
		struct rs_avro a;

		if (rs_avro_parse(&a, (const char *)data, n, (enum rs_table_kind)kind, &err) < 0) {
			assert(err.text[0] != 0 && strchr(err.text, '\n') == NULL);
			continue;
		}
		for (uint32_t i = 0; i < a.n; i++) {
			assert(rs_avro_find(&a, a.field[i].name, strlen(a.field[i].name)) == &a.field[i]);
			rs_avro_check(&a.field[i], (const char *)data, n);
		}
		rs_avro_release(&a);
	}
	return 0;
}
