/* dialect.c -- line end, delimiter and quoting of delimited text, from a sample. */
#include "lib/data/shape.h"

#include <string.h>

/* In the order of preference; the last is runs of blanks. */
static const char *const candidates[] = { "\t", "::", ";", ",", "|", "" };
#define N_CANDIDATES (sizeof candidates / sizeof candidates[0])
#define N_TRIED 200 /* records */

bool rs_is_blank_text(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!rs_is_blank(p[i]) && p[i] != '\r' && p[i] != '\n')
			return false;
	return true;
}

int rs_sample_next(struct rs_sample *s, struct rs_err *err)
{
	int rc;

	while (s->at < s->n && s->n_records < RS_SAMPLE_RECORDS) {
		const char *p = s->p + s->at;

		if (!rs_record_find(s->split.d, p, s->n - s->at, s->eof, &s->record))
			return 0;
		s->at += s->record.skip;
		s->n_lines += s->record.lines;
		if (rs_is_blank_text(p, s->record.n))
			continue;
		s->n_records++;
		s->split.n_cells = 0;
		if (s->record.bad == NULL && (rc = rs_record_split(&s->split, p, &s->record, err)) < 0)
			return rc;
		return 1;
	}
	return 0;
}

static void set_delimiter(struct rs_dialect *d, const char *text, size_t n)
{
	memset(d->delimiter, 0, sizeof d->delimiter);
	memcpy(d->delimiter, text, n);
	d->n_delimiter = (unsigned)n;
}

/* "tab", "space", "\t" or the bytes themselves. */
static int take_delimiter(struct rs_dialect *d, const char *text, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	size_t n = strlen(text);

	if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
		set_delimiter(d, "\t", 1);
	else if (strcmp(text, "space") == 0 || strcmp(text, " ") == 0)
		set_delimiter(d, "", 0);
	else if (n == 0 || n > RS_DELIMITER_MAX || memchr(text, '"', n) || memchr(text, '\n', n) || memchr(text, '\r', n))
		return rs_fail(err, RS_EUSAGE, "delimiter %s: expected tab, space, or 1 to %d other bytes",
		               rs_quote(q, sizeof q, text, n), RS_DELIMITER_MAX);
	else
		set_delimiter(d, text, n);
	return 0;
}

/* How well a dialect fits: the share of records with the most frequent number of cells, which is 2 or more; for lists the
 * share of records with 2 or more. */
static int fitness(double *fit, const struct rs_dialect *d, bool lists, const char *p, size_t n, bool eof,
                   struct rs_err *err)
{
	struct rs_sample s = { .p = p, .n = n, .eof = eof, .split = { .d = d } };
	size_t cells[N_TRIED] = { 0 }, n_several = 0, best = 0;
	int rc;

	while (s.n_records < N_TRIED && (rc = rs_sample_next(&s, err)) > 0) {
		cells[s.n_records - 1] = s.split.n_cells;
		n_several += s.split.n_cells > 1;
	}
	rs_splitter_release(&s.split);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s.n_records; i++) {
		size_t same = 0;

		for (size_t k = 0; k < s.n_records; k++)
			same += cells[k] == cells[i];
		if (cells[i] > 1 && same > best)
			best = same;
	}
	*fit = s.n_records == 0 ? 0 : (double)(lists ? n_several : best) / (double)s.n_records;
	return 0;
}

/* The better fit of both ways of quoting. */
static int fitness_quoted(double *fit, struct rs_dialect *d, bool lists, const char *p, size_t n, bool eof,
                          struct rs_err *err)
{
	double other;
	int rc;

	d->quoting = d->n_delimiter == 1 ? RS_QUOTING_RFC4180 : RS_QUOTING_NONE;
	if ((rc = fitness(fit, d, lists, p, n, eof, err)) < 0 || d->n_delimiter != 1 || memchr(p, '\\', n) == NULL)
		return rc;
	d->quoting = RS_QUOTING_BACKSLASH;
	if ((rc = fitness(&other, d, lists, p, n, eof, err)) == 0 && other > *fit)
		*fit = other;
	return rc;
}

/* quoted: cells are quoted for sure, which takes a delimiter of one byte. */
static int guess_delimiter(struct rs_dialect *d, bool lists, bool quoted, const char *p, size_t n, bool eof,
                           struct rs_err *err)
{
	double best = 0;
	size_t choice = 3; /* ',' */
	int rc;

