/* situations.h -- the context that requests are made in, as the model learned it. */
#ifndef RS_RANK_SITUATIONS_H
#define RS_RANK_SITUATIONS_H

#include "lib/data/text_columns.h"
#include "lib/rank/rank.h"

/* What holds for all requests: one row. common is empty after that. RS_EUSAGE where it has a column that the model does not
 * know. */
int rs_situations_common(struct rs_csr *out, const struct rs_model *m, struct rs_text_columns *common, struct rs_err *err);

/* n rows of features: what requests say of themselves (own, by row; empty after that), and of the columns of which one says
 * nothing what holds for all. tell: columns that the model does not know are told in a note each, else passed over. */
int rs_situations_make(struct rs_csr *out, const struct rs_model *m, struct rs_text_columns *own, const struct rs_csr *common,
                       uint32_t n, bool tell, struct rs_err *err);

#endif
