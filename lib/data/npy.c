/* npy.c -- vectors from a file of NumPy. */
#include "lib/data/npy.h"

#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/data/idlist.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define PREFIX 8u             /* magic and version */
#define HEADER_MAX 65535u
#define CHUNK_BYTES (1u << 20)

/* What the header says. */
struct shape {
	uint32_t bytes; /* of a number */
	uint64_t n, d;
};

/* ---- the header: a dict as Python writes it ---- */

struct cursor {
	const char *p, *end;
};

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\t' || *c->p == '\r'))
		c->p++;
}

/* Whether `text` comes next, behind blanks; it is taken then. */
static bool take(struct cursor *c, const char *text)
{
	size_t n = strlen(text);

	skip_blanks(c);
	if ((size_t)(c->end - c->p) < n || memcmp(c->p, text, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool take_key(struct cursor *c, const char *name)
{
	struct cursor at = *c;
	char quoted[32];

	quoted[0] = '\'';
	memcpy(quoted + 1, name, strlen(name));
	memcpy(quoted + 1 + strlen(name), "'", 2);
	if (!take(&at, quoted) || !take(&at, ":"))
		return false;
	*c = at;
	return true;
}

static bool take_number(struct cursor *c, uint64_t *v)
{
	const char *start;

	skip_blanks(c);
	start = c->p;
	*v = 0;
	for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
		if (*v > (UINT64_MAX - 9) / 10)
			return false;
		*v = *v * 10 + (uint64_t)(*c->p - '0');
	}
	return c->p > start;
}

static int take_type(struct cursor *c, struct shape *s, struct rs_err *err)
{
	if (take(c, "'<f2'"))
		s->bytes = 2;
	else if (take(c, "'<f4'"))
		s->bytes = 4;
	else if (take(c, "'<f8'"))
		s->bytes = 8;
	else
		return rs_fail(err, RS_EDATA, "type of numbers: expected little-endian floats, '<f2', '<f4' or '<f8'");
	return 0;
}

static int take_shape(struct cursor *c, struct shape *s, struct rs_err *err)
{
	if (!take(c, "(") || !take_number(c, &s->n) || !take(c, ",") || !take_number(c, &s->d) || !take(c, ")"))
		return rs_fail(err, RS_EDATA, "expected a matrix of two dimensions");
	if (s->n >= UINT32_MAX || s->d < 1 || s->d > RS_NPY_COLUMNS_MAX)
		return rs_fail(err, RS_EDATA, "expected vectors of 1 to %d numbers, fewer than 2^32 of them",
		               RS_NPY_COLUMNS_MAX);
	return 0;
}

static int take_dict(struct cursor c, struct shape *s, struct rs_err *err)
{
	bool type = false, order = false, size = false;
	int rc = 0;

	if (!take(&c, "{"))
		return rs_fail(err, RS_EDATA, "the header is no dict");
	while (!take(&c, "}")) {
		if (!type && take_key(&c, "descr")) {
			type = true;
			rc = take_type(&c, s, err);
		} else if (!order && take_key(&c, "fortran_order")) {
			order = true;
			rc = take(&c, "False") ? 0 : rs_fail(err, RS_EDATA, "expected rows one after the other (C order)");
		} else if (!size && take_key(&c, "shape")) {
			size = true;
			rc = take_shape(&c, s, err);
		} else {
			rc = rs_fail(err, RS_EDATA, "the header is not as NumPy writes it");
		}
		if (rc < 0)
			return rc;
		if (take(&c, ","))
			continue;
		if (!take(&c, "}"))
			return rs_fail(err, RS_EDATA, "the header is not as NumPy writes it");
		break;
	}
	skip_blanks(&c);
	if (!type || !order || !size || c.p != c.end)
		return rs_fail(err, RS_EDATA, "the header is not as NumPy writes it");
	return 0;
}

static int read_exactly(struct rs_in *in, void *p, size_t n, struct rs_err *err)
{
	size_t got;
	int rc = rs_in_read(in, p, n, &got, err);

	return rc < 0 ? rc : got == n ? 0 : rs_fail(err, RS_EDATA, "ends within the header");
}

static int read_header(struct rs_in *in, struct shape *s, struct rs_err *err)
{
	unsigned char b[PREFIX + 4];
	uint32_t n;
	char *text;
	int rc;

	if ((rc = read_exactly(in, b, PREFIX, err)) < 0)
		return rc;
	if (memcmp(b, "\x93NUMPY", 6) != 0)
		return rs_fail(err, RS_EDATA, "no file of NumPy (.npy)");
	if (b[6] < 1 || b[6] > 3 || b[7] != 0)
		return rs_fail(err, RS_EDATA, "version %u.%u of .npy: expected 1.0, 2.0 or 3.0", b[6], b[7]);
	if ((rc = read_exactly(in, b + PREFIX, b[6] == 1 ? 2 : 4, err)) < 0)
		return rc;
	n = b[PREFIX] | (uint32_t)b[PREFIX + 1] << 8;
	if (b[6] > 1)
		n |= (uint32_t)b[PREFIX + 2] << 16 | (uint32_t)b[PREFIX + 3] << 24;
	if (n > HEADER_MAX)
		return rs_fail(err, RS_EDATA, "a header of %u bytes: expected at most %u", n, HEADER_MAX);
	if ((text = rs_array(n, 1, err)) == NULL)
		return RS_ENOMEM;
	if ((rc = read_exactly(in, text, n, err)) == 0)
		rc = take_dict((struct cursor){ text, text + n }, s, err);
	rs_free(text);
	return rc;
}

/* ---- the numbers ---- */

static float from_half(const unsigned char *p)
{
	unsigned h = p[0] | (unsigned)p[1] << 8, exponent = h >> 10 & 31, fraction = h & 1023;
	float v = exponent == 31 ? NAN : exponent == 0 ? ldexpf((float)fraction, -24)
	                                               : ldexpf((float)(fraction + 1024), (int)exponent - 25);

	return (h & 0x8000) != 0 ? -v : v;
}

/* NaN where it is not finite as a float. */
static float number_at(const unsigned char *p, uint32_t bytes)
{
	uint64_t bits = 0;
	uint32_t low;
	double d;
	float f;

	if (bytes == 2)
		return from_half(p);
	for (uint32_t k = bytes; k-- > 0;)
		bits = bits << 8 | p[k];
	if (bytes == 4) {
		low = (uint32_t)bits;
		memcpy(&f, &low, sizeof f);
		return isfinite(f) ? f : NAN;
	}
	memcpy(&d, &bits, sizeof d);
	return fabs(d) <= 3.4e38 ? (float)d : NAN;
}

static int read_numbers(struct rs_npy *m, struct rs_in *in, const struct shape *s, struct rs_err *err)
{
	uint64_t total = s->n * s->d, done = 0; /* below 2^48 */
	unsigned char *chunk = rs_array(CHUNK_BYTES, 1, err);
	size_t cap = 0, got = 0;
	int rc = chunk == NULL ? RS_ENOMEM : 0;

	while (rc == 0) {
		size_t n;

		if ((rc = rs_in_read(in, chunk, CHUNK_BYTES, &got, err)) < 0 || got == 0)
			break;
		n = got / s->bytes;
		if (got % s->bytes != 0 || n > total - done) {
			rc = rs_fail(err, RS_EDATA, "holds more, or less, than the %llu x %llu numbers of its header",
			             (unsigned long long)s->n, (unsigned long long)s->d);
			break;
		}
		if ((rc = rs_grow(&m->v, &cap, done + n, sizeof *m->v, err)) < 0)
			break;
		for (size_t i = 0; i < n; i++) {
			m->v[done + i] = number_at(chunk + i * s->bytes, s->bytes);
			if (isnan(m->v[done + i])) {
				rc = rs_fail(err, RS_EDATA, "vector %llu: a number that is not finite",
				             (unsigned long long)((done + i) / s->d + 1));
				break;
			}
		}
		done += n;
	}
	rs_free(chunk);
	if (rc == 0 && done != total)
		rc = rs_fail(err, RS_EDATA, "holds more, or less, than the %llu x %llu numbers of its header",
		             (unsigned long long)s->n, (unsigned long long)s->d);
	return rc;
}

void rs_npy_release(struct rs_npy *m)
{
	rs_free(m->v);
	memset(m, 0, sizeof *m);
}

int rs_npy_read(struct rs_npy *out, const char *path, struct rs_err *err)
{
	struct shape s = { 0, 0, 0 };
	struct rs_in *in;
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = rs_in_open(&in, path, err)) < 0)
		return rc;
	if ((rc = read_header(in, &s, err)) < 0 || (rc = read_numbers(out, in, &s, err)) < 0) {
		rs_npy_release(out);
		if (rc == RS_EDATA)
			rc = rs_fail_prefix(err, "%s", rs_in_name(in));
	}
	out->n = rc < 0 ? 0 : (uint32_t)s.n;
	out->d = rc < 0 ? 0 : (uint32_t)s.d;
	rs_in_close(in);
	return rc;
}