	for (size_t i = 0; i < N_CANDIDATES; i++) {
		struct rs_dialect t = *d;
		double fit;

		if (quoted && strlen(candidates[i]) != 1)
			continue;
		set_delimiter(&t, candidates[i], strlen(candidates[i]));
		if ((rc = fitness_quoted(&fit, &t, lists, p, n, eof, err)) < 0)
			return rc;
		if (fit > best + 1e-9) {
			best = fit;
			choice = i;
		}
	}
	set_delimiter(d, candidates[choice], strlen(candidates[choice]));
	return 0;
}

/* What a sample says about one way of quoting. */
struct quotes {
	size_t n_bad;
	bool needed; /* a quoted cell holds a delimiter, a quote or a line end, or the first record quotes */
};

static int try_quoting(struct quotes *q, const struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_err *err)
{
	struct rs_sample s = { .p = p, .n = n, .eof = eof, .split = { .d = d } };
	int rc;

	memset(q, 0, sizeof *q);
	while ((rc = rs_sample_next(&s, err)) > 0) {
		q->n_bad += s.record.bad != NULL;
		q->needed |= s.record.quoted && s.n_records == 1;
		for (size_t i = 0; i < s.split.n_cells && s.record.quoted; i++) {
			const struct rs_cell *c = &s.split.cell[i];

			/* only a cell that was copied out of the text was quoted */
			if (c->p >= s.split.arena && c->p < s.split.arena + s.split.n_arena)
				q->needed |= memchr(c->p, d->delimiter[0], c->n) != NULL || memchr(c->p, '\n', c->n) != NULL;
		}
	}
	rs_splitter_release(&s.split);
	return rc;
}

/* Comma and semicolon go with quotes; other delimiters only where the sample needs them. */
static int guess_quoting(struct rs_dialect *d, const char *p, size_t n, bool eof, struct rs_err *err)
{
	struct quotes rfc, backslash;
	bool comma = d->n_delimiter == 1 && (d->delimiter[0] == ',' || d->delimiter[0] == ';');
	int rc;

	d->quoting = RS_QUOTING_NONE;
	if (d->n_delimiter != 1)
		return 0;
	d->quoting = RS_QUOTING_BACKSLASH;
	if ((rc = try_quoting(&backslash, d, p, n, eof, err)) < 0)
		return rc;
	d->quoting = RS_QUOTING_RFC4180;
	if ((rc = try_quoting(&rfc, d, p, n, eof, err)) < 0)
		return rc;
	if (comma && backslash.n_bad < rfc.n_bad)
		d->quoting = RS_QUOTING_BACKSLASH;
	else if (!comma && (rfc.n_bad > 0 || !rfc.needed))
		d->quoting = RS_QUOTING_NONE;
	return 0;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n >= k && memcmp(name + n - k, end, k) == 0;
}

int rs_dialect_find(struct rs_dialect *d, const struct rs_import_options *o, enum rs_format format, const char *name,
                    const char *p, size_t n, bool eof, struct rs_err *err)
{
	bool lists = format == RS_FORMAT_LISTS || format == RS_FORMAT_SESSIONS;
	int rc = 0;

	memset(d, 0, sizeof *d);
	d->eol = memchr(p, '\n', n) == NULL && memchr(p, '\r', n) != NULL ? '\r' : '\n';
	d->quoting = RS_QUOTING_NONE;
	if (format == RS_FORMAT_JSONL)
		return 0;
	if (o->delimiter != NULL)
		rc = take_delimiter(d, o->delimiter, err);
	else if (format == RS_FORMAT_TSV || o->quoting == RS_QUOTING_ESCAPES || ends_with(name, ".tsv") ||
	         ends_with(name, ".tab"))
		set_delimiter(d, "\t", 1);
	else
		rc = guess_delimiter(d, lists, o->quoting == RS_QUOTING_RFC4180 || o->quoting == RS_QUOTING_BACKSLASH, p, n,
		                     eof, err);
	if (rc < 0)
		return rc;
	if (o->quoting == RS_QUOTING_GUESS)
		return guess_quoting(d, p, n, eof, err);
	if (o->quoting != RS_QUOTING_NONE && d->n_delimiter != 1)
		return rs_fail(err, RS_EUSAGE, "quoting needs a delimiter of one byte: use --quoting none");
	if (o->quoting == RS_QUOTING_ESCAPES && d->delimiter[0] == '\\')
		return rs_fail(err, RS_EUSAGE, "delimiter \"\\\": expected another where it begins an escape");
	d->quoting = o->quoting;
	return 0;
}
