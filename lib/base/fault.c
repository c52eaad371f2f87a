/* fault.c -- injected failures for tests. */
#include "lib/base/fault.h"

#ifdef RS_FAULTS

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const call_name[] = { "alloc", "open", "read", "write", "fsync", "close", "rename" };

struct fault_plan {
	int call;          /* enum rs_fault_call, -1: none */
	unsigned long nth; /* 1 is the first */
	bool for_ever;
	int how;
};

static struct fault_plan read_plan(void)
{
	struct fault_plan p = { -1, 0, false, EIO };
	const char *s = getenv("RS_FAULT");
	const char *colon;
	char *end;

	if (s == NULL || (colon = strchr(s, ':')) == NULL)
		return p;
	for (size_t i = 0; i < sizeof call_name / sizeof call_name[0]; i++)
		if (strlen(call_name[i]) == (size_t)(colon - s) && memcmp(call_name[i], s, (size_t)(colon - s)) == 0)
			p.call = (int)i;
	p.nth = strtoul(colon + 1, &end, 10);
	if (*end == '+') {
		p.for_ever = true;
		end++;
	}
	if (p.call == RS_FAULT_ALLOC)
		p.how = ENOMEM;
	if (strcmp(end, ":ENOSPC") == 0)
		p.how = ENOSPC;
	else if (strcmp(end, ":EINTR") == 0)
		p.how = EINTR;
	else if (strcmp(end, ":short") == 0)
		p.how = RS_FAULT_SHORT;
	return p;
}

int rs_fault(enum rs_fault_call call)
{
	static struct fault_plan plan;
	static atomic_int ready;
	static atomic_ulong count;
	unsigned long n;

	if (atomic_load(&ready) == 0) {
		plan = read_plan();
		atomic_store(&ready, 1);
	}
	if (plan.call != (int)call)
		return 0;
	n = atomic_fetch_add(&count, 1) + 1;
	return n == plan.nth || (plan.for_ever && n > plan.nth) ? plan.how : 0;
}

#else
typedef int rs_fault_unused; /* a translation unit may not be empty */
#endif
