/* replay.c -- runs a fuzz target over kept inputs, without libFuzzer: the findings of the past stay fixed.
 *
 * Usage: fuzz_x CORPUS...  (files or folders). Prints TAP, one test: that the target came back from every input. A crash
 * or a sanitizer report ends the process, and the input that did it was named before. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static unsigned long n_inputs;

static void die(const char *path)
{
	perror(path);
	exit(2);
}

static void replay_file(const char *path, off_t bytes)
{
	uint8_t *data = malloc((size_t)bytes + 1);
	FILE *f = fopen(path, "rb");

	if (data == NULL || f == NULL || fread(data, 1, (size_t)bytes, f) != (size_t)bytes)
		die(path);
	fclose(f);
	printf("# %s\n", path);
	fflush(stdout);
	/* A copy of the exact size, so that the sanitizers see a read past the end. */
	uint8_t *exact = malloc(bytes > 0 ? (size_t)bytes : 1);

	if (exact == NULL)
		die(path);
	memcpy(exact, data, (size_t)bytes);
	free(data);
	LLVMFuzzerTestOneInput(exact, (size_t)bytes);
	free(exact);
	n_inputs++;
}

static int not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void replay(const char *path)
{
	struct dirent **entry;
	struct stat st;

	if (stat(path, &st) != 0)
		return; /* no finding yet */
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, st.st_size);
		return;
	}
	int n = scandir(path, &entry, not_hidden, alphasort);

	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		char child[4096];

		if (snprintf(child, sizeof child, "%s/%s", path, entry[i]->d_name) < (int)sizeof child
		    && stat(child, &st) == 0 && S_ISREG(st.st_mode))
			replay_file(child, st.st_size);
		free(entry[i]);
	}
	free(entry);
}

int main(int argc, char **argv)
{
	static const uint8_t none[1];

	printf("1..1\n");
	LLVMFuzzerTestOneInput(none, 0);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("ok 1 - came back from all of %lu kept inputs\n", n_inputs);
	return 0;
}
