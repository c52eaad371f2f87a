/* err.h -- errors travel up with their story.
 *
 * The library neither prints nor exits. A function that can fail returns 0 or a negative RS_E* code and
 * leaves one complete sentence in the struct rs_err of its caller: who is added by the command, where and
 * what stand in the sentence, which has no full stop and no line feed. The codes are the exit statuses of
 * sysexits.h with a minus sign, so that a command ends with -err.code. */
#ifndef RS_BASE_ERR_H
#define RS_BASE_ERR_H

#include <stddef.h>

enum {
	RS_EGATE = -1,      /* an opt-in gate was not met */
	RS_EUSAGE = -64,    /* options or arguments */
	RS_EDATA = -65,     /* bad data or damaged file */
	RS_ENOINPUT = -66,  /* an input does not exist or cannot be opened */
	RS_EINTERNAL = -70, /* a broken invariant */
	RS_ENOMEM = -71,    /* no memory (or over --memory) or no threads */
	RS_ECREATE = -73,   /* an output cannot be created */
	RS_EIO = -74,       /* reading or writing failed */
	RS_ELOCKED = -75,   /* somebody else holds the lock */
	RS_EPERM = -77      /* permission denied */
};

struct rs_err {
	int code;        /* 0 or an RS_E* code */
	char text[1024]; /* one line, cut to fit */
};

#define RS_ERR_INIT                                                                                          \
	{                                                                                                    \
		0, { 0 }                                                                                     \
	}

/* Stores code and sentence, replacing what stood there; returns code. err may be NULL. */
int rs_fail(struct rs_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* which sees one file at a time, and has to know what comes back */
#define rs_fail(err, code, ...) (rs_fail(err, code, __VA_ARGS__), (code))
#endif

/* As rs_fail, with ": " and the text of errno at the end. */
int rs_fail_errno(struct rs_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the sentence that err holds (a file name, a line number). Returns err->code. */
int rs_fail_prefix(struct rs_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* text as it may be shown: control bytes (names of files can hold them) and what is no UTF-8 as \xHH; cut to fit. All
 * sentences of struct rs_err are so. */
void rs_one_line(char *to, size_t size, const char *text);

/* Bytes of the data for a message: in double quotes, controls and what is not UTF-8 as \xHH, cut after 64 bytes
 * with "..." behind. Returns buf, which holds at most size bytes with the final 0; RS_QUOTE_MAX always fits. */
#define RS_QUOTE_MAX 272
const char *rs_quote(char *buf, size_t size, const void *bytes, size_t n);

#endif
