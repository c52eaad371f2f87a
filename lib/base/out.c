/* out.c -- safe output files: a temporary file beside the place, synced, renamed. */
#include "lib/base/fault.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (1u << 20)
#define MAX_TEMPORARIES 64
#define WRITE_BACK_BYTES (4u << 20)
#define NAME_BYTES 200 /* of the name of a file stand in that of its temporary: both are names of at most 255 */

struct rs_out {
	int fd;
	char *name;      /* for messages */
	char *target;    /* where the file will stand; NULL: streamed */
	char *temporary; /* what is written now; NULL: streamed */
	char *buf;
	size_t n;
	uint64_t offset;
	uint64_t written, on_its_way; /* bytes: given to the system, and asked to go to the disk */
	struct rs_err failed; /* the first failure, repeated */
};

/* Temporaries that a signal has to remove. A slot is written before its file exists and emptied after it is gone. */
static char *volatile temporaries[MAX_TEMPORARIES];
static pthread_mutex_t temporaries_lock = PTHREAD_MUTEX_INITIALIZER;

static void remember(char *path)
{
	pthread_mutex_lock(&temporaries_lock);
	for (int i = 0; i < MAX_TEMPORARIES; i++) {
		if (temporaries[i] == NULL) {
			temporaries[i] = path;
			break;
		}
	}
	pthread_mutex_unlock(&temporaries_lock);
}

static void forget(const char *path)
{
	pthread_mutex_lock(&temporaries_lock);
	for (int i = 0; i < MAX_TEMPORARIES; i++)
		if (temporaries[i] == path)
			temporaries[i] = NULL;
	pthread_mutex_unlock(&temporaries_lock);
}

void rs_out_remove_temporaries(void)
{
	for (int i = 0; i < MAX_TEMPORARIES; i++) {
		char *path = temporaries[i];

		if (path != NULL)
			unlink(path);
	}
}

static void clean_up_and_die(int sig)
{
	rs_out_remove_temporaries();
	signal(sig, SIG_DFL);
	raise(sig);
}

