/* test_container.c -- codecs there and back; files cut at every length and with every bit flipped, with checksums left and
 * with checksums repaired. */
#include "tests/unit/sample.h"

#include "lib/data/codec.h"
#include "tests/fuzz/fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	(void)data;
	(void)n;
	return 0;
}

static const char *path = "c.rsd";

/* ---- codecs ---- */

static int decode(enum rs_codec codec, const void *p, size_t bytes, size_t elem_bytes, size_t n, size_t first, size_t count,
                  void *plain)
{
	struct rs_stored s = { codec, p, bytes, elem_bytes, n };

	return rs_codec_decode(&s, first, count, plain, NULL);
}

/* Values of several shapes: what the codecs were made for and what they were not. */
static uint64_t shape(unsigned kind, uint64_t i)
{
	uint64_t r = rs_rand_u64(5, RS_RNG_TEST, i, kind);

	switch (kind) {
	case 0: return 7;                                   /* constant */
	case 1: return r % 100;                             /* small */
	case 2: return r % 50 == 0 ? r : r % 16;            /* small with exceptions */
	case 3: return 1700000000 + i * 13 + r % 7;         /* ascending */
	case 4: return i % 300 < 299 ? 5000 + i : r;        /* ascending with jumps */
	case 5: return (r % 9 + 1) * 0x9E3779B97F4A7C15u;   /* few distinct, wide */
	case 6: return ~(uint64_t)0 - (i & 1);              /* widest */
	default: return r;
	}
}

static void codecs_give_back_what_they_got(void **state)
{
	static const size_t counts[] = { 1, 2, 127, 128, 129, 1000, 5000 }, sizes[] = { 1, 2, 4, 8 };
	struct rs_err err = RS_ERR_INIT;
	unsigned seen = 0;

	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
			for (size_t s = 0; s < 4; s++) {
				size_t n = counts[c], bytes = n * sizes[s];
				uint8_t *plain = malloc(bytes), *back = malloc(bytes);

				for (size_t i = 0; i < n; i++) {
					uint64_t v = shape(kind, i);

					memcpy(plain + i * sizes[s], &v, sizes[s]);
				}
				for (enum rs_pack pack = RS_PACK_RAW; pack <= RS_PACK_DELTA; pack++) {
					struct rs_buf stored = RS_BUF_INIT;
					enum rs_codec codec;
					uint8_t *exact;

					assert_done(rs_codec_encode(plain, n, sizes[s], pack, &codec, &stored, &err));
					assert_true(stored.n <= bytes);
					assert_true(bytes <= stored.n * 512);
					seen |= 1u << codec;
					exact = malloc(stored.n);
					memcpy(exact, stored.p, stored.n);
					memset(back, 0xaa, bytes);
					assert_int_equal(decode(codec, exact, stored.n, sizes[s], n, 0, n, back), 0);
					assert_memory_equal(plain, back, bytes);
					free(exact);
					rs_buf_release(&stored);
				}
				free(plain);
				free(back);
			}
		}
	}
	assert_int_equal(seen, (1u << RS_CODEC_COUNT) - 1); /* each codec was the best somewhere */
}

