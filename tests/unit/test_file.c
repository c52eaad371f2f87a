/* test_file.c -- safe files: old or new and nothing between, links, modes, devices, signals. */
#include "tests/unit/done.h"

#include "lib/base/file.h"
#include "lib/base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rs_err err;

static int enter(void **state)
{
	static const char name[] = "/tmp/rs-file-XXXXXX";
	static char dir[sizeof name];

	memcpy(dir, name, sizeof name);
	*state = dir;
	return mkdtemp(dir) == NULL || chdir(dir) != 0;
}

static int leave(void **state)
{
	DIR *d = opendir(".");
	struct dirent *e;

	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlink(e->d_name);
	closedir(d);
	return chdir("/") != 0 || rmdir(*state) != 0;
}

static int count_files(void)
{
	DIR *d = opendir(".");
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void put(const char *path, const char *text)
{
	struct rs_out *o;

	assert_done(rs_out_open(&o, path, &err));
	assert_done(rs_out_write(o, text, strlen(text), &err));
	assert_done(rs_out_commit(&o, &err));
	assert_null(o);
}

static void assert_holds(const char *path, const char *text)
{
	struct rs_in *in;
	char got[64];
	size_t n;

	assert_done(rs_in_open(&in, path, &err));
	assert_done(rs_in_read(in, got, sizeof got, &n, &err));
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, n);
	rs_in_close(in);
}

static void the_old_file_stays_until_commit(void **state)
{
	struct rs_out *o;

	(void)state;
	put("f", "old");
	assert_done(rs_out_open(&o, "f", &err));
	assert_done(rs_out_write(o, "newer", 5, &err));
	assert_int_equal(rs_out_offset(o), 5);
	assert_holds("f", "old");
	assert_int_equal(count_files(), 2);
	rs_out_abort(o);
	assert_holds("f", "old");
	assert_int_equal(count_files(), 1);
	rs_out_abort(NULL);
	put("f", "new");
	assert_holds("f", "new");
}

static void the_input_can_be_the_output(void **state)
{
	struct rs_in *in;
	struct rs_out *o;
	char got[3];

	(void)state;
	put("f", "abc");
	assert_done(rs_in_open(&in, "f", &err));
	assert_done(rs_out_open(&o, "f", &err));
	assert_done(rs_out_printf(o, &err, "%05d", 12));
	assert_done(rs_out_commit(&o, &err));
	assert_done(rs_in_pread(in, got, 3, 0, &err));
	assert_memory_equal(got, "abc", 3);
	rs_in_close(in);
	assert_holds("f", "00012");
}

static void modes_and_links(void **state)
{
	mode_t before = umask(027);
	struct stat st;

	(void)state;
	put("f", "x");
	umask(before);
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(symlink("f", "link"), 0);
	put("link", "through");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_holds("f", "through");
}

static void big_writes_and_ranges(void **state)
{
	static unsigned char big[3 << 20], back[3 << 20];
	struct rs_out *o;
	struct rs_in *in;
	const void *p;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (unsigned char)(i * 2654435761u >> 13);
	assert_done(rs_out_open(&o, "f", &err));
	assert_done(rs_out_write(o, big, 10, &err));
	assert_done(rs_out_write(o, big + 10, sizeof big - 20, &err));
	assert_done(rs_out_write(o, big + sizeof big - 10, 10, &err));
	assert_done(rs_out_write(o, NULL, 0, &err));
	assert_int_equal(rs_out_offset(o), sizeof big);
	assert_done(rs_out_commit(&o, &err));
	assert_done(rs_in_open(&in, "f", &err));
	assert_true(rs_in_seekable(in));
	assert_int_equal(rs_in_size(in), sizeof big);
	assert_done(rs_in_read(in, back, sizeof back, &n, &err));
	assert_memory_equal(back, big, sizeof big);
	assert_done(rs_in_read(in, back, 1, &n, &err));
	assert_int_equal(n, 0);
	assert_done(rs_in_map(in, 4097, 5000, &p, &err));
	assert_memory_equal(p, big + 4097, 5000);
	assert_int_equal(rs_in_pread(in, back, 2, sizeof big - 1, &err), RS_EDATA);
	assert_int_equal(rs_in_map(in, sizeof big, 1, &p, &err), RS_EDATA);
	assert_int_equal(rs_in_map(in, UINT64_MAX, 2, &p, &err), RS_EDATA);
	rs_in_close(in);
	rs_in_close(NULL);
}

/* What is mapped has to stay as it is; what is read in sequence may grow, and may not be cut. */
static void inputs_that_change_meanwhile(void **state)
{
	char bytes[16], *long_text = rs_array0(1, 100001, &err);
	struct rs_in *in;
	struct rs_out *o;
	const void *p;
	size_t n;

	(void)state;
	memset(long_text, 'x', 100000);
	put("f", long_text);
	put("g", "old");
	assert_done(rs_in_open(&in, "f", &err));
	assert_done(rs_in_map(in, 0, 10, &p, &err));
	put("f", "a new file in its place does no harm");
	put("g", "new");
	rs_in_close(in);
	put("f", long_text);
	assert_done(rs_in_open(&in, "f", &err));
	assert_done(rs_in_map(in, 0, 10, &p, &err));
	assert_int_equal(truncate("f", 50000), 0);
	assert_done(rs_out_open(&o, "g", &err));
	assert_int_equal(rs_out_commit(&o, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "f: changed while it was read"));
	assert_holds("g", "new");
	rs_in_close(in);
	put("g", "newer");
	assert_done(rs_in_open(&in, "f", &err));
	assert_done(rs_in_read(in, bytes, sizeof bytes, &n, &err));
	assert_int_equal(truncate("f", 60000), 0);
	while (n == sizeof bytes)
		assert_done(rs_in_read(in, bytes, sizeof bytes, &n, &err));
	rs_in_close(in);
	assert_done(rs_in_open(&in, "f", &err));
	assert_done(rs_in_read(in, bytes, sizeof bytes, &n, &err));
	assert_int_equal(truncate("f", 8), 0);
	assert_int_equal(rs_in_read(in, bytes, sizeof bytes, &n, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "f: cut off at byte 16: it was shortened while it was read"));
	rs_in_close(in);
	rs_free(long_text);
}

