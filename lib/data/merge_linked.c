/* merge_linked.c -- many files into one, and visitors into users. */
#include "lib/data/merge_parts.h"

#include "lib/base/mem.h"
#include "lib/data/sessions.h"

/* What the sorting of events and the linking hold for each event beside the columns. */
#define BESIDE_BYTES 40

uint64_t merge_bytes(struct rs_reader *const *r, size_t n)
{
	uint64_t plain = 0, events = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < rs_reader_count(r[i]); k++) {
			const struct rs_chunk *c = rs_reader_chunk(r[i], k);

			plain += c->n * c->elem_bytes;
			events += c->kind == RS_KIND('E', 'I', 'T', 'M') ? c->n : 0;
		}
	}
	return (n > 1 ? 2 : 1) * plain + events * BESIDE_BYTES;
}

int rs_merge_linked(const char *out, const char *const *path, size_t n, struct rs_merge_counts *counts, uint32_t *n_visitors,
                    struct rs_err *err)
{
	struct rs_reader **r = rs_array0(n, sizeof(struct rs_reader *), err);
	struct rs_dataset **part = rs_array0(n, sizeof(struct rs_dataset *), err), *d = NULL;
	uint32_t more = 0;
	int rc = r == NULL || part == NULL ? RS_ENOMEM : 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = rs_reader_open(&r[i], path[i], RS_FILE_DATASET, err);
	if (rc == 0)
		rc = rs_mem_require(merge_bytes(r, n), "all events for linking", NULL, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = rs_dataset_load(&part[i], r[i], RS_NEED_ALL, err);
	if (rc < 0)
		goto out;
	if (n == 1) {
		d = part[0];
		part[0] = NULL;
	} else if ((rc = rs_dataset_union(&d, (const struct rs_dataset *const *)part, n, err)) < 0) {
		goto out;
	}
	if ((rc = rs_sessions_link(&d, n_visitors, err)) < 0 ||
	    (d->actions != NULL && (rc = rs_sessions_link(&d->actions, &more, err)) < 0))
		goto out;
	*n_visitors += more;
	*counts = (struct rs_merge_counts){ d->user_key.n, d->item_key.n, d->n_events, d->n_duplicates };
	rc = rs_dataset_write(d, out, err);
out:
	for (size_t i = 0; i < n; i++) {
		if (part != NULL)
			rs_dataset_free(part[i]);
		if (r != NULL)
			rs_reader_close(r[i]);
	}
	rs_free(part);
	rs_free(r);
	rs_dataset_free(d);
	return rc;
}