/* Parts of a block, wherever they begin and end; checked against the whole. */
static void parts_are_as_in_the_whole(void **state)
{
	static const size_t counts[] = { 1, 128, 700, 5000 }, sizes[] = { 1, 2, 4, 8 };
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (unsigned test = 0; test < 8 * 4 * 4; test++) {
		unsigned kind = test % 8;
		size_t n = counts[test / 8 % 4], bytes = sizes[test / 32];
		uint8_t *plain = malloc(n * bytes), *back = malloc(n * bytes + 1);

		for (size_t i = 0; i < n; i++) {
			uint64_t v = shape(kind, i);

			memcpy(plain + i * bytes, &v, bytes);
		}
		for (enum rs_pack pack = RS_PACK_RAW; pack <= RS_PACK_DELTA; pack++) {
			struct rs_buf stored = RS_BUF_INIT;
			struct rs_stored s = { .elem_bytes = bytes, .n = n };

			assert_done(rs_codec_encode(plain, n, bytes, pack, &s.codec, &stored, &err));
			s.p = stored.p;
			s.bytes = stored.n;
			for (uint32_t i = 0; i < 60; i++) {
				size_t first = i == 0 ? n - 1 : (size_t)rs_rand_below(n, test, RS_RNG_TEST, i, 0);
				size_t count = 1 + (size_t)rs_rand_below(i % 2 == 0 ? n - first : 1, test, RS_RNG_TEST, i, 1);

				back[count * bytes] = 0x5a;
				assert_done(rs_codec_decode(&s, first, count, back, &err));
				assert_memory_equal(plain + first * bytes, back, count * bytes);
				assert_int_equal(back[count * bytes], 0x5a);
			}
			rs_buf_release(&stored);
		}
		free(plain);
		free(back);
	}
}

/* A frame that cannot be is refused where it is asked for or has to be passed, and not looked at before that. */
static void damage_in_a_frame_that_is_needed(void **state)
{
	uint8_t plain[8 * 1280];
	uint64_t v[1280];
	struct rs_buf stored = RS_BUF_INIT;
	struct rs_stored s = { .elem_bytes = 8, .n = 1280 };
	struct rs_err err = RS_ERR_INIT;
	size_t frame = 1 + 1 + 1 + 128 * 7 / 8; /* width, exceptions, base, values */

	(void)state;
	for (size_t i = 0; i < 1280; i++)
		v[i] = i % 128 < 2 ? i % 128 * 127 : rs_rand_below(128, 9, RS_RNG_TEST, i, 0);
	assert_done(rs_codec_encode(v, 1280, 8, RS_PACK_UINT, &s.codec, &stored, &err));
	assert_int_equal(s.codec, RS_CODEC_FRAMES);
	assert_int_equal(stored.n, 10 * frame);
	stored.p[5 * frame] = 65; /* bits of a value */
	s.p = stored.p;
	s.bytes = stored.n;
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(rs_codec_decode(&s, i * 128, 128, plain, &err), i < 5 ? 0 : RS_EDATA);
	assert_int_equal(rs_codec_decode(&s, 639, 1, plain, &err), 0);
	assert_int_equal(rs_codec_decode(&s, 639, 2, plain, &err), RS_EDATA);
	rs_buf_release(&stored);
}

/* Values of which one is most of all: it stands first in the dictionary, and the others are exceptions. */
static void most_of_all_stand_first(void **state)
{
	enum { N = 100000, HALF = N / 2 };
	uint32_t *v = malloc(N * sizeof *v), *back = malloc(N * sizeof *back);
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (unsigned test = 0; test < 3; test++) { /* four of five; a few more than half; half */
		struct rs_buf stored = RS_BUF_INIT;
		struct rs_stored s = { .elem_bytes = 4, .n = N };
		uint64_t k, first;
		const uint8_t *p;

		for (uint32_t i = 0; i < N; i++) {
			bool most = test == 0 ? i % 5 != 0 : i % 2 == 0 || (test == 1 && i < 100);

			v[i] = most ? 0x7fc00000 : 1000 + (uint32_t)rs_rand_below(200, test, RS_RNG_TEST, i, 0) * 7919;
		}
		assert_done(rs_codec_encode(v, N, 4, RS_PACK_FLOAT, &s.codec, &stored, &err));
		assert_int_equal(s.codec, RS_CODEC_DICT_FRAMES);
		s.p = p = (const uint8_t *)stored.p;
		s.bytes = stored.n;
		assert_int_equal(rs_varint_read(&p, p + 20, &k), 0);
		assert_int_equal(rs_varint_read(&p, p + 20, &first), 0);
		assert_int_equal(k, 201);
		assert_true((first == 0x7fc00000) == (test < 2));
		if (test == 0) /* a fifth of them take two bytes or three, each frame has a head */
			assert_in_range(stored.n, N / 5 * 2, N / 5 * 2 + N / 5 / 2 + N / 128 * 3 + 201 * 3);
		assert_done(rs_codec_decode(&s, 0, N, back, &err));
		assert_memory_equal(v, back, N * sizeof *v);
		assert_done(rs_codec_decode(&s, HALF + 3, 1000, back, &err));
		assert_memory_equal(v + HALF + 3, back, 1000 * sizeof *v);
		rs_buf_release(&stored);
	}
	free(v);
	free(back);
}

