/* options.c -- see options.h. */
#include "cmd/options.h"

#include "lib/base/buf.h"
#include "lib/base/nearest.h"
#include "lib/base/text.h"
#include "lib/data/provenance.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define MAX_OPTIONS 96

/* The command's options, then the common ones. */
static const struct rs_opt *all[MAX_OPTIONS];
static size_t n_all, n_own;
/* The values as given, for the provenance: by option, joined by LF where an option repeats. */
static struct rs_buf given[MAX_OPTIONS];

void rs_options_use(const struct rs_opt *own, const struct rs_opt *common)
{
	for (const struct rs_opt *o = own; o->type != RS_OPT_TYPE_END; o++)
		all[n_all++] = o;
	n_own = n_all;
	for (const struct rs_opt *o = common; o->type != RS_OPT_TYPE_END; o++)
		all[n_all++] = o;
}

void rs_options_release(void)
{
	for (size_t i = 0; i < n_all; i++)
		rs_buf_release(&given[i]);
}

/* ---- help ---- */

static void put_default(const struct rs_opt *o)
{
	char num[RS_NUM_MAX + 1];

	switch (o->type) {
	case RS_OPT_TYPE_INT:
		printf(" [%lld]", (long long)*(const int64_t *)o->target);
		break;
	case RS_OPT_TYPE_REAL:
		if (*(const double *)o->target == *(const double *)o->target) {
			num[rs_put_f64(num, *(const double *)o->target)] = 0;
			printf(" [%s]", num);
		}
		break;
	case RS_OPT_TYPE_SIZE:
		printf(" [%llu]", (unsigned long long)*(const uint64_t *)o->target);
		break;
	case RS_OPT_TYPE_CHOICE:
		printf(" (");
		for (int i = 0; o->choices[i] != NULL; i++)
			printf("%s%s", i > 0 ? ", " : "", o->choices[i]);
		if (*(const int *)o->target >= 0)
			printf(") [%s]", o->choices[*(const int *)o->target]);
		else
			printf(")");
		break;
	case RS_OPT_TYPE_STRING:
	case RS_OPT_TYPE_PATH:
	case RS_OPT_TYPE_OUT:
		if (*(const char *const *)o->target != NULL)
			printf(" [%s]", *(const char *const *)o->target);
		break;
	default:
		break;
	}
}

void rs_options_help(void)
{
	printf("usage: %s %s\n%s\n\n", rs_command.name, rs_command.synopsis, rs_command.summary);
	for (size_t i = 0; i < n_all; i++) {
		char left[64];

		if (i == n_own)
			printf("\n");
		snprintf(left, sizeof left, "%c%c%s--%s%s%s", all[i]->letter ? '-' : ' ', all[i]->letter ? all[i]->letter : ' ',
		         all[i]->letter ? ", " : "  ", all[i]->name, all[i]->arg ? " " : "", all[i]->arg ? all[i]->arg : "");
		printf("  %-26s %s", left, all[i]->help);
		put_default(all[i]);
		printf("\n");
	}
	printf("\nManual: man %s\n", rs_command.name);
}

void rs_options_print(void)
{
	static const char *const type_name[] = { "", "flag", "int", "real", "string", "path", "size", "", "call", "path" };

	for (size_t i = 0; i < n_all; i++) {
		const struct rs_opt *o = all[i];

		printf("%c\t%s\t%s\t", o->letter ? o->letter : '-', o->name, o->arg ? o->arg : "");
		if (o->type == RS_OPT_TYPE_CHOICE)
			for (int c = 0; o->choices[c] != NULL; c++)
				printf("%s%s", c > 0 ? "|" : "", o->choices[c]);
		else
			printf("%s", type_name[o->type]);
		printf("\t%s\n", o->help);
	}
}

/* ---- parsing ---- */

static int bad_value(const struct rs_opt *o, const char *value, struct rs_err *err, const char *expected)
{
	char q[RS_QUOTE_MAX];

	return rs_fail(err, RS_EUSAGE, "--%s %s: expected %s", o->name, rs_quote(q, sizeof q, value, strlen(value)),
	               expected);
}

static int set_int(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	char expected[96];
	int64_t v;

	if (!rs_get_i64(value, strlen(value), &v) || (double)v < o->min || (double)v > o->max) {
		snprintf(expected, sizeof expected, "a whole number from %.0f to %.0f", o->min, o->max);
		return bad_value(o, value, err, expected);
	}
	*(int64_t *)o->target = v;
	return 0;
}

