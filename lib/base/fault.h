/* fault.h -- injected failures for tests; nothing at all in a normal build.
 *
 * Built with -DRS_FAULTS, the environment variable RS_FAULT makes a call fail: "alloc:N" the N-th allocation, "alloc:N+" that
 * and all later ones; "open|read|write|fsync|close|rename:N[+][:EIO|ENOSPC|EINTR|short]" a file call. */
#ifndef RS_BASE_FAULT_H
#define RS_BASE_FAULT_H

enum rs_fault_call { RS_FAULT_ALLOC, RS_FAULT_OPEN, RS_FAULT_READ, RS_FAULT_WRITE, RS_FAULT_FSYNC, RS_FAULT_CLOSE,
	RS_FAULT_RENAME };

#define RS_FAULT_SHORT (-1)

#ifdef RS_FAULTS
/* Counts a call. 0: go on; an errno: fail with it; RS_FAULT_SHORT: do half of it. */
int rs_fault(enum rs_fault_call call);
#else
static inline int rs_fault(enum rs_fault_call call)
{
	(void)call;
	return 0;
}
#endif

#endif
