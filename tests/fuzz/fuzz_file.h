/* fuzz_file.h -- fuzz inputs as files, for readers that take a path; for rs files also with every checksum repaired, so that
 * what stands behind the checksums is reached. */
#ifndef RS_TESTS_FUZZ_FILE_H
#define RS_TESTS_FUZZ_FILE_H

#include "lib/data/container.h"
#include "lib/data/layout.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char fuzz_path[64];

static void fuzz_file_remove(void)
{
	unlink(fuzz_path);
}

/* A file with these bytes; the same path each time. */
static inline const char *fuzz_file(const uint8_t *data, size_t n)
{
	int fd;

	if (fuzz_path[0] == 0) {
		snprintf(fuzz_path, sizeof fuzz_path, "%s/rs-fuzz-%ld", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
		         (long)getpid());
		atexit(fuzz_file_remove);
	}
	fd = open(fuzz_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, n) != (ssize_t)n || close(fd) != 0) {
		perror(fuzz_path);
		exit(2);
	}
	return fuzz_path;
}

/* Checksums of the blocks, as far as the index tells where they lie. */
static inline void repair_blocks(uint8_t *file, size_t index, const struct rs_layout_trailer *t)
{
	uint8_t *blocks = file + index + t->n_chunks * sizeof(struct rs_layout_chunk);
	uint64_t block = 0;

	for (uint64_t i = 0; i < t->n_chunks; i++) {
		struct rs_layout_chunk c;
		uint64_t at;

		memcpy(&c, file + index + i * sizeof c, sizeof c);
		at = c.offset;
		for (uint64_t b = 0; b < c.n_blocks && block < t->n_blocks; b++, block++) {
			struct rs_layout_block k;

			memcpy(&k, blocks + block * sizeof k, sizeof k);
			if (at > index || k.stored_bytes > index - at)
				return;
			k.hash = XXH3_64bits(file + at, k.stored_bytes);
			memcpy(blocks + block * sizeof k, &k, sizeof k);
			at += k.stored_bytes;
		}
	}
}

/* The same for an rs file whose sizes and checksums are made to agree first; other input stays as it is. */
static inline const char *fuzz_file_repaired(const uint8_t *data, size_t n)
{
	static const uint8_t magic[8] = RS_LAYOUT_MAGIC, end[8] = RS_LAYOUT_END;
	struct rs_layout_header h;
	struct rs_layout_trailer t;
	size_t at = n - sizeof t, index_bytes;
	uint8_t *file;
	const char *path;

	if (n < sizeof h + sizeof t)
		return fuzz_file(data, n);
	file = malloc(n);
	if (file == NULL)
		exit(2);
	memcpy(file, data, n);

	memcpy(&h, file, sizeof h);
	h.magic[3] = h.magic[3] % 2 ? RS_FILE_MODEL : RS_FILE_DATASET;
	for (size_t i = 0; i < sizeof magic; i++)
		h.magic[i] = i == 3 ? h.magic[3] : magic[i];
	h.readable_from = RS_LAYOUT_VERSION;
	memset(h.zero, 0, sizeof h.zero);
	h.hash = XXH3_64bits(&h, sizeof h - sizeof h.hash);
	memcpy(file, &h, sizeof h);

	memcpy(&t, file + at, sizeof t);
	memcpy(t.magic, end, sizeof end);
	t.file_bytes = n;
	if (t.n_chunks < n && t.n_blocks < n) {
		index_bytes = (size_t)t.n_chunks * sizeof(struct rs_layout_chunk) +
		              (size_t)t.n_blocks * sizeof(struct rs_layout_block);
		if (index_bytes <= at - sizeof h) {
			XXH128_canonical_t digest;

			t.index_offset = at - index_bytes;
			repair_blocks(file, at - index_bytes, &t);
			XXH128_canonicalFromHash(&digest, XXH3_128bits(file + at - index_bytes, index_bytes));
			memcpy(t.digest, digest.digest, sizeof t.digest);
		}
	}
	t.hash = XXH3_64bits(&t, sizeof t - sizeof t.hash);
	memcpy(file + at, &t, sizeof t);
	path = fuzz_file(file, n);
	free(file);
	return path;
}

#endif