/* Where a sample of frames speaks for differences or against them, all are stored so. */
static void the_smaller_frames_are_chosen(void **state)
{
	enum { N = 100000 };
	uint64_t *v = malloc(N * sizeof *v);
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (unsigned test = 0; test < 2; test++) {
		struct rs_buf stored = RS_BUF_INIT;
		enum rs_codec codec;

		for (uint32_t i = 0; i < N; i++)
			v[i] = rs_rand_below(1000, test, RS_RNG_TEST, i, 0) + (test == 0 ? 0 : (i > 0 ? v[i - 1] : 0));
		assert_done(rs_codec_encode(v, N, 8, RS_PACK_DELTA, &codec, &stored, &err));
		assert_int_equal(codec, test == 0 ? RS_CODEC_FRAMES : RS_CODEC_DELTA_FRAMES);
		assert_in_range(stored.n, N / 8 * 10, N / 8 * 10 + N / 128 * (test == 0 ? 3 : 20) + N / 8);
		rs_buf_release(&stored);
	}
	free(v);
}

/* Decoders on stored bytes that are cut, changed or random: an answer or RS_EDATA, and never more than n elements. */
static void codecs_survive_hostile_bytes(void **state)
{
	_Alignas(8) uint8_t plain[1000 * 8];
	struct rs_err err = RS_ERR_INIT;

	(void)state;
	for (unsigned test = 0; test < 8 * 2; test++) {
		size_t bytes = test % 2 == 0 ? 8 : 4;
		uint8_t v[500 * 8];
		struct rs_buf stored = RS_BUF_INIT;
		enum rs_codec codec;

		for (size_t i = 0; i < 500; i++) {
			uint64_t x = shape(test / 2, i);

			memcpy(v + i * bytes, &x, bytes);
		}
		assert_done(rs_codec_encode(v, 500, bytes, RS_PACK_DELTA, &codec, &stored, &err));
		for (size_t cut = 0; cut < stored.n; cut++) {
			uint8_t *exact = malloc(cut + 1);

			memcpy(exact, stored.p, cut);
			assert_int_equal(decode(codec, exact, cut, bytes, 500, 0, 500, plain), RS_EDATA);
			free(exact);
		}
		for (size_t bit = 0; bit < stored.n * 8; bit++) {
			stored.p[bit / 8] ^= (char)(1 << bit % 8);
			for (enum rs_codec c = RS_CODEC_RAW; c < RS_CODEC_COUNT; c++) {
				decode(c, stored.p, stored.n, bytes, 500, 0, 500, plain);
				decode(c, stored.p, stored.n, bytes, 500, 250 + bit % 200, 50, plain);
			}
			stored.p[bit / 8] ^= (char)(1 << bit % 8);
		}
		rs_buf_release(&stored);
	}
}

/* ---- chunks ---- */

