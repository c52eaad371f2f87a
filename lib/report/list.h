/* list.h -- lists of recommendations as text.
 *
 * TSV and CSV: a header, then a line for each user and item: user, item, rank, score (and name, and because). JSON Lines: a
 * line for each user in the form of Amazon Personalize's batch output,
 * {"input":{"userId":...},"output":{"recommendedItems":[...],"scores":[...]},"error":null}; a list that is not
 * personal has "reason":"early history". */
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
	const struct rs_column *name;   /* a column of item names, or NULL; row name_row[item], or none for RS_NONE */
	const uint32_t *name_row;
	struct rs_buf line;             /* scratch, released by the caller */
};

/* The header; nothing for JSON Lines. `first` names the first column: "user" or "item". */
int rs_list_header(struct rs_list_writer *w, const char *first, const char *second, struct rs_err *err);

/* One list. key: the user's (or, in JSON, what stands in input under `what`: "userId", "itemId"). */
int rs_list_put(struct rs_list_writer *w, const char *what, const char *key, size_t n_key, const struct rs_list *list,
                struct rs_err *err);

#endif