/* ---- with ids ---- */

static int number_ids(struct rs_keymap *map, const struct rs_idlist *l, const char *path, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];

	for (size_t i = 0; i < l->n; i++) {
		size_t n;
		const char *id = rs_idlist_get(l, i, &n);
		uint32_t ix;
		int rc = rs_keymap_add(map, id, n, &ix, err);

		if (rc < 0)
			return rc;
		if (ix != i)
			return rs_fail(err, RS_EDATA, "%s: id %s stands there twice", path, rs_quote(q, sizeof q, id, n));
	}
	return 0;
}

int rs_vectors_read(struct rs_vectors *out, const char *path, const char *ids_path, struct rs_err *err)
{
	struct rs_idlist l = { 0 };
	int rc;

	memset(out, 0, sizeof *out);
	if ((rc = rs_npy_read(&out->m, path, err)) < 0 || (rc = rs_idlist_read(&l, ids_path, NULL, err)) < 0)
		goto out;
	if (l.n != out->m.n)
		rc = rs_fail(err, RS_EDATA, "%s: %zu ids for %u vectors: expected one id a line and no header", ids_path, l.n,
		             out->m.n);
	else if ((rc = rs_keymap_new(&out->id, err)) == 0)
		rc = number_ids(out->id, &l, ids_path, err);
out:
	rs_idlist_release(&l);
	if (rc < 0)
		rs_vectors_release(out);
	return rc;
}

void rs_vectors_release(struct rs_vectors *v)
{
	rs_npy_release(&v->m);
	rs_keymap_free(v->id);
	v->id = NULL;
}
