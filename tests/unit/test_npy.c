/* test_npy.c -- vectors of NumPy: versions, types, what is refused, and as a block beside others. */
#include "tests/unit/num_ref.h"

#include "lib/base/keymap.h"
#include "lib/data/npy.h"
#include "lib/recipe/item_blocks.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static struct rs_err err;
static char path[] = "/tmp/test_npy.XXXXXX", ids[] = "/tmp/test_npy_ids.XXXXXX";

static void put_file(const char *to, const void *bytes, size_t n)
{
	FILE *f = fopen(to, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

/* Magic, version, length, dict, and n bytes of numbers, as the format says. */
static void put_npy(int version, const char *dict, const void *numbers, size_t n)
{
	char b[1024] = "\x93NUMPY";
	size_t at = 8, length = strlen(dict);

	b[6] = (char)version;
	b[at++] = (char)(length & 255);
	b[at++] = (char)(length >> 8);
	at += version > 1 ? 2 : 0;
	memcpy(b + at, dict, length);
	at += length;
	if (n > 0)
		memcpy(b + at, numbers, n);
	put_file(path, b, at + n);
}

static const float f4[6] = { 1, 2.5f, -3, 0, .125f, 60000 };
static const double f8[6] = { 1, 2.5, -3, 0, .125, 60000 };
static const unsigned short f2[6] = { 0x3c00, 0x4100, 0xc200, 0x8000, 0x3000, 0x7b53 };

static void versions_and_types(void **state)
{
	static const char *const dict[3] = { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
		                             "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n",
		                             "{'shape': (2, 3), 'descr': '<f2', 'fortran_order': False}\n" };
	const void *const numbers[3] = { f4, f8, f2 };
	const size_t size[3] = { sizeof f4, sizeof f8, sizeof f2 };

	(void)state;
	for (int version = 1; version <= 3; version++) {
		for (int t = 0; t < 3; t++) {
			struct rs_npy m;

			put_npy(version, dict[t], numbers[t], size[t]);
			if (rs_npy_read(&m, path, &err) < 0)
				fail_msg("%s", err.text);
			assert_int_equal(m.n, 2);
			assert_int_equal(m.d, 3);
			for (size_t i = 0; i < 6; i++)
				assert_true(m.v[i] == f4[i]);
			rs_npy_release(&m);
		}
	}
}

static void halves(void **state)
{
	/* the smallest, the largest below and above the step to normal numbers, the largest, 1/3 */
	static const unsigned short half[6] = { 0x0001, 0x03ff, 0x0400, 0x7bff, 0x3555, 0x8001 };
	static const double want[6] = { 0x1p-24, 1023 * 0x1p-24, 0x1p-14, 65504, 1365 * 0x1p-12, -0x1p-24 };
	struct rs_npy m;

	(void)state;
	put_npy(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }\n", half, sizeof half);
	assert_int_equal(rs_npy_read(&m, path, &err), 0);
	for (size_t i = 0; i < 6; i++)
		assert_true((double)m.v[i] == want[i]);
	rs_npy_release(&m);
}

static void refused(const char *dict, const void *numbers, size_t n, const char *why)
{
	struct rs_npy m;

	put_npy(1, dict, numbers, n);
	assert_int_equal(rs_npy_read(&m, path, &err), RS_EDATA);
	if (strstr(err.text, why) == NULL || strstr(err.text, path) == NULL)
		fail_msg("%s: expected %s", err.text, why);
	assert_null(m.v);
}

static void what_cannot_be_is_refused(void **state)
{
	static const float bad[6] = { 1, 2, 3, 4, INFINITY, 6 };
	static const double large[6] = { 1, 2, 3, 1e300, 5, 6 };
	static const char good[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
	struct rs_npy m;

	(void)state;
	refused(good, f4, sizeof f4 - 1, "more, or less");
	refused(good, f4, sizeof f4 - 4, "more, or less");
	refused(good, f8, sizeof f4 + 4, "more, or less");
	refused(good, bad, sizeof bad, "vector 2: a number that is not finite");
	refused("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n", large, sizeof large, "vector 2");
	refused("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }\n", f4, sizeof f4, "little-endian");
	refused("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }\n", f4, sizeof f4, "little-endian");
	refused("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", f4, sizeof f4, "C order");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", f4, sizeof f4, "two dimensions");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }\n", f4, sizeof f4, "two dimensions");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }\n", f4, sizeof f4, "two dimensions");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }\n", f4, 0, "1 to 65536");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967295, 3), }\n", f4, 0, "2^32");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3), }\n", f4, 0, "two dimensions");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967294, 65536), }\n", f4, sizeof f4, "more, or less");
	refused("{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3), }\n", f4, sizeof f4, "not as NumPy");
	refused("{'descr': '<f4', 'shape': (2, 3), }\n", f4, sizeof f4, "not as NumPy");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } x\n", f4, sizeof f4, "not as NumPy");
	refused("", f4, sizeof f4, "no dict");
	for (size_t n = 0; n < 8; n++) {
		put_file(path, "\x93NUMPY\1\0", n);
		assert_int_equal(rs_npy_read(&m, path, &err), RS_EDATA);
	}
	put_file(path, "\x93NUMPY\4\0\0\0", 10);
	assert_int_equal(rs_npy_read(&m, path, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "version 4.0"));
	put_file(path, "\x93NUMPY\2\0\xff\xff\xff\x7f", 12);
	assert_int_equal(rs_npy_read(&m, path, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "header of"));
}

