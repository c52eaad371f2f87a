/* analyze.c -- one pass, then each idea from what it counted. */
#include "lib/analyze/parts.h"

#include "lib/base/mem.h"
#include "lib/base/tiles.h"

#include <string.h>

#define SESSION_GAP_S 1800
#define SUSPECT_EVENTS ((uint64_t)1 << 25)
#define DISTINCT ((size_t)1 << 20)
#define EVENT_BYTES 8 /* kept for the comparison of profiles */
#define SLOT_BYTES 64 /* of a set, by element and worker: up to 8 slots of 8 bytes */

const char *const rs_severity_name[] = { "error", "warning", "note" };

void rs_analyze_init(struct rs_analyze_options *o)
{
	uint64_t cap = rs_mem_cap(), distinct = cap / SLOT_BYTES / 32, events = cap / EVENT_BYTES / 4;

	*o = (struct rs_analyze_options){ .session_gap_s = SESSION_GAP_S, .suspects = true, .suspect_events = SUSPECT_EVENTS,
		                          .distinct_max = DISTINCT };
	if (cap > 0 && distinct < o->distinct_max)
		o->distinct_max = (size_t)distinct;
	if (cap > 0 && events < o->suspect_events)
		o->suspect_events = events;
}

static int name_it(struct rs_analysis *a, const char *const *path, size_t n, struct rs_err *err)
{
	const char *last = strrchr(path[0], '/'), *name = last == NULL ? path[0] : last + 1;

	a->n_files = (uint32_t)n;
	if (strcmp(path[0], "-") == 0)
		name = "(stdin)";
	if (n == 1)
		return rs_text(&a->name, err, "%s", name);
	return rs_text(&a->name, err, "%s and %zu more", name, n - 1);
}

static int conclude(struct rs_analysis *a, struct rs_tape *t, struct rs_pass *p, const struct rs_analyze_options *o,
                    struct rs_err *err)
{
	int rc;

	if ((rc = rs_analyze_counts(a, t, p, err)) < 0 || (rc = rs_analyze_times(a, p, err)) < 0 ||
	    (rc = rs_analyze_funnel(a, t, p, o->funnel, err)) < 0 || (rc = rs_analyze_match(a, t, p, err)) < 0 ||
	    (rc = rs_analyze_drift(a, p, err)) < 0)
		return rc;
	rs_progress("suspects", 0, 0, "");
	if ((rc = rs_analyze_suspects(a, t, p, o, err)) < 0)
		return rc;
	rs_progress("columns", 0, 0, "");
	if ((rc = rs_analyze_tables(a, t, p, o, err)) < 0 || (rc = rs_tape_verify(t, err)) < 0 ||
	    (o->truth != NULL && (rc = rs_analyze_leaks(a, rs_tape_dataset(t), o->truth, err)) < 0) ||
	    (rc = rs_analyze_advice(a, err)) < 0)
		return rc;
	return rs_analyze_trainable(a, err);
}

int rs_analyze_keep(struct rs_analysis **out, struct rs_tape **t, struct rs_pass *p, const char *const *path, size_t n,
                    const struct rs_analyze_options *o, struct rs_err *err)
{
	struct rs_analysis *a = rs_array0(1, sizeof *a, err);
	int rc;

	*out = a;
	if (a == NULL)
		return RS_ENOMEM;
	if ((rc = name_it(a, path, n, err)) < 0 ||
	    (rc = rs_tape_open(t, path, n, o->actions ? RS_HALF_ACTIONS : RS_HALF_ITEMS, o->truth != NULL, err)) < 0)
		return rc;
	a->bytes = rs_tape_bytes(*t);
	if ((rc = rs_pass_run(p, *t, o, err)) < 0)
		return rc;
	return conclude(a, *t, p, o, err);
}

int rs_analyze(struct rs_analysis **out, const char *const *path, size_t n, const struct rs_analyze_options *o,
               struct rs_err *err)
{
	struct rs_tape *t = NULL;
	struct rs_pass p = { 0 };
	int rc = rs_analyze_keep(out, &t, &p, path, n, o, err);

	rs_pass_release(&p);
	rs_tape_close(t);
	if (rc < 0) {
		rs_analysis_free(*out);
		*out = NULL;
	}
	return rc;
}

static void release_names(struct rs_name *name, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		rs_name_release(&name[i]);
}

static void release_table(struct rs_table_facts *t)
{
	for (uint32_t i = 0; i < t->n_columns; i++) {
		rs_free(t->column[i].name);
		rs_name_release(&t->column[i].odd);
		release_names(t->column[i].top, RS_TOP);
	}
	rs_free(t->column);
}

void rs_analysis_free(struct rs_analysis *a)
{
	if (a == NULL)
		return;
	rs_free(a->name);
	for (int i = 0; i < 3; i++)
		release_table(&a->table[i]);
	release_names(a->counts.top_user, RS_TOP);
	release_names(a->counts.top_item, RS_TOP);
	for (uint32_t i = 0; i < a->funnel.n; i++)
		rs_free(a->funnel.step[i].name);
	release_names(a->users.example, 3);
	release_names(a->items.example, 3);
	for (uint32_t i = 0; i < a->suspects.n; i++) {
		rs_name_release(&a->suspects.user[i].name);
		rs_free(a->suspects.user[i].reason);
	}
	rs_free(a->suspects.user);
	for (uint32_t i = 0; i < RS_TOP; i++)
		rs_name_release(&a->suspects.target[i].item);
	rs_advice_free(a->advice, a->n_advice);
	for (uint32_t i = 0; i < a->n_trainable; i++)
		rs_free(a->trainable[i].why);
	rs_free(a->trainable);
	rs_free(a);
}
