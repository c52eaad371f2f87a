/* done.h -- a call that has to succeed. */
#ifndef RS_TESTS_DONE_H
#define RS_TESTS_DONE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/err.h"

/* The call leaves its sentence in `err`, which the test fails with. */
#define assert_done(call) assert_ok((call), &err, #call)

static inline void assert_ok(int rc, const struct rs_err *err, const char *what)
{
	if (rc != 0)
		fail_msg("%s: %d %s", what, rc, err->text);
}

#endif
