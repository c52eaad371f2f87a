/* list.h -- lists of recommendations as text.
 *
 * TSV and CSV: a header, then a line for each user and item: user, item, rank, score (and name, and because). JSON Lines: a
 * line for each user in the form of Amazon Personalize's batch output,
 * {"input":{"userId":...},"output":{"recommendedItems":[...],"scores":[...]},"error":null}; a list that is not
 * personal has "reason":"early history". A score that is NaN is an empty cell, or null. */
#ifndef RS_REPORT_LIST_H
#define RS_REPORT_LIST_H

#include "lib/base/file.h"
#include "lib/rank/rank.h"
#include "lib/report/field.h"

struct rs_list_writer {
	struct rs_out *out;
	enum rs_text_format format;
	const struct rs_keys *item_key; /* of the model */
	bool because;                   /* a column of causes */
	const struct rs_features *user_features; /* of the model, for causes that are attributes */
	const struct rs_column *name;   /* a column of item names, or NULL; row name_row[item], or none for RS_NONE */
	const uint32_t *name_row;
	const struct rs_keys *other_key; /* ids of items that the model does not know, numbered behind its own; or NULL */
	const struct rs_buf *asked; /* what "input" says beside the user in JSON: members that start with a comma; or NULL */
	struct rs_buf line;             /* scratch, released by the caller */
};

/* A cell as text, which is emptied before: a text, the categories joined by '|', or a number. RS_NONE is an empty cell. */
int rs_column_text(const struct rs_column *c, uint32_t row, struct rs_buf *text, struct rs_err *err);

/* The header; nothing for JSON Lines. `first` names the first column: "user" or "item". */
int rs_list_header(struct rs_list_writer *w, const char *first, const char *second, struct rs_err *err);

/* One list. key: the user's (or, in JSON, what stands in input under `what`: "userId", "itemId"). */
int rs_list_put(struct rs_list_writer *w, const char *what, const char *key, size_t n_key, const struct rs_list *list,
                struct rs_err *err);

#endif