static void what_cannot_be_opened(void **state)
{
	struct rs_in *in;
	struct rs_out *o;

	(void)state;
	assert_int_equal(rs_in_open(&in, "absent", &err), RS_ENOINPUT);
	assert_null(in);
	assert_int_equal(rs_in_open(&in, "", &err), RS_ENOINPUT);
	assert_int_equal(rs_in_open(&in, "/tmp", &err), RS_ENOINPUT);
	assert_int_equal(rs_out_open(&o, "/tmp", &err), RS_ECREATE);
	assert_null(o);
	assert_int_equal(rs_out_open(&o, "no/such/place", &err), RS_ECREATE);
	assert_int_equal(rs_in_open(&in, "bad\x1b[2J", &err), RS_ENOINPUT);
	assert_null(strchr(err.text, 0x1b));
	assert_int_equal(count_files(), 0);
}

static void a_full_device_is_noticed(void **state)
{
	static char big[2 << 20];
	struct rs_out *o;

	(void)state;
	assert_done(rs_out_open(&o, "/dev/full", &err));
	assert_done(rs_out_write(o, "x", 1, &err));
	assert_int_equal(rs_out_commit(&o, &err), RS_EIO);
	assert_done(rs_out_open(&o, "/dev/full", &err));
	assert_int_equal(rs_out_write(o, big, sizeof big, &err), RS_EIO);
	memset(&err, 0, sizeof err);
	assert_int_equal(rs_out_write(o, "x", 1, &err), RS_EIO);
	assert_int_equal(err.code, RS_EIO);
	assert_int_equal(rs_out_commit(&o, &err), RS_EIO);
	put("/dev/null", "gone");
}

static void signals_remove_the_temporary(void **state)
{
	static const int sig[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	for (size_t i = 0; i < sizeof sig / sizeof sig[0]; i++) {
		int status;
		pid_t child;

		put("f", "old");
		if ((child = fork()) == 0) {
			struct rs_out *o;

			rs_out_catch_signals();
			if (rs_out_open(&o, "f", NULL) == 0 && rs_out_write(o, "half", 4, NULL) == 0)
				raise(sig[i]);
			_exit(1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sig[i]);
		assert_holds("f", "old");
		assert_int_equal(count_files(), 1);
	}
}

#ifdef RS_FAULTS
/* What the program does when it is called with an argument: writes f. */
static int write_f(void)
{
	struct rs_out *o;
	int rc = rs_out_open(&o, "f", NULL);

	if (rc == 0) {
		rs_out_write(o, "new", 3, NULL);
		rc = rs_out_commit(&o, NULL);
	}
	return -rc;
}

/* The status of write_f in a program of its own, as the plan is read once. */
static int status_with(const char *fault)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		setenv("RS_FAULT", fault, 1);
		execl("/proc/self/exe", "test_file", "write", (char *)NULL);
		_exit(99);
	}
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void every_call_can_fail(void **state)
{
	static const struct {
		const char *fault;
		int status;
	} plan[] = { { "alloc:1", 71 }, { "alloc:3", 71 }, { "alloc:1+", 71 }, { "open:1", 73 }, { "write:1", 74 },
		{ "write:1:ENOSPC", 74 }, { "write:1:EINTR", 0 }, { "write:1:short", 0 }, { "fsync:1", 74 }, { "close:1", 74 },
		{ "rename:1", 73 }, { "fsync:1:EINTR", 0 }, { "open:1:EINTR", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
		put("f", "old");
		assert_int_equal(status_with(plan[i].fault), plan[i].status);
		assert_holds("f", plan[i].status == 0 ? "new" : "old");
		assert_int_equal(count_files(), 1);
	}
}
#endif

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_old_file_stays_until_commit, enter, leave),
		cmocka_unit_test_setup_teardown(the_input_can_be_the_output, enter, leave),
		cmocka_unit_test_setup_teardown(modes_and_links, enter, leave),
		cmocka_unit_test_setup_teardown(big_writes_and_ranges, enter, leave),
		cmocka_unit_test_setup_teardown(inputs_that_change_meanwhile, enter, leave),
		cmocka_unit_test_setup_teardown(what_cannot_be_opened, enter, leave),
		cmocka_unit_test_setup_teardown(a_full_device_is_noticed, enter, leave),
		cmocka_unit_test_setup_teardown(signals_remove_the_temporary, enter, leave),
#ifdef RS_FAULTS
		cmocka_unit_test_setup_teardown(every_call_can_fail, enter, leave),
#endif
	};

#ifdef RS_FAULTS
	if (argc > 1)
		return write_f();
#endif
	(void)argc;
	(void)argv;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