static int set_real(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	char expected[96];
	double v;

	if (!rs_get_f64(value, strlen(value), &v) || v < o->min || v > o->max) {
		snprintf(expected, sizeof expected, "a number from %g to %g", o->min, o->max);
		return bad_value(o, value, err, expected);
	}
	*(double *)o->target = v;
	return 0;
}

static int set_choice(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	char expected[256];
	size_t n = 0;

	for (int i = 0; o->choices[i] != NULL; i++) {
		if (strcmp(o->choices[i], value) == 0) {
			*(int *)o->target = i;
			return 0;
		}
	}
	for (int i = 0; o->choices[i] != NULL && n < sizeof expected - 40; i++)
		n += (size_t)snprintf(expected + n, sizeof expected - n, "%s%s",
		                      i == 0 ? "" : o->choices[i + 1] == NULL ? " or " : ", ", o->choices[i]);
	return bad_value(o, value, err, expected);
}

static int set_option(const struct rs_opt *o, const char *value, struct rs_err *err)
{
	int rc;

	if (o->type == RS_OPT_TYPE_FLAG) {
		*(bool *)o->target = true;
		return 0;
	}
	if (value == NULL)
		return rs_fail(err, RS_EUSAGE, "--%s: expected a value (%s)", o->name, o->arg);
	switch (o->type) {
	case RS_OPT_TYPE_INT:
		return set_int(o, value, err);
	case RS_OPT_TYPE_REAL:
		return set_real(o, value, err);
	case RS_OPT_TYPE_STRING:
	case RS_OPT_TYPE_PATH:
	case RS_OPT_TYPE_OUT:
		if (*value == 0 && o->type != RS_OPT_TYPE_STRING)
			return bad_value(o, value, err, "the name of a file");
		*(const char **)o->target = value;
		return 0;
	case RS_OPT_TYPE_SIZE:
		if (!rs_get_size(value, strlen(value), (uint64_t *)o->target))
			return bad_value(o, value, err, "a size such as 512M or 2G");
		return 0;
	case RS_OPT_TYPE_CHOICE:
		return set_choice(o, value, err);
	case RS_OPT_TYPE_CALL:
		if ((rc = o->parse(value, err)) < 0)
			rs_fail_prefix(err, "--%s", o->name);
		return rc == RS_EDATA ? (err->code = RS_EUSAGE) : rc; /* what is typed is usage */
	default:
		return rs_fail(err, RS_EINTERNAL, "option --%s has no type", o->name);
	}
}

/* word: "--min-valeu=3", or "-top" where getopt saw the letter t (else 0). */
static int unknown_word(const char *word, int letter, struct rs_err *err)
{
	char q[RS_QUOTE_MAX], hint[RS_NEAREST_MAX], alone[3] = { '-', (char)letter, 0 };
	size_t dashes = strspn(word, "-"), n = strcspn(word + dashes, "=");
	struct rs_nearest near;

	if (rs_command.no_option != NULL && rs_command.no_option(word + dashes, n) != NULL)
		return rs_fail(err, RS_EUSAGE, "unknown option %s: expected %s", rs_quote(q, sizeof q, word, dashes + n),
		               rs_command.no_option(word + dashes, n));
	rs_nearest_init(&near, word + dashes, n);
	for (size_t i = 0; i < n_all; i++)
		rs_nearest_show(&near, all[i]->name);
	if (near.name == NULL && letter != 0)
		rs_quote(q, sizeof q, alone, 2);
	else
		rs_quote(q, sizeof q, word, dashes + n);
	return rs_fail(err, RS_EUSAGE, "unknown option %s%s: see %s --help", q,
	               rs_nearest_hint(&near, "--", hint, sizeof hint), rs_command.name);
}

/* The word that getopt takes its letters from. */
static const char *letters_word(char **argv, int at, int letter)
{
	const char *word = argv[at];

	return word != NULL && word[0] == '-' && word[1] != '-' && strchr(word, letter) != NULL ? word : argv[at - 1];
}

static int unknown_option(int code, char **argv, struct rs_err *err)
{
	bool letter = optopt != 0 && optopt < 256;

	for (size_t i = 0; i < n_all; i++)
		if (optopt != 0 && (optopt == all[i]->letter || optopt == 256 + (int)i))
			return rs_fail(err, RS_EUSAGE, code == ':' ? "--%s: expected a value (%s)" : "--%s takes no value",
			               all[i]->name, all[i]->arg ? all[i]->arg : "");
	return unknown_word(letter ? letters_word(argv, optind, optopt) : argv[optind - 1], letter ? optopt : 0, err);
}

