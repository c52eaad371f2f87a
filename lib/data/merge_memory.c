/* merge_memory.c -- what planning and writing will take: a merge that --memory does not allow is refused before it starts.
 *
 * The stretches of the plan are gone through as planning does, so that the rows in memory are known; how often the result
 * changes from one file to another is not, and at most twice for each event that is not in the largest file. */
#include "lib/data/merge_plan.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#define GROWN(bytes) ((bytes) + (bytes) / 2)     /* an array that grew to hold them, see rs_grow */
#define RUN_BYTES GROWN(sizeof(struct merge_run))
#define RECORD_BYTES (2 * GROWN(sizeof(struct merge_record))) /* with the spare one */
#define PACKING_BYTES (6 * RS_BLOCK_BYTES)       /* of a thread that packs a block: what is tried beside what is kept */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Runs of n events, all but n_largest of them in other files than one, of n_users. */
static uint64_t runs_of(const struct merging *m, uint64_t n, uint64_t n_largest, uint64_t n_users)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->source[i].loose)
			return n;
	return least(n, 2 * (n - n_largest) + n_users);
}

/* A view of a column over the stretch in whole blocks; while it moves on, two of them stand there twice. */
static uint64_t view_bytes(const struct merge_planning *p, size_t elem_bytes)
{
	uint64_t per = RS_BLOCK_BYTES / elem_bytes, sum = 2 * RS_BLOCK_BYTES;

	for (size_t i = 0; i < p->needs.n_files; i++) {
		const struct merge_range *r = &p->needs.range[p->needs.file[i]];
		uint64_t end = least((r->to + per - 1) / per * per, p->m->source[p->needs.file[i]].s.n_events);

		sum += (end - r->from / per * per) * elem_bytes;
	}
	return sum;
}

/* The stretch with its runs by tile. */
static uint64_t stretch_bytes(const struct merge_planning *p, uint64_t n_users)
{
	const struct merging *m = p->m;
	uint64_t n = 0, most = 0;

	for (size_t i = 0; i < p->needs.n_files; i++) {
		const struct merge_range *r = &p->needs.range[p->needs.file[i]];

		n += r->to - r->from;
		most = r->to - r->from > most ? r->to - r->from : most;
	}
	return runs_of(m, n, most, n_users) * RUN_BYTES + view_bytes(p, 4) + (m->time ? view_bytes(p, 8) : 0) +
	       (m->value ? view_bytes(p, 4) : 0) + (m->type ? view_bytes(p, 2) : 0);
}

/* The events of the user of several files who has the most, sorted in each tile. */
static uint64_t records_bytes(const struct merge_planning *p)
{
	uint64_t most = 0;

	for (uint32_t u = 0; u < p->m->d->user_key.n; u++) {
		uint64_t n = 0;

		for (uint64_t i = p->first[u]; i < p->first[u + 1] && p->first[u + 1] - p->first[u] > 1; i++) {
			const uint64_t *row = p->m->source[p->source[i]].row_ptr + p->user[i];

			n += row[1] - row[0];
		}
		most = n > most ? n : most;
	}
	return most * RECORD_BYTES * MERGE_TILES_MAX;
}

/* One column as it is written: its rows, blocks before and after they are packed, and the packing. */
static uint64_t write_bytes(const struct merging *m)
{
	uint64_t group = (uint64_t)RS_WRITER_GROUP * RS_BLOCK_BYTES, parts = 0, events = 0;

	for (size_t i = 0; i < m->n; i++) {
		parts += least(m->source[i].s.n_events * 8, 2 * RS_BLOCK_BYTES);
		events += m->source[i].s.n_events;
	}
	return group + least(GROWN(group), events * 8) + least(group, events * 8) + parts + 2 * RS_BLOCK_BYTES +
	       (uint64_t)rs_threads() * PACKING_BYTES;
}

/* One block of rows and one of values of each file, for one context column after the other, and their dictionary. */
static uint64_t context_bytes(const struct merging *m)
{
	uint64_t blocks = 0, most = 0;

	for (size_t i = 0; i < m->n; i++)
		blocks += least(m->source[i].s.n_events * 16, 2 * RS_BLOCK_BYTES);
	for (uint32_t k = 0; k < m->d->n_context; k++)
		most = m->column[k].all.n > most ? m->column[k].all.n : most;
	return m->d->n_context == 0 ? 0 : blocks + most * (sizeof(uint32_t) + 1);
}

int merge_require(struct merge_planning *p, struct rs_err *err)
{
	const struct merging *m = p->m;
	uint64_t n = 0, most = 0, plan = 0, write = write_bytes(m) + context_bytes(m);
	uint32_t nu = m->d->user_key.n;

	if (rs_mem_cap() == 0)
		return 0;
	for (size_t i = 0; i < m->n; i++) {
		n += m->source[i].s.n_events;
		most = m->source[i].s.n_events > most ? m->source[i].s.n_events : most;
	}
	for (uint32_t u = 0, next; u < nu; u = next) {
		uint64_t bytes;

		next = merge_take_users(p, u);
		bytes = stretch_bytes(p, next - u);
		plan = bytes > plan ? bytes : plan;
	}
	plan += records_bytes(p);
	return rs_mem_require(runs_of(m, n, most, nu) * RUN_BYTES + (plan > write ? plan : write), "merging", NULL, err);
}
