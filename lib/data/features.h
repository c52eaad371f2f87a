/* features.h -- attribute columns as numbered features: learned once, kept in a model, applied to any dataset.
 *
 * A categorical column gives one feature for each value that enough rows have; a number column one for each of a few
 * ranges that hold about as many rows each; a text column, where asked for, one for each term that enough rows have, counted.
 * A null gives nothing, and so does a value that was not learned. Features are numbered from 0 through the columns in the
 * order of their names, so that the order of columns in a file does not matter.
 * What is learned from rows of people holds no value that fewer than min_rows of them share. */
#ifndef RS_DATA_FEATURES_H
#define RS_DATA_FEATURES_H

#include "lib/base/keys.h"
#include "lib/data/container.h"
#include "lib/data/dataset.h"
#include "lib/data/names.h"
#include "lib/num/csr.h"

struct rs_feature_column {
	char *name;
	enum rs_type type;
	uint32_t first, n;    /* its features: first .. first + n */
	struct rs_keys value; /* CATEGORICAL, TEXT: n values or terms, sorted */
	double *cut;          /* NUMBER: n - 1 limits, ascending; a number below cut[0] is in range 0 */
	uint32_t gram;        /* TEXT: pieces of words, see terms.h */
};

struct rs_features {
	uint32_t n_columns, n; /* n: features of all columns */
	struct rs_feature_column *column;
};

#define RS_FEATURES_MAX (1u << 26)
#define RS_FEATURE_GRAM_MAX 16

struct rs_feature_how {
	uint32_t min_rows;             /* values of fewer rows are left out; at least 1 */
	uint32_t max_values;           /* categorical columns of more values are left out; 0: no limit */
	uint32_t bins;                 /* ranges of a number column, at least 1 */
	bool text;                     /* text columns too */
	bool text_only;                /* text columns alone */
	uint32_t gram;
	uint32_t max_terms;            /* of a text column: the most frequent ones */
	const struct rs_spec *columns; /* as rs_spec_parse_list; NULL: all */
};

/* Which rows of a table: row[0 .. n), or first .. first + n where row is NULL. */
struct rs_row_set {
	const uint32_t *row;
	uint64_t first;
	uint32_t n;
};

/* Columns without any feature are left out. RS_EUSAGE where how->columns names a column that is not there. */
int rs_features_learn(struct rs_features *out, const struct rs_column *column, uint32_t n_columns,
                      const struct rs_row_set *rows, const struct rs_feature_how *how, struct rs_err *err);

/* One row of features for each row of the set (RS_NONE in rows->row: an empty one), sorted. Columns are found by name; one
 * of another type is read as the type that was learned. Values: 1, for terms their number. */
int rs_features_apply(struct rs_csr *out, const struct rs_features *f, const struct rs_column *column,
                      uint32_t n_columns, const struct rs_row_set *rows, struct rs_err *err);

/* "genre=Drama", "age=25..34", cut to fit; returns buf. */
const char *rs_features_name(const struct rs_features *f, uint32_t feature, char *buf, size_t size);

/* Chunks, by the letter of the table: 'U', 'I' or 'C' (context); see rs-model(5). Nothing is written where f is empty, and
 * a file without the chunks gives an empty one. */
int rs_features_save(const struct rs_features *f, char table, struct rs_writer *w, struct rs_err *err);
int rs_features_load(struct rs_features *out, char table, struct rs_reader *r, struct rs_err *err);

void rs_features_release(struct rs_features *f);

#endif