static void ids_name_the_rows(void **state)
{
	struct rs_vectors v;

	(void)state;
	put_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", f4, sizeof f4);
	put_file(ids, "b\na\n", 4);
	assert_int_equal(rs_vectors_read(&v, path, ids, &err), 0);
	assert_int_equal(rs_keymap_find(v.id, "a", 1), 1);
	assert_int_equal(rs_keymap_find(v.id, "b", 1), 0);
	rs_vectors_release(&v);
	put_file(ids, "b\nb\n", 4);
	assert_int_equal(rs_vectors_read(&v, path, ids, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "twice"));
	put_file(ids, "id\nb\na\n", 7);
	assert_int_equal(rs_vectors_read(&v, path, ids, &err), RS_EDATA);
	assert_non_null(strstr(err.text, "3 ids for 2 vectors"));
}

static void a_block_beside_others(void **state)
{
	struct rs_csr f = { .n_rows = 3, .n_cols = 2 };
	struct rs_npy v = { 2, 3, (float[6]){ 3, 0, 4, 0, 0, 0 } };
	static const uint32_t row[3] = { 0, RS_NONE, 1 };

	(void)state;
	f.row_ptr = rs_array0(4, sizeof *f.row_ptr, NULL);
	f.col = rs_array(2, sizeof *f.col, NULL);
	f.val = rs_array(2, sizeof *f.val, NULL);
	f.row_ptr[1] = f.row_ptr[2] = 1;
	f.row_ptr[3] = 2;
	f.col[0] = 1;
	f.col[1] = 0;
	f.val[0] = f.val[1] = 7;
	assert_int_equal(rs_item_blocks_vectors(&f, &v, row, 10, &err), 0);
	assert_int_equal(f.n_rows, 3);
	assert_int_equal(f.n_cols, 5);
	assert_int_equal(f.row_ptr[1], 3);
	assert_int_equal(f.row_ptr[2], 3);
	assert_int_equal(f.row_ptr[3], 4);
	assert_true(f.col[0] == 1 && f.col[1] == 2 && f.col[2] == 4 && f.col[3] == 0);
	assert_true(f.val[0] == 7 && f.val[1] == 6 && f.val[2] == 8 && f.val[3] == 7);
	rs_csr_release(&f);
	assert_int_equal(rs_mem_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_and_types),        cmocka_unit_test(halves),
		cmocka_unit_test(what_cannot_be_is_refused), cmocka_unit_test(ids_name_the_rows),
		cmocka_unit_test(a_block_beside_others),
	};
	int failed;

	close(mkstemp(path));
	close(mkstemp(ids));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	unlink(ids);
	return failed;
}
