/* file.c -- safe input files; outputs are in out.c. */
#include "lib/base/file.h"

#include "lib/base/fault.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapping {
	void *base;
	size_t bytes;
};

struct rs_in {
	int fd;
	bool seekable;
	uint64_t size, n_read; /* n_read: in sequence */
	char *name;
	struct timespec changed;
	struct mapping *mapping;
	size_t n_mappings, cap_mappings;
	struct rs_in *next_mapped;
};

static atomic_bool stdin_was_open;

/* The open files of which parts are mapped: what was found whole in them is trusted from then on. */
static struct rs_in *mapped;
static pthread_mutex_t mapped_lock = PTHREAD_MUTEX_INITIALIZER;

static int open_failed(const char *path, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	int code = errno == EACCES || errno == EPERM ? RS_EPERM : errno == ENOMEM ? RS_ENOMEM : RS_ENOINPUT;

	return rs_fail_errno(err, code, "cannot open %s", rs_quote(q, sizeof q, path, strlen(path)));
}

int rs_in_open(struct rs_in **out, const char *path, struct rs_err *err)
{
	struct rs_in *in = rs_array0(1, sizeof *in, err);
	bool is_stdin = strcmp(path, "-") == 0;
	int rc = RS_ENOMEM, fault;
	struct stat st;

	*out = NULL;
	if (in == NULL)
		return RS_ENOMEM;
	in->fd = -1;
	in->name = is_stdin ? rs_strndup("(stdin)", 7, err) : rs_strndup(path, strlen(path), err);
	if (in->name == NULL)
		goto fail;
	if ((fault = rs_fault(RS_FAULT_OPEN)) > 0 && fault != EINTR) {
		errno = fault;
		rc = open_failed(path, err);
		goto fail;
	}
	do
		in->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	while (in->fd < 0 && errno == EINTR);
	if (in->fd < 0 || fstat(in->fd, &st) < 0) {
		rc = open_failed(path, err);
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		rc = open_failed(path, err);
		goto fail;
	}
	if (is_stdin && atomic_exchange(&stdin_was_open, true) && lseek(in->fd, 0, SEEK_CUR) != 0) {
		rc = rs_fail(err, RS_EUSAGE, "standard input is wanted twice: it can be read once");
		goto fail;
	}
	in->seekable = S_ISREG(st.st_mode) && (!is_stdin || lseek(in->fd, 0, SEEK_CUR) == 0);
	in->size = in->seekable ? (uint64_t)st.st_size : 0;
	in->changed = st.st_mtim;
	*out = in;
	return 0;
fail:
	rs_in_close(in);
	return rc;
}

static void remember_mapped(struct rs_in *in)
{
	pthread_mutex_lock(&mapped_lock);
	in->next_mapped = mapped;
	mapped = in;
	pthread_mutex_unlock(&mapped_lock);
}

static void forget_mapped(const struct rs_in *in)
{
	pthread_mutex_lock(&mapped_lock);
	for (struct rs_in **p = &mapped; *p != NULL; p = &(*p)->next_mapped) {
		if (*p == in) {
			*p = in->next_mapped;
			break;
		}
	}
	pthread_mutex_unlock(&mapped_lock);
}

int rs_in_check_mapped(struct rs_err *err)
{
	struct stat st;
	int rc = 0;

	pthread_mutex_lock(&mapped_lock);
	for (const struct rs_in *in = mapped; in != NULL && rc == 0; in = in->next_mapped)
		if (fstat(in->fd, &st) == 0 &&
		    ((uint64_t)st.st_size != in->size || st.st_mtim.tv_sec != in->changed.tv_sec ||
		     st.st_mtim.tv_nsec != in->changed.tv_nsec))
			rc = rs_fail(err, RS_EDATA,
			             "%s: changed while it was read: a new file, renamed over the old, does no harm", in->name);
	pthread_mutex_unlock(&mapped_lock);
	return rc;
}