static void chunks_of_many_blocks(void **state)
{
	uint64_t n = 3 * (RS_BLOCK_BYTES / 4) + 17, part[] = { 1, 100000, n - 100001 };
	uint32_t *v = malloc(n * 4), *few = malloc(4000);
	const struct rs_chunk *c;
	struct rs_err err = RS_ERR_INIT;
	struct rs_writer *w;
	struct rs_reader *r;
	const void *mapped;
	void *all;

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		v[i] = (uint32_t)shape(2, i);
	assert_done(rs_writer_open(&w, path, RS_FILE_DATASET, &err));
	assert_done(rs_writer_chunk(w, RS_KIND('A', 'B', 'C', 'D'), 3, RS_PACK_RAW, 4, v, n, &err));
	assert_done(rs_writer_begin(w, RS_KIND('A', 'B', 'C', 'D'), 4, RS_PACK_UINT, 4, n, &err));
	for (uint64_t i = 0, at = 0; i < 3; at += part[i++])
		assert_done(rs_writer_append(w, v + at, part[i], &err));
	assert_done(rs_writer_end(w, &err));
	assert_done(rs_writer_chunk(w, RS_KIND('n', 'o', 'n', 'e'), 0, RS_PACK_BYTES, 1, NULL, 0, &err));
	assert_done(rs_writer_commit(&w, &err));
	assert_done(rs_reader_open(&r, path, RS_FILE_DATASET, &err));
	assert_int_equal(rs_reader_count(r), 3);
	assert_null(rs_reader_find(r, RS_KIND('A', 'B', 'C', 'D'), 5));
	for (uint32_t column = 3; column < 5; column++) {
		c = rs_reader_find(r, RS_KIND('A', 'B', 'C', 'D'), column);
		assert_int_equal(c->n_blocks, 4);
		assert_done(rs_reader_load(r, c, &all, &err));
		assert_memory_equal(all, v, n * 4);
		rs_free(all);
		for (uint64_t at = 0; at + 1000 < n; at += 52429) {
			assert_done(rs_reader_slice(r, c, at, 1000, few, &err));
			assert_memory_equal(few, v + at, 4000);
		}
		assert_int_equal(rs_reader_slice(r, c, n - 1, 2, few, &err), RS_EDATA);
	}
	c = rs_reader_find(r, RS_KIND('A', 'B', 'C', 'D'), 3);
	assert_done(rs_reader_map(r, c, true, &mapped, &err));
	assert_int_equal((uintptr_t)mapped % 64, 0);
	assert_done(rs_reader_touch(r, c, n - 1, 1, &err));
	assert_memory_equal(mapped, v, n * 4);
	assert_done(rs_reader_verify(r, &err));
	rs_reader_close(r);
	unlink(path);
	free(v);
	free(few);
}

/* ---- damaged files ---- */

/* A dataset file of about 4 KiB. */
static uint8_t *small_file(size_t *n)
{
	struct sample_row *row = sample_rows(300, 30, 20);
	struct rs_dataset *d = sample_build(row, 300, false);
	struct rs_err err = RS_ERR_INIT;

	assert_done(rs_dataset_write(d, path, &err));
	rs_dataset_free(d);
	free(row);
	return sample_read(path, n);
}

static int read_whole(const char *name, struct rs_err *err)
{
	struct rs_dataset *d;
	int rc = rs_dataset_open(&d, &name, 1, RS_NEED_ALL, err);

	if (rc == 0)
		rs_dataset_free(d);
	return rc;
}

static void every_cut_is_noticed(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	size_t n;
	uint8_t *file = small_file(&n);

	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		sample_write(path, file, cut);
		assert_int_equal(read_whole(path, &err), RS_EDATA);
		assert_true(strncmp(err.text, path, strlen(path)) == 0);
	}
	sample_write(path, file, n);
	assert_done(read_whole(path, &err));
	free(file);
	unlink(path);
}

static void every_flipped_bit_is_noticed(void **state)
{
	struct rs_err err = RS_ERR_INIT;
	size_t n;
	uint8_t *file = small_file(&n);

	(void)state;
	for (size_t bit = 0; bit < 8 * n; bit++) {
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		sample_write(path, file, n);
		if (read_whole(path, &err) != RS_EDATA)
			fail_msg("bit %zu", bit);
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(file);
	unlink(path);
}

/* What opens is safe to use; what does not says why. */
static void try_all(const char *name)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_dataset *d;
	int rc = read_whole(name, &err);

	assert_true(rc == 0 || rc == RS_EDATA);
	rc = sample_look_up(&d, &name, 1, "user-7", 6, &err);
	assert_true(rc == 0 || rc == RS_EDATA);
	rs_dataset_free(d);
}

