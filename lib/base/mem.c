/* mem.c -- the one layer through which memory comes. */
#include "lib/base/mem.h"

#include "lib/base/fault.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_FROM (4 * HUGE_PAGE)
#define KEPT_FREE (64 << 20) /* bytes at the end of a heap */
#define GROWN_BY (1 << 20)   /* bytes that a heap grows by at least */

static _Atomic uint64_t used, peak, cap;

static void count_in(uint64_t bytes)
{
	uint64_t now = atomic_fetch_add_explicit(&used, bytes, memory_order_relaxed) + bytes;
	uint64_t top = atomic_load_explicit(&peak, memory_order_relaxed);

	while (now > top && !atomic_compare_exchange_weak_explicit(&peak, &top, now, memory_order_relaxed,
	                                                          memory_order_relaxed))
		;
}

static void count_out(uint64_t bytes)
{
	atomic_fetch_sub_explicit(&used, bytes, memory_order_relaxed);
}

/* Whether `bytes` more are allowed; err filled where not. */
static bool refused(uint64_t bytes, struct rs_err *err)
{
	uint64_t limit = atomic_load_explicit(&cap, memory_order_relaxed);
	uint64_t now = atomic_load_explicit(&used, memory_order_relaxed);

	if (rs_fault(RS_FAULT_ALLOC) != 0) {
		rs_fail(err, RS_ENOMEM, "out of memory (%llu bytes wanted)", (unsigned long long)bytes);
		return true;
	}
	if (limit == 0 || (now <= limit && bytes <= limit - now))
		return false;
	rs_fail(err, RS_ENOMEM, "over --memory: %llu bytes in use, %llu more wanted, %llu allowed",
	        (unsigned long long)now, (unsigned long long)bytes, (unsigned long long)limit);
	return true;
}

/* Large arrays stand on large pages, where the system has them: what is read at random all over them finds its pages
 * sooner. */
static void *take(size_t bytes)
{
	void *p;

	if (bytes < HUGE_FROM)
		return aligned_alloc(64, bytes);
	if (posix_memalign(&p, HUGE_PAGE, bytes) != 0)
		return NULL;
	(void)madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

static void *array(size_t n, size_t size, bool zero, struct rs_err *err)
{
	size_t bytes, rounded;
	void *p;

	if (rs_mul_overflows(n, size, &bytes) || rs_add_overflows(bytes, (size_t)63, &rounded)) {
		rs_fail(err, RS_ENOMEM, "out of memory (%zu x %zu bytes wanted)", n, size);
		return NULL;
	}
	rounded &= ~(size_t)63;
	if (rounded == 0)
		rounded = 64;
	if (refused(rounded, err))
		return NULL;
	p = take(rounded);
	if (p == NULL) {
		rs_fail(err, RS_ENOMEM, "out of memory (%zu bytes wanted)", rounded);
		return NULL;
	}
	count_in(malloc_usable_size(p));
	if (zero)
		memset(p, 0, rounded);
	return p;
}

void *rs_array(size_t n, size_t size, struct rs_err *err)
{
	return array(n, size, false, err);
}

void *rs_array0(size_t n, size_t size, struct rs_err *err)
{
	return array(n, size, true, err);
}

int rs_grow(void *p, size_t *room, size_t need, size_t size, struct rs_err *err)
{
	void *old, *new;
	size_t want = *room + *room / 2, bytes, before;

	if (need <= *room)
		return 0;
	if (want < need)
		want = need;
	if (want < 16)
		want = 16;
	if (rs_mul_overflows(want, size, &bytes))
		return rs_fail(err, RS_ENOMEM, "out of memory (%zu x %zu bytes wanted)", want, size);
	memcpy(&old, p, sizeof old);
	before = old == NULL ? 0 : malloc_usable_size(old);
	if (refused(bytes > before ? bytes - before : 0, err))
		return RS_ENOMEM;
	new = realloc(old, bytes);
	if (new == NULL)
		return rs_fail(err, RS_ENOMEM, "out of memory (%zu bytes wanted)", bytes);
	count_out(before);
	count_in(malloc_usable_size(new));
	memcpy(p, &new, sizeof new);
	*room = want;
	return 0;
}

char *rs_strndup(const void *bytes, size_t n, struct rs_err *err)
{
	char *p;
	size_t room;

	if (rs_add_overflows(n, (size_t)1, &room)) {
		rs_fail(err, RS_ENOMEM, "out of memory (%zu bytes wanted)", n);
		return NULL;
	}
	p = rs_array(room, 1, err);
	if (p == NULL)
		return NULL;
	if (n > 0)
		memcpy(p, bytes, n);
	p[n] = 0;
	return p;
}

void rs_free(void *p)
{
	if (p == NULL)
		return;
	count_out(malloc_usable_size(p));
	free(p);
}

void rs_mem_keep_freed(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, (int)HUGE_FROM);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
	(void)mallopt(M_TOP_PAD, GROWN_BY);
}

void rs_mem_set_cap(uint64_t bytes)
{
	atomic_store(&cap, bytes);
}

uint64_t rs_mem_cap(void)
{
	return atomic_load(&cap);
}

uint64_t rs_mem_used(void)
{
	return atomic_load(&used);
}

uint64_t rs_mem_peak(void)
{
	return atomic_load(&peak);
}

int rs_mem_require(uint64_t bytes, const char *what, const char *hint, struct rs_err *err)
{
	uint64_t limit = atomic_load(&cap), now = atomic_load(&used);

	if (limit == 0 || (now <= limit && bytes <= limit - now))
		return 0;
	return rs_fail(err, RS_ENOMEM, "%s needs %.1f MB beside the %.1f MB in use, over --memory (%.1f MB)%s%s", what,
	               (double)bytes / 1048576.0, (double)now / 1048576.0, (double)limit / 1048576.0,
	               hint == NULL ? "" : ": ", hint == NULL ? "" : hint);
}
