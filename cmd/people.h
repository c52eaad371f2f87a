/* people.h -- the people that a command serves, out of datasets: a few by name without reading the rest. */
#ifndef RS_CMD_PEOPLE_H
#define RS_CMD_PEOPLE_H

#include "lib/data/dataset.h"
#include "lib/data/idlist.h"

#define RS_PEOPLE_MAX 100 /* so few are looked up; for more the datasets are read */

/* The datasets with what `need` says (rs_dataset_open); where the people asked for are few, with these alone. asked NULL:
 * everybody. *out belongs to the caller. */
int rs_people_open(struct rs_dataset **out, const struct rs_idlist *asked, const char *const *path, size_t n, unsigned need,
                   struct rs_err *err);

#endif
