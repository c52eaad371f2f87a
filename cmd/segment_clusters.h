/* segment_clusters.h -- the part of rs-segment that finds clusters and tells what marks them. */
#ifndef RS_CMD_SEGMENT_CLUSTERS_H
#define RS_CMD_SEGMENT_CLUSTERS_H

#include "lib/model/model.h"
#include "lib/report/field.h"

struct rs_clusters_how {
	uint32_t k, n_top;
	bool of_items;
	const char *members; /* a file for who is where, or NULL */
	const char *name;    /* a column of the items that names them, or NULL */
	enum rs_text_format format;
};

/* Writes to rs_output. d with all attributes. */
int rs_clusters_run(const struct rs_model *m, const struct rs_dataset *d, const struct rs_clusters_how *how,
                    struct rs_err *err);

#endif