void rs_out_catch_signals(void)
{
	static const int sig[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa, old;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = clean_up_and_die;
	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof sig / sizeof sig[0]; i++)
		if (sigaction(sig[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup stays nohup */
			sigaction(sig[i], &sa, NULL);
}

static int create_failed(const char *path, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	int code = errno == EACCES || errno == EPERM || errno == EROFS ? RS_EPERM : RS_ECREATE;

	return rs_fail_errno(err, code, "cannot create %s", rs_quote(q, sizeof q, path, strlen(path)));
}

/* The file that path leads to: symbolic links are followed, so that the link stays and its file is replaced. */
static char *resolve(const char *path, struct rs_err *err)
{
	char real[PATH_MAX];

	if (realpath(path, real) != NULL)
		return rs_strndup(real, strlen(real), err);
	return rs_strndup(path, strlen(path), err);
}

static int open_fd(const char *path, int flags)
{
	int fd, fault = rs_fault(RS_FAULT_OPEN);

	if (fault > 0 && fault != EINTR) {
		errno = fault;
		return -1;
	}
	do
		fd = open(path, flags | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static int open_temporary(struct rs_out *o, struct rs_err *err)
{
	size_t room = strlen(o->target) + 48;
	const char *slash = strrchr(o->target, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash + 1 - o->target);
	int rc;

	if ((o->temporary = rs_array(room, 1, err)) == NULL)
		return RS_ENOMEM;
	for (unsigned attempt = 0; attempt < 1000; attempt++) {
		/* A signal must never see half a name: half of it may be the name of the old file. */
		snprintf(o->temporary, room, "%.*s%.*s.%ld-%u.tmp", (int)dir, o->target, NAME_BYTES, o->target + dir,
		         (long)getpid(), attempt);
		remember(o->temporary);
		o->fd = open_fd(o->temporary, O_WRONLY | O_CREAT | O_EXCL);
		if (o->fd >= 0)
			return 0;
		forget(o->temporary);
		if (errno != EEXIST)
			break;
	}
	rc = create_failed(o->name, err);
	rs_free(o->temporary);
	o->temporary = NULL;
	return rc;
}

int rs_out_open(struct rs_out **out, const char *path, struct rs_err *err)
{
	struct rs_out *o = rs_array0(1, sizeof *o, err);
	bool is_stdout = strcmp(path, "-") == 0;
	struct stat st;
	int rc = RS_ENOMEM;

	*out = NULL;
	if (o == NULL)
		return RS_ENOMEM;
	o->fd = -1;
	o->name = is_stdout ? rs_strndup("(stdout)", 8, err) : rs_strndup(path, strlen(path), err);
	if (o->name == NULL || (o->buf = rs_array(BUFFER_BYTES, 1, err)) == NULL)
		goto fail;
	if (is_stdout) {
		o->fd = STDOUT_FILENO;
	} else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			errno = EISDIR;
		else
			o->fd = open_fd(path, O_WRONLY);
		if (o->fd < 0) {
			rc = create_failed(path, err);
			goto fail;
		}
	} else {
		if ((o->target = resolve(path, err)) == NULL)
			goto fail;
		if ((rc = open_temporary(o, err)) < 0)
			goto fail;
	}
	*out = o;
	return 0;
fail:
	rs_out_abort(o);
	return rc;
}

/* What is written is on its way to the disk while more is made, so that syncing at the end finds little left. */
static void write_back(struct rs_out *o)
{
	if (o->temporary == NULL || o->written - o->on_its_way < WRITE_BACK_BYTES)
		return;
	(void)sync_file_range(o->fd, (off_t)o->on_its_way, (off_t)(o->written - o->on_its_way), SYNC_FILE_RANGE_WRITE);
	o->on_its_way = o->written;
}

static int write_all(struct rs_out *o, const char *p, size_t n, struct rs_err *err)
{
	while (n > 0) {
		int fault = rs_fault(RS_FAULT_WRITE);
		size_t want = n < (1u << 30) ? n : 1u << 30;
		ssize_t k;

		if (fault == RS_FAULT_SHORT && want > 1)
			want /= 2;
		if (fault > 0) {
			errno = fault;
			k = -1;
		} else {
			k = write(o->fd, p, want);
		}
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			rs_fail_errno(&o->failed, RS_EIO, "%s: cannot write", o->name);
			if (err != NULL)
				*err = o->failed;
			return RS_EIO;
		}
		p += k;
		n -= (size_t)k;
		o->written += (uint64_t)k;
	}
	write_back(o);
	return 0;
}

static int flush(struct rs_out *o, struct rs_err *err)
{
	size_t n = o->n;

	o->n = 0;
	return write_all(o, o->buf, n, err);
}

int rs_out_write(struct rs_out *o, const void *bytes, size_t n, struct rs_err *err)
{
	int rc;

	if (o->failed.code != 0) {
		if (err != NULL)
			*err = o->failed;
		return o->failed.code;
	}
	o->offset += n;
	if (n > BUFFER_BYTES - o->n) {
		if ((rc = flush(o, err)) < 0)
			return rc;
		if (n >= BUFFER_BYTES)
			return write_all(o, bytes, n, err);
	}
	if (n > 0)
		memcpy(o->buf + o->n, bytes, n);
	o->n += n;
	return 0;
}

int rs_out_printf(struct rs_out *o, struct rs_err *err, const char *fmt, ...)
{
	char text[4096], *p = text;
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return rs_fail(err, RS_EINTERNAL, "cannot format \"%s\"", fmt);
	if ((size_t)n >= sizeof text) {
		if ((p = rs_array((size_t)n + 1, 1, err)) == NULL)
			return RS_ENOMEM;
		va_start(ap, fmt);
		vsnprintf(p, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	rc = rs_out_write(o, p, (size_t)n, err);
	if (p != text)
		rs_free(p);
	return rc;
}

uint64_t rs_out_offset(const struct rs_out *o)
{
	return o->offset;
}

/* Syncs fd; things that cannot be synced (pipes, terminals) are fine. */
static int sync_fd(int fd)
{
	int fault = rs_fault(RS_FAULT_FSYNC);

	if (fault > 0 && fault != EINTR) {
		errno = fault;
		return -1;
	}
	while (fsync(fd) < 0) {
		if (errno == EINVAL || errno == ENOTSUP || errno == EROFS)
			return 0;
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

static int close_fd(int fd)
{
	int fault = rs_fault(RS_FAULT_CLOSE), rc = close(fd);

	if (fault > 0 && fault != EINTR) {
		errno = fault;
		return -1;
	}
	return rc < 0 && errno != EINTR ? -1 : 0;
}

static int sync_directory(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);
	int fd, rc;

	if (n >= sizeof dir)
		return 0;
	if (slash == NULL) {
		memcpy(dir, ".", 2);
	} else {
		memcpy(dir, path, n);
		dir[n] = 0;
		if (n == 0)
			memcpy(dir, "/", 2);
	}
	fd = open_fd(dir, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return -1;
	rc = sync_fd(fd);
	close(fd);
	return rc;
}

static int rename_file(const char *from, const char *to)
{
	int fault = rs_fault(RS_FAULT_RENAME);

	if (fault > 0 && fault != EINTR) {
		errno = fault;
		return -1;
	}
	return rename(from, to);
}

/* The file behind *o takes its place. */
static int publish(struct rs_out *o, struct rs_err *err)
{
	if (sync_fd(o->fd) < 0)
		return rs_fail_errno(err, RS_EIO, "%s: cannot sync", o->name);
	if (close_fd(o->fd) < 0) {
		o->fd = -1;
		return rs_fail_errno(err, RS_EIO, "%s: cannot close", o->name);
	}
	o->fd = -1;
	if (o->temporary == NULL)
		return 0;
	if (rename_file(o->temporary, o->target) < 0)
		return rs_fail_errno(err, RS_ECREATE, "%s: cannot rename the temporary file", o->name);
	forget(o->temporary);
	rs_free(o->temporary);
	o->temporary = NULL;
	if (sync_directory(o->target) < 0)
		return rs_fail_errno(err, RS_EIO, "%s: cannot sync the directory", o->name);
	return 0;
}

int rs_out_commit(struct rs_out **out, struct rs_err *err)
{
	struct rs_out *o = *out;
	int rc;

	*out = NULL;
	if (o->failed.code != 0) {
		if (err != NULL)
			*err = o->failed;
		rc = o->failed.code;
	} else if ((rc = flush(o, err)) == 0 && (rc = rs_in_check_mapped(err)) == 0) {
		rc = publish(o, err);
	}
	rs_out_abort(o);
	return rc;
}

void rs_out_abort(struct rs_out *o)
{
	if (o == NULL)
		return;
	if (o->fd > STDERR_FILENO)
		close(o->fd);
	if (o->temporary != NULL) {
		unlink(o->temporary);
		forget(o->temporary);
		rs_free(o->temporary);
	}
	rs_free(o->target);
	rs_free(o->name);
	rs_free(o->buf);
	rs_free(o);
}
