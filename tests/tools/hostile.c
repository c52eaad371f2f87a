/* hostile.c -- runs a command over every way to cut a file or to flip one of its bits.
 *
 * Usage: hostile [-n CASES] [-j JOBS] cut|flip FILE COMMAND [ARGUMENT]...
 *
 * In the arguments {} stands for the damaged copy. Each run has to end with status 65, say exactly one line on stderr that
 * starts with the command's name and holds no control byte, leave stdout empty, make no file, and be done within 30
 * seconds. With -n only so many cases are run, spread evenly over the file. Ends with 0 if all did, else with 1 after
 * naming the first few that did not. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_PER_RUN 30
#define COMPLAINTS_MAX 3

static const char *mode;
static uint8_t *file;
static size_t file_bytes;
static char *const *command;
static char damaged[] = "damaged";

static void die(const char *what)
{
	fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		die(path);
	file_bytes = (size_t)st.st_size;
	file = malloc(file_bytes + 1);
	if (file == NULL || fread(file, 1, file_bytes, f) != file_bytes)
		die(path);
	fclose(f);
}

static void write_damaged(const char *path, size_t which)
{
	size_t bytes = strcmp(mode, "cut") == 0 ? which : file_bytes;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		die(path);
	if (bytes == file_bytes)
		file[which / 8] ^= (uint8_t)(1u << (which % 8));
	if (write(fd, file, bytes) != (ssize_t)bytes || close(fd) != 0)
		die(path);
	if (bytes == file_bytes)
		file[which / 8] ^= (uint8_t)(1u << (which % 8));
}

static int count_entries(void)
{
	DIR *d = opendir(".");
	int n = 0;

	if (d == NULL)
		die(".");
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* The status of the command, or -1 where it had to be killed. */
static int run(char *const *argv, int out, int said)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t child, none;
	struct timespec limit = { SECONDS_PER_RUN, 0 };
	pid_t pid;
	int status, rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, said, 2);
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawnp(&pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0) {
		errno = rc;
		die(argv[0]);
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (sigtimedwait(&child, NULL, &limit) < 0 && errno == EAGAIN) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
	}
	return status;
}

/* What is wrong with a run, or NULL. text is what it said, ended by 0. */
static const char *verdict(int status, off_t out_bytes, const char *text, size_t n, int new_files)
{
	const char *name = strrchr(command[0], '/');

	name = name != NULL ? name + 1 : command[0];
	if (status == -1)
		return "does not end";
	if (WIFSIGNALED(status))
		return "dies by a signal";
	if (WEXITSTATUS(status) != 65)
		return "exit status is not 65";
	if (out_bytes != 0)
		return "writes to stdout";
	if (new_files != 0)
		return "leaves a file";
	if (n == 0 || memchr(text, '\n', n) != text + n - 1)
		return "does not say exactly one line";
	if (strncmp(text, name, strlen(name)) != 0 || text[strlen(name)] != ':')
		return "does not begin with its name";
	for (size_t i = 0; i + 1 < n; i++) {
		if ((unsigned char)text[i] < 32 || text[i] == 127)
			return "says a control byte";
	}
	return NULL;
}

/* Runs the cases first, first + step, ... of n_cases in a directory of its own; returns how many went wrong. */
static int work(size_t first, size_t step, size_t n_cases, size_t total, size_t stride)
{
	char dir[] = "hostile.XXXXXX";
	char text[4096];
	int out = memfd_create("stdout", MFD_CLOEXEC), said = memfd_create("stderr", MFD_CLOEXEC), bad = 0;

	if (out < 0 || said < 0 || mkdtemp(dir) == NULL || chdir(dir) != 0)
		die("set-up");
	for (size_t i = first; i < n_cases && bad < COMPLAINTS_MAX; i += step) {
		size_t which = i * stride % total;

		write_damaged(damaged, which);
		if (ftruncate(out, 0) != 0 || ftruncate(said, 0) != 0 || lseek(out, 0, SEEK_SET) != 0
		    || lseek(said, 0, SEEK_SET) != 0)
			die("rewind");
		int before = count_entries();
		int status = run(command, out, said);
		ssize_t n = pread(said, text, sizeof text - 1, 0);

		if (n < 0)
			die("pread");
		text[n] = '\0';
		const char *wrong =
		        verdict(status, lseek(out, 0, SEEK_END), text, (size_t)n, count_entries() - before);

		if (wrong != NULL) {
			printf("%s at %zu%s: %s (wait status %d), said: %s\n", mode, which,
			       strcmp(mode, "cut") == 0 ? " bytes" : " (bit)", wrong, status, text);
			fflush(stdout);
			bad++;
		}
	}
	if (unlink(damaged) != 0 || chdir("..") != 0 || (rmdir(dir) != 0 && bad == 0))
		die("clean-up");
	return bad;
}

static size_t gcd(size_t a, size_t b)
{
	while (b != 0) {
		size_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

int main(int argc, char **argv)
{
	size_t n_cases = SIZE_MAX, jobs = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	int c, failed = 0;

	while ((c = getopt(argc, argv, "+n:j:")) != -1) {
		if (c != 'n' && c != 'j')
			return 64;
		*(c == 'n' ? &n_cases : &jobs) = strtoul(optarg, NULL, 10);
	}
	if (argc - optind < 3)
		return 64;
	mode = argv[optind];
	read_file(argv[optind + 1]);
	command = argv + optind + 2;
	for (char **a = argv + optind + 2; *a != NULL; a++) {
		if (strcmp(*a, "{}") == 0)
			*a = damaged;
	}

	size_t total = strcmp(mode, "cut") == 0 ? file_bytes : 8 * file_bytes;
	/* Steps of the golden ratio spread any number of cases evenly; coprime, so that all are visited in the end. */
	size_t stride = (size_t)((double)total * 0.6180339887) | 1;

	while (gcd(stride, total) != 1)
		stride++;
	if (n_cases > total)
		n_cases = total;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (size_t j = 0; j < jobs; j++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			_exit(work(j, jobs, n_cases, total, stride) != 0);
	}
	for (int status; wait(&status) > 0;)
		failed |= status;
	printf("%s: %zu of %zu cases%s\n", mode, n_cases, total, failed ? ", with failures" : ", all refused");
	return failed != 0;
}
