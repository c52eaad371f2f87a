/* import.h -- text into a dataset: delimited text and JSON Lines, plain or compressed, from files and stdin.
 *
 * A file is opened (source.h), its shape is found out from its first MiB (shape.h): what separates cells, whether there is a
 * header, which column is what, the unit of times. Then it is cut into tiles at ends of records and the tiles are read in
 * parallel (intake.h). Nothing depends on the number of threads or on the order of the rows of events.
 *
 * Every row is kept, merged with an equal one, or rejected with a reason; the counts say how many. */
#ifndef RS_DATA_IMPORT_H
#define RS_DATA_IMPORT_H

#include "lib/data/dataset.h"
#include "lib/data/domain.h"
#include "lib/data/names.h"
#include "lib/data/records.h"
#include "lib/data/times.h"

enum rs_format {
	RS_FORMAT_GUESS,
	RS_FORMAT_CSV,      /* a row is a record, a column stands at the same place in each */
	RS_FORMAT_TSV,      /* the same, with tabs */
	RS_FORMAT_JSONL,    /* a JSON object per line, flat or as in PutEvents, PutUsers, PutItems of Amazon Personalize */
	RS_FORMAT_LISTS,    /* a record is a user, then items; a row is one of the items */
	RS_FORMAT_SESSIONS  /* a record is the items of one session; the user is the number of the record */
};

enum rs_encoding { RS_ENCODING_GUESS, RS_ENCODING_UTF8, RS_ENCODING_LATIN1 };

enum rs_header { RS_HEADER_GUESS, RS_HEADER_YES, RS_HEADER_NO };

/* All zero: everything is guessed, and the first bad row is an error. Strings are borrowed; NULL is none. */
struct rs_import_options {
	enum rs_format format;
	const char *delimiter; /* "," or "tab" or "space" (runs of blanks) or up to 7 other bytes */
	enum rs_quoting quoting;
	enum rs_encoding encoding;
	enum rs_header header;
	enum rs_time_unit time_unit;
	const char *null;      /* cells with this text are empty */

	/* Which column is what: "user=2,item=3,value=rating" (numbers from 1, or names), or all names in order, "-" for a
	 * column to leave out. */
	const char *columns, *user_columns, *item_columns, *action_columns, *action_interaction_columns;
	const char *ignore;    /* columns to leave out, by name or number; "*": all that have no role */

	/* files: schemas of Amazon Personalize */
	const char *schema, *user_schema, *item_schema, *action_schema, *action_interaction_schema;
	const char *user_table, *item_table, *action_table; /* files of attributes */
	const char *action_interactions;                    /* a file of events on actions */

	enum rs_domain domain;      /* of Amazon Personalize: its columns have their types, the required ones are there */
	const char *hash_ids;       /* file with a key: users, and sessions, get pseudonyms (pseudonym.h) */
	const char *event_type;     /* of all rows */
	const char *session_prefix; /* RS_FORMAT_SESSIONS: before the number */
	bool ordered;               /* no times, but the rows of a user are in order: they get the times 1, 2, 3 ... */
	bool ordered_without_times; /* the same where there are no times; where there are, they count */
	bool keep_duplicates;

	const char *rejects;        /* file for bad rows */
	uint64_t max_rejects;       /* more bad rows than this are an error */
	double max_rejects_share;   /* if above 0: the limit is this share of the rows read, not max_rejects */
};

struct rs_import_count {
	uint64_t read, kept, merged, rejected; /* read = kept + merged + rejected */
};

struct rs_import_counts {
	struct rs_import_count of[RS_TABLES];
};

/* The file of a table beside the events, or NULL. */
const char *rs_import_table_path(const struct rs_import_options *o, enum rs_table_kind kind);

/* One dataset from the events of n files ("-" is stdin) and the tables of the options. counts may be NULL. *out belongs to
 * the caller. A bad row that may not be rejected is RS_EDATA, "FILE:LINE:COLUMN: what "cell": expected ...". */
int rs_import_events(struct rs_dataset **out, const struct rs_import_options *o, const char *const *path, size_t n,
                     struct rs_import_counts *counts, struct rs_err *err);

/* What would be guessed, as lines of file TAB property TAB value, appended to out. Reads the beginning of each file. *lack: the
 * sentence on a column that lacks or is wrong, for which rs_import_events would fail; or code 0. */
int rs_import_guess(struct rs_buf *out, const struct rs_import_options *o, const char *const *path, size_t n,
                    struct rs_err *lack, struct rs_err *err);

#endif