static void flipped_bits_behind_repaired_checksums(void **state)
{
	size_t n, step = getenv("RS_LONG") == NULL ? 7 : 1;
	uint8_t *file = small_file(&n);

	(void)state;
	for (size_t bit = 0; bit < 8 * n; bit += step) {
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		try_all(fuzz_file_repaired(file, n));
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(file);
	unlink(path);
}

/* Every 8 aligned bytes of index and trailer, as a count, size or offset, with values at the edges. */
static void edge_values_behind_repaired_checksums(void **state)
{
	static const uint64_t edge[] = { 0,          1,          0x7f,           0xff,           0x7fffffff,     0x80000000,
		                         0xffffffff, 0x100000000, ~(uint64_t)0, ~(uint64_t)0 / 2, ~(uint64_t)0 - 63, 64 };
	size_t n;
	uint8_t *file = small_file(&n);
	uint64_t index;

	(void)state;
	memcpy(&index, file + n - 64 + 8, 8);
	for (size_t at = (size_t)index; at + 8 <= n; at += 4) {
		for (size_t k = 0; k < sizeof edge / sizeof edge[0]; k++) {
			uint8_t old[8];

			memcpy(old, file + at, 8);
			memcpy(file + at, &edge[k], at % 8 == 0 ? 8 : 4);
			try_all(fuzz_file_repaired(file, n));
			memcpy(file + at, old, 8);
		}
	}
	free(file);
	unlink(path);
}

static void other_files_are_told_apart(void **state)
{
	static const struct {
		const char *bytes, *says;
	} cases[] = { { "", "empty" }, { "user,item\nu,i\n", "not an rs file" }, { "\x89RSD\r\n\x1a\n", "cut off" } };
	struct rs_err err = RS_ERR_INIT;
	struct rs_writer *w;
	struct rs_reader *r;
	size_t n;
	uint8_t *file, *twice;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		sample_write(path, (const uint8_t *)cases[i].bytes, strlen(cases[i].bytes));
		assert_int_equal(read_whole(path, &err), RS_EDATA);
		assert_non_null(strstr(err.text, cases[i].says));
	}
	assert_done(rs_writer_open(&w, path, RS_FILE_MODEL, &err));
	assert_done(rs_writer_commit(&w, &err));
	assert_int_equal(read_whole(path, &err), RS_EDATA);
	assert_string_equal(err.text, "c.rsd: a model: expected a dataset");
	assert_int_equal(rs_reader_open(&r, "nowhere.rsd", RS_FILE_DATASET, &err), RS_ENOINPUT);
	file = small_file(&n);
	twice = malloc(2 * n);
	memcpy(twice, file, n);
	memcpy(twice + n, file, n);
	sample_write(path, twice, 2 * n);
	assert_int_equal(read_whole(path, &err), RS_EDATA);
	sample_write(path, twice, n + 1);
	assert_int_equal(read_whole(path, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "behind"));
	free(file);
	free(twice);
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(codecs_give_back_what_they_got),
		cmocka_unit_test(parts_are_as_in_the_whole),
		cmocka_unit_test(damage_in_a_frame_that_is_needed),
		cmocka_unit_test(most_of_all_stand_first),
		cmocka_unit_test(the_smaller_frames_are_chosen),
		cmocka_unit_test(codecs_survive_hostile_bytes),
		cmocka_unit_test(chunks_of_many_blocks),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(flipped_bits_behind_repaired_checksums),
		cmocka_unit_test(edge_values_behind_repaired_checksums),
		cmocka_unit_test(other_files_are_told_apart),
	};

	return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
