/* tiles.c -- parallel work in tiles; progress and notes. */
#include "lib/base/tiles.h"

#include "lib/base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int n_threads;

void rs_threads_set(int n)
{
	cpu_set_t set;

	if (n <= 0) {
		n = 1;
		if (sched_getaffinity(0, sizeof set, &set) == 0)
			n = CPU_COUNT(&set);
	}
	n_threads = n < RS_THREADS_MAX ? n : RS_THREADS_MAX;
}

int rs_threads(void)
{
	if (n_threads == 0)
		rs_threads_set(0);
	return n_threads;
}

struct job {
	rs_tile_fn *fn, *then; /* then: may be NULL */
	void *ctx;
	size_t n_tiles;
	atomic_size_t next;
	atomic_bool failed;
	pthread_mutex_t lock; /* what follows is read and written under it */
	size_t failed_tile;
	struct rs_err err;
	uint8_t *done;        /* by tile, where there is something to be done then */
	size_t n_then;        /* tiles for which that was done */
	bool in_then;
};

struct worker {
	struct job *job;
	int number;
	bool beside; /* others */
	pthread_t thread;
};

static _Thread_local bool inside; /* of a tile that runs beside others */

static void fail(struct job *j, size_t tile, const struct rs_err *err)
{
	pthread_mutex_lock(&j->lock);
	if (j->err.code == 0 || tile < j->failed_tile) {
		j->err = *err;
		j->failed_tile = tile;
	}
	atomic_store(&j->failed, true);
	pthread_mutex_unlock(&j->lock);
}

/* The tile is done: takes up all that can be taken up now, if nobody else is at it, who then finds this tile too. */
static void take_up(struct job *j, size_t tile, int worker)
{
	struct rs_err err = RS_ERR_INIT;

	pthread_mutex_lock(&j->lock);
	j->done[tile] = 1;
	if (!j->in_then) {
		j->in_then = true;
		while (err.code == 0 && j->n_then < j->n_tiles && j->done[j->n_then] != 0) {
			pthread_mutex_unlock(&j->lock);
			if (j->then(j->ctx, j->n_then, worker, &err) < 0)
				fail(j, j->n_then, &err);
			pthread_mutex_lock(&j->lock);
			j->n_then++;
		}
		j->in_then = err.code != 0; /* after a failure nothing is taken up */
	}
	pthread_mutex_unlock(&j->lock);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct job *j = w->job;

	inside |= w->beside;
	while (!atomic_load(&j->failed)) {
		struct rs_err err = RS_ERR_INIT;
		size_t tile = atomic_fetch_add(&j->next, 1);

		if (tile >= j->n_tiles)
			break;
		if (j->fn(j->ctx, tile, w->number, &err) < 0)
			fail(j, tile, &err);
		else if (j->then != NULL)
			take_up(j, tile, w->number);
	}
	return NULL;
}

static int run(struct job *job, struct rs_err *err)
{
	struct worker worker[RS_THREADS_MAX] = { { 0 } };
	int n = inside ? 1 : rs_threads(), started = 1;
	bool was_inside = inside;

	if ((size_t)n > job->n_tiles)
		n = (int)job->n_tiles;
	if (n < 1)
		n = 1;
	pthread_mutex_init(&job->lock, NULL);
	for (int i = 0; i < n; i++)
		worker[i] = (struct worker){ .job = job, .number = i, .beside = n > 1 };
	while (started < n && pthread_create(&worker[started].thread, NULL, work, &worker[started]) == 0)
		started++;
	work(&worker[0]); /* with fewer threads than wished for the work is done all the same */
	inside = was_inside;
	for (int i = 1; i < started; i++)
		pthread_join(worker[i].thread, NULL);
	pthread_mutex_destroy(&job->lock);
	if (job->err.code != 0 && err != NULL)
		*err = job->err;
	return job->err.code;
}

int rs_tiles_run(size_t n_tiles, rs_tile_fn *fn, void *ctx, struct rs_err *err)
{
	struct job job = { .fn = fn, .ctx = ctx, .n_tiles = n_tiles };

	return run(&job, err);
}

int rs_tiles_run_then(size_t n_tiles, rs_tile_fn *fn, rs_tile_fn *then, void *ctx, struct rs_err *err)
{
	struct job job = { .fn = fn, .then = then, .ctx = ctx, .n_tiles = n_tiles, .done = rs_array0(n_tiles, 1, err) };
	int rc = job.done == NULL ? RS_ENOMEM : run(&job, err);

	rs_free(job.done);
	return rc;
}

static rs_progress_fn *progress_fn;
static void *progress_ctx;
static rs_note_fn *note_fn;
static void *note_ctx;
static pthread_mutex_t listen_lock = PTHREAD_MUTEX_INITIALIZER;

void rs_progress_listen(rs_progress_fn *fn, void *ctx)
{
	progress_fn = fn;
	progress_ctx = ctx;
}

void rs_progress(const char *stage, unsigned long long done, unsigned long long total, const char *unit)
{
	if (progress_fn == NULL)
		return;
	pthread_mutex_lock(&listen_lock);
	progress_fn(progress_ctx, stage, done, total, unit);
	pthread_mutex_unlock(&listen_lock);
}

void rs_note_listen(rs_note_fn *fn, void *ctx)
{
	note_fn = fn;
	note_ctx = ctx;
}

void rs_note(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (note_fn == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&listen_lock);
	note_fn(note_ctx, text);
	pthread_mutex_unlock(&listen_lock);
}
