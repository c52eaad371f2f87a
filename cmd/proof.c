/* proof.c -- the record of rs-forget. */
#include "cmd/proof.h"

#include "lib/base/jsonstr.h"
#include "lib/base/mem.h"
#include "lib/base/sha256.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <string.h>

#define READ_BYTES (1u << 20)

int rs_proof_open(struct rs_proof *p, const char *path, struct rs_err *err)
{
	return path == NULL ? 0 : rs_out_open(&p->out, path, err);
}

int rs_proof_commit(struct rs_proof *p, struct rs_err *err)
{
	return p->out == NULL ? 0 : rs_out_commit(&p->out, err);
}

void rs_proof_release(struct rs_proof *p)
{
	rs_out_abort(p->out);
	rs_buf_release(&p->before);
	p->out = NULL;
}

/* ---- digests ---- */

static int put_digest(struct rs_buf *b, struct rs_sha256 *s, struct rs_err *err)
{
	uint8_t hash[RS_SHA256_BYTES];
	char hex[2 * RS_SHA256_BYTES];

	rs_sha256_end(s, hash);
	rs_put_hex(hex, hash, sizeof hash);
	return rs_buf_addf(b, err, "\"%.*s\"", (int)sizeof hex, hex);
}

/* The digest that sha256sum prints for the file. */
static int put_file_digest(struct rs_buf *b, const char *path, struct rs_err *err)
{
	char *bytes = rs_array(READ_BYTES, 1, err);
	struct rs_in *in = NULL;
	struct rs_sha256 s;
	size_t n = READ_BYTES;
	int rc;

	if (bytes == NULL)
		return RS_ENOMEM;
	rs_sha256_begin(&s);
	rc = rs_in_open(&in, path, err);
	while (rc == 0 && n == READ_BYTES)
		if ((rc = rs_in_read(in, bytes, READ_BYTES, &n, err)) == 0)
			rs_sha256_add(&s, bytes, n);
	if (rc == 0)
		rc = put_digest(b, &s, err);
	rs_in_close(in);
	rs_free(bytes);
	return rc;
}

/* Of the sorted ids, each with a line feed. */
static int put_list(struct rs_buf *b, const char *name, const struct rs_keys *list, struct rs_err *err)
{
	struct rs_sha256 s;
	int rc;

	if (list->n == 0)
		return 0;
	rs_sha256_begin(&s);
	for (uint32_t i = 0; i < list->n; i++) {
		size_t n;
		const char *id = rs_keys_get(list, i, &n);

		rs_sha256_add(&s, id, n);
		rs_sha256_add(&s, "\n", 1);
	}
	if ((rc = rs_buf_addf(b, err, ",\"%s\":{\"ids\":%u,\"sha256\":", name, list->n)) < 0 ||
	    (rc = put_digest(b, &s, err)) < 0)
		return rc;
	return rs_buf_addc(b, '}', err);
}

/* ---- lines ---- */

/* A name that is not UTF-8 is shown with escapes. */
static int put_name(struct rs_buf *b, const char *name, struct rs_err *err)
{
	char q[RS_QUOTE_MAX];
	int rc = rs_json_string(b, name, strlen(name), err);

	if (rc != RS_EDATA)
		return rc;
	rs_quote(q, sizeof q, name, strlen(name));
	return rs_json_string(b, q, strlen(q), err);
}

int rs_proof_before(struct rs_proof *p, const char *const *path, size_t n, struct rs_err *err)
{
	struct rs_buf *b = &p->before;
	int rc = 0;

	b->n = 0;
	if (p->out == NULL)
		return 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (strcmp(path[i], "-") == 0)
			return rs_fail(err, RS_EUSAGE, "--proof needs the datasets as files, not from stdin");
		if ((rc = rs_buf_adds(b, i == 0 ? "[{\"file\":" : ",{\"file\":", err)) == 0 &&
		    (rc = put_name(b, path[i], err)) == 0 && (rc = rs_buf_adds(b, ",\"sha256\":", err)) == 0 &&
		    (rc = put_file_digest(b, path[i], err)) == 0)
			rc = rs_buf_addc(b, '}', err);
	}
	return rc < 0 ? rc : rs_buf_addc(b, ']', err);
}

