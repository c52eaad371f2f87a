/* catalog.h -- what commands do with the items of a model: masks from files and conditions, names from a dataset. */
#ifndef RS_CMD_CATALOG_H
#define RS_CMD_CATALOG_H

#include "lib/filter/eval.h"
#include "lib/model/model.h"

/* One flag per item of the model: 1 unless --allow (path or NULL) leaves it out or --deny (path or NULL) names it. *mask is
 * NULL where neither is given; else owned by the caller. Ids that the model does not know are counted in a note. */
int rs_catalog_mask(uint8_t **mask, const struct rs_model *m, const char *allow, const char *deny, struct rs_err *err);

/* Which rows of a table a condition holds for; *keep is owned by the caller. */
int rs_catalog_rows(uint8_t **keep, const char *condition, const struct rs_dataset *d, enum rs_filter_table table,
                    struct rs_err *err);

/* Leaves in the mask (made where it is NULL) only items for which the condition over the items of d (RS_NEED_ITEMS) holds. */
int rs_catalog_where(uint8_t **mask, const struct rs_model *m, const struct rs_dataset *d, const char *condition,
                     struct rs_err *err);

/* Says so where causes are asked for (n > 0) of a model that tells none. */
void rs_catalog_check_causes(const struct rs_model *m, int64_t n);

/* Whether the items' table of the datasets can be read apart from the rest: none of them can be read
 * once only. */
bool rs_catalog_apart(const char *const *path, size_t n);

/* The items' column `column` of d (RS_NEED_ITEMS): *name borrowed from d, *row for each item of the model its row or
 * RS_NONE, owned by the caller. RS_EUSAGE where there is no such column. */
int rs_catalog_names(const struct rs_column **name, uint32_t **row, const struct rs_model *m, const struct rs_dataset *d,
                     const char *column, struct rs_err *err);

#endif
