/* nearest.h -- "did you mean ...?": the name that a mistyped word stands for most likely. */
#ifndef RS_BASE_NEAREST_H
#define RS_BASE_NEAREST_H

#include "lib/base/err.h"

#include <stddef.h>

struct rs_nearest {
	const char *word; /* borrowed, n bytes */
	size_t n;
	const char *name; /* the nearest so far, as it was shown, or NULL: none is near */
	unsigned distance;
};

void rs_nearest_init(struct rs_nearest *s, const char *word, size_t n);

/* Shows a name, which is borrowed. Near is one slip (a letter too many, missing, wrong, or two in the wrong order) for each
 * three letters of the word, two at most where it is longer; or, for three letters and more, a name that begins with or
 * contains the word. Case, '-' and '_' do not matter. Of names equally near the first stays. */
void rs_nearest_show(struct rs_nearest *s, const char *name);

/* " (did you mean NAME?)", with what comes before the name, or ""; cut to fit. Bytes of a name that a terminal could take for
 * a command are escaped. Returns buf. */
#define RS_NEAREST_MAX (RS_QUOTE_MAX + 48)
const char *rs_nearest_hint(const struct rs_nearest *s, const char *before, char *buf, size_t size);

#endif