static int put_mentions(struct rs_buf *b, const struct rs_search *s, struct rs_err *err)
{
	int rc = rs_buf_adds(b, ",\"mentions\":[", err);

	for (size_t i = 0; i < s->n_mentions && rc == 0; i++) {
		const struct rs_mention *m = &s->mention[i];

		if ((rc = rs_buf_addf(b, err, "%s{\"table\":\"%s\",\"column\":", i == 0 ? "" : ",", m->table)) == 0 &&
		    (rc = put_name(b, m->column, err)) == 0)
			rc = rs_buf_addf(b, err, ",\"n\":%" PRIu64 "}", m->n);
	}
	return rc < 0 ? rc : rs_buf_addc(b, ']', err);
}

static int put_line(struct rs_buf *b, const struct rs_proof *p, const char *path, const struct rs_forget *f,
                    const struct rs_forgotten *n, const struct rs_search *s, struct rs_err *err)
{
	int rc;

	if ((rc = rs_buf_adds(b, "{\"file\":", err)) < 0 || (rc = put_name(b, path, err)) < 0 ||
	    (rc = rs_buf_adds(b, ",\"before\":", err)) < 0 || (rc = rs_buf_add(b, p->before.p, p->before.n, err)) < 0 ||
	    (rc = rs_buf_adds(b, ",\"sha256\":", err)) < 0 || (rc = put_file_digest(b, path, err)) < 0 ||
	    (rc = rs_buf_adds(b, ",\"asked\":{\"what\":\"ids, sorted, one a line\"", err)) < 0 ||
	    (rc = put_list(b, "users", &f->user, err)) < 0 || (rc = put_list(b, "items", &f->item, err)) < 0 ||
	    (rc = put_list(b, "actions", &f->action, err)) < 0 ||
	    (rc = rs_buf_addf(b, err,
	                      "},\"forgotten\":{\"users\":%u,\"items\":%u,\"actions\":%u,\"events\":%" PRIu64
	                      ",\"action_interactions\":%" PRIu64 ",\"impressions\":%" PRIu64 ",\"steps\":%" PRIu64
	                      "},\"searched\":{\"ids\":%" PRIu64 ",\"values\":%" PRIu64 ",\"words\":%" PRIu64
	                      ",\"steps\":%" PRIu64 "},\"found\":%" PRIu64,
	                      n->users, n->items, n->actions, n->events, n->action_events, n->impressions, n->steps, s->ids,
	                      s->values, s->words, s->steps, s->found)) < 0 ||
	    (rc = put_mentions(b, s, err)) < 0)
		return rc;
	return rs_buf_adds(b, "}\n", err);
}

int rs_proof_after(struct rs_proof *p, const char *path, const struct rs_forget *f, const struct rs_forgotten *n,
                   struct rs_err *err)
{
	struct rs_buf line = RS_BUF_INIT;
	struct rs_search s = { 0 };
	struct rs_dataset *d = NULL;
	int rc;

	if (p->out == NULL)
		return 0;
	if ((rc = rs_dataset_open(&d, &path, 1, RS_NEED_ALL, err)) == 0 && (rc = rs_forget_search(&s, d, f, err)) == 0 &&
	    (rc = put_line(&line, p, path, f, n, &s, err)) == 0 && (rc = rs_out_write(p->out, line.p, line.n, err)) == 0 &&
	    s.found > 0)
		rc = rs_fail(err, RS_EINTERNAL, "%s: %" PRIu64 " forgotten ids are still there", path, s.found);
	rs_search_release(&s);
	rs_dataset_free(d);
	rs_buf_release(&line);
	return rc;
}