/* "-user ID": getopt reads the letter u with the value "ser". Told apart where the word is the name of an option. */
static int check_dashes(const char *word, const char *value, struct rs_err *err)
{
	if (value != word + 2)
		return 0;
	for (size_t i = 0; i < n_all; i++)
		if (strcmp(word + 1, all[i]->name) == 0)
			return unknown_word(word, word[1], err);
	return 0;
}

int rs_options_parse(int argc, char **argv, bool *print, struct rs_err *err)
{
	struct option lo[MAX_OPTIONS + 2];
	char letters[2 * MAX_OPTIONS + 2];
	size_t n = 0;
	int c, rc;

	memset(lo, 0, sizeof lo);
	letters[n++] = ':';
	for (size_t i = 0; i < n_all; i++) {
		lo[i].name = all[i]->name;
		lo[i].has_arg = all[i]->type == RS_OPT_TYPE_FLAG ? no_argument : required_argument;
		lo[i].val = 256 + (int)i;
		if (all[i]->letter != 0) {
			letters[n++] = all[i]->letter;
			if (lo[i].has_arg != no_argument)
				letters[n++] = ':';
		}
	}
	lo[n_all] = (struct option){ "print-options", no_argument, NULL, 255 };
	letters[n] = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, lo, NULL)) != -1) {
		size_t i = (size_t)c - 256;

		if (c == '?' || c == ':')
			return unknown_option(c, argv, err);
		if (c == 255) {
			*print = true;
			continue;
		}
		if (c < 256) {
			for (i = 0; i < n_all && all[i]->letter != c;)
				i++;
			if ((rc = check_dashes(argv[optind - 1], optarg, err)) < 0)
				return rc;
		}
		if ((rc = set_option(all[i], optarg, err)) < 0)
			return rc;
		if ((given[i].n > 0 && (rc = rs_buf_addc(&given[i], '\n', err)) < 0) ||
		    (rc = rs_buf_adds(&given[i], optarg ? optarg : "", err)) < 0 ||
		    (optarg == NULL && (rc = rs_buf_addc(&given[i], '\1', err)) < 0))
			return rc;
	}
	return 0;
}

int rs_options_check_stdin(int n_operands, char *const *operand, struct rs_err *err)
{
	unsigned n = 0;

	for (int i = 0; i < n_operands; i++)
		n += strcmp(operand[i], "-") == 0;
	for (size_t i = 0; i < n_all; i++)
		n += all[i]->type == RS_OPT_TYPE_PATH && given[i].n > 0 &&
		     strcmp(*(const char *const *)all[i]->target, "-") == 0;
	return n <= 1 ? 0 : rs_fail(err, RS_EUSAGE, "\"-\" is named %u times: standard input can be read once", n);
}

/* ---- provenance ---- */

int rs_options_set_step(bool (*matters)(const struct rs_opt *o), struct rs_err *err)
{
	struct rs_buf step = RS_BUF_INIT;
	const char *text;
	int rc;

	rc = rs_buf_addf(&step, err, "%s %s", rs_command.name, RS_VERSION);
	for (size_t i = 0; i < n_all && rc == 0; i++) {
		size_t from = 0;

		if (given[i].n == 0 || !matters(all[i]))
			continue;
		while (from < given[i].n && rc == 0) {
			const char *p = given[i].p + from, *lf = memchr(p, '\n', given[i].n - from);
			size_t n = lf == NULL ? given[i].n - from : (size_t)(lf - p);
			char q[RS_QUOTE_MAX];

			from += n + 1;
			if (n == 1 && *p == '\1')
				rc = rs_buf_addf(&step, err, " --%s", all[i]->name);
			else if (memchr(p, ' ', n) != NULL || memchr(p, '"', n) != NULL || n == 0)
				rc = rs_buf_addf(&step, err, " --%s %s", all[i]->name, rs_quote(q, sizeof q, p, n));
			else
				rc = rs_buf_addf(&step, err, " --%s %.*s", all[i]->name, (int)n, p);
		}
	}
	if (rc == 0 && (text = rs_buf_str(&step, err)) != NULL)
		rc = rs_prov_set_step(text, err);
	rs_buf_release(&step);
	return rc;
}