void rs_in_close(struct rs_in *in)
{
	if (in == NULL)
		return;
	if (in->n_mappings > 0)
		forget_mapped(in);
	for (size_t i = 0; i < in->n_mappings; i++)
		munmap(in->mapping[i].base, in->mapping[i].bytes);
	rs_free(in->mapping);
	if (in->fd > STDERR_FILENO)
		close(in->fd);
	rs_free(in->name);
	rs_free(in);
}

void rs_in_let_go(struct rs_in *in)
{
	if (in->fd > STDERR_FILENO)
		close(in->fd);
	in->fd = -1;
}

const char *rs_in_name(const struct rs_in *in)
{
	return in->name;
}

bool rs_path_reads_once(const char *path)
{
	struct stat st;

	return strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

bool rs_in_seekable(const struct rs_in *in)
{
	return in->seekable;
}

uint64_t rs_in_size(const struct rs_in *in)
{
	return in->size;
}

/* One read, at off or (off < 0) in sequence; EINTR is tried again. */
static ssize_t read_some(struct rs_in *in, void *buf, size_t n, int64_t off)
{
	for (;;) {
		int fault = rs_fault(RS_FAULT_READ);
		ssize_t got;

		if (fault == RS_FAULT_SHORT) {
			n = n > 1 ? n / 2 : n;
		} else if (fault > 0) {
			errno = fault;
			if (fault == EINTR)
				continue;
			return -1;
		}
		got = off < 0 ? read(in->fd, buf, n) : pread(in->fd, buf, n, off);
		if (got >= 0 || errno != EINTR)
			return got;
	}
}

int rs_in_read(struct rs_in *in, void *buf, size_t n, size_t *got, struct rs_err *err)
{
	*got = 0;
	while (*got < n) {
		size_t want = n - *got < (1u << 30) ? n - *got : 1u << 30;
		ssize_t k = read_some(in, (char *)buf + *got, want, -1);

		if (k < 0)
			return rs_fail_errno(err, RS_EIO, "%s: cannot read", in->name);
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	in->n_read += *got;
	if (*got < n && in->n_read < in->size)
		return rs_fail(err, RS_EDATA, "%s: cut off at byte %llu: it was shortened while it was read", in->name,
		               (unsigned long long)in->n_read);
	return 0;
}

int rs_in_pread(struct rs_in *in, void *buf, size_t n, uint64_t off, struct rs_err *err)
{
	size_t got = 0;

	while (got < n) {
		size_t want = n - got < (1u << 30) ? n - got : 1u << 30;
		ssize_t k = read_some(in, (char *)buf + got, want, (int64_t)(off + got));

		if (k < 0)
			return rs_fail_errno(err, RS_EIO, "%s: cannot read at byte %llu", in->name,
			                     (unsigned long long)(off + got));
		if (k == 0)
			return rs_fail(err, RS_EDATA, "%s: cut off at byte %llu", in->name,
			               (unsigned long long)(off + got));
		got += (size_t)k;
	}
	return 0;
}

int rs_in_map(struct rs_in *in, uint64_t off, size_t n, const void **p, struct rs_err *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), start = off - off % page, end;
	void *base;
	int rc;

	if (rs_add_overflows(off, (uint64_t)n, &end) || end > in->size)
		return rs_fail(err, RS_EDATA, "%s: cut off at byte %llu", in->name, (unsigned long long)in->size);
	if ((rc = rs_grow(&in->mapping, &in->cap_mappings, in->n_mappings + 1, sizeof *in->mapping, err)) < 0)
		return rc;
	base = mmap(NULL, (size_t)(end - start), PROT_READ, MAP_PRIVATE, in->fd, (off_t)start);
	if (base == MAP_FAILED)
		return rs_fail_errno(err, RS_EIO, "%s: cannot map", in->name);
	if (in->n_mappings == 0)
		remember_mapped(in);
	in->mapping[in->n_mappings++] = (struct mapping){ base, (size_t)(end - start) };
	*p = (const char *)base + (off - start);
	return 0;
}
