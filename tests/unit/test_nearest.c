/* test_nearest.c -- the name that a mistyped word stands for. */
#include "lib/base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = { "popular", "itemknn", "userknn", "ease", "als", "transition", "min-value", "max-rejects",
	                             NULL };

static const char *near(const char *word)
{
	struct rs_nearest s;

	rs_nearest_init(&s, word, strlen(word));
	for (size_t i = 0; names[i] != NULL; i++)
		rs_nearest_show(&s, names[i]);
	return s.name == NULL ? "" : s.name;
}

static void slips(void **state)
{
	(void)state;
	assert_string_equal(near("itemkn"), "itemknn");      /* missing */
	assert_string_equal(near("itemknnn"), "itemknn");    /* too many */
	assert_string_equal(near("itenknn"), "itemknn");     /* wrong */
	assert_string_equal(near("itmeknn"), "itemknn");     /* swapped */
	assert_string_equal(near("itmekmn"), "itemknn");     /* swapped and wrong */
	assert_string_equal(near("transitoin"), "transition");
	assert_string_equal(near("aesl"), "");               /* two slips of four letters */
	assert_string_equal(near("esae"), "ease");
	assert_string_equal(near("MAX_REJECTS"), "max-rejects");
}

static void parts(void **state)
{
	(void)state;
	assert_string_equal(near("trans"), "transition");
	assert_string_equal(near("knn"), "itemknn"); /* the first of two */
	assert_string_equal(near("rejects"), "max-rejects");
	assert_string_equal(near("min"), "min-value");
}

static void nothing_near(void **state)
{
	char word[200], buf[RS_NEAREST_MAX], small[12];
	struct rs_nearest s;

	(void)state;
	assert_string_equal(near(""), "");
	assert_string_equal(near("x"), "");
	assert_string_equal(near("bert4rec"), "");
	memset(word, 'e', sizeof word - 1);
	word[sizeof word - 1] = 0;
	assert_string_equal(near(word), "");
	rs_nearest_init(&s, "alz", 3);
	assert_string_equal(rs_nearest_hint(&s, "", buf, sizeof buf), "");
	rs_nearest_show(&s, word); /* a name too long */
	assert_null(s.name);
	rs_nearest_show(&s, "als");
	assert_string_equal(rs_nearest_hint(&s, "", buf, sizeof buf), " (did you mean als?)");
	assert_string_equal(rs_nearest_hint(&s, "--", buf, sizeof buf), " (did you mean --als?)");
	assert_string_equal(rs_nearest_hint(&s, "", small, sizeof small), " (did you m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips),
		cmocka_unit_test(parts),
		cmocka_unit_test(nothing_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
