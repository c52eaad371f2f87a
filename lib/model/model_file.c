/* model_file.c -- a model to a file and back. Chunks: rs-model(5). */
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/data/json.h"
#include "lib/data/keyfile.h"
#include "lib/data/provenance.h"
#include "lib/model/model.h"
#include "lib/recipe/stored.h"

#include <math.h>
#include <string.h>

#define CHUNK_HEADER RS_KIND('M', 'O', 'D', 'L')
#define CHUNK_ITEM_KEY RS_KIND('I', 'K', 'E', 'Y')
#define CHUNK_ITEM_USERS RS_KIND('I', 'U', 'S', 'R')
#define CHUNK_ITEM_OBJECTIVE RS_KIND('I', 'O', 'B', 'J')
#define CHUNK_ITEM_PRIOR RS_KIND('I', 'P', 'R', 'I')

#define HEADER_MAX (1u << 20) /* bytes */

static int header_json(json_t **out, const struct rs_model *m, struct rs_err *err)
{
	json_t *params = json_object(), *choice = json_object();
	char digest[2 * sizeof m->data_digest + 1] = { 0 };
	int rc;

	rs_put_hex(digest, m->data_digest, sizeof m->data_digest);
	if ((rc = rs_params_to_json(&m->params, params, err)) < 0 || (rc = rs_choice_to_json(&m->choice, choice, err)) < 0) {
		json_decref(params);
		json_decref(choice);
		return rc;
	}
	*out = json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:s}", "recipe", m->recipe->name, "parameters", params, "choice",
	                 choice, "items", (json_int_t)m->item_key.n, "users", (json_int_t)m->n_users, "events",
	                 (json_int_t)m->n_events, "seed", (json_int_t)m->seed, "data_digest", digest);
	if (*out == NULL)
		return rs_fail(err, RS_ENOMEM, "out of memory");
	if (m->newest_s != INT64_MIN)
		json_object_set_new(*out, "newest", json_integer(m->newest_s));
	return 0;
}

int rs_model_write(const struct rs_model *m, const char *path, struct rs_err *err)
{
	struct rs_writer *w;
	json_t *header = NULL;
	struct rs_buf text = RS_BUF_INIT;
	uint32_t n = m->item_key.n;
	int rc;

	if ((rc = header_json(&header, m, err)) < 0)
		return rc;
	rc = rs_json_print(header, &text, err);
	json_decref(header);
	if (rc < 0 || (rc = rs_writer_open(&w, path, RS_FILE_MODEL, err)) < 0) {
		rs_buf_release(&text);
		return rc;
	}
	rc = rs_writer_chunk(w, CHUNK_HEADER, 0, RS_PACK_BYTES, 1, text.p, text.n, err);
	rs_buf_release(&text);
	if (rc < 0 || (rc = rs_keys_write(w, CHUNK_ITEM_KEY, 0, &m->item_key, err)) < 0 ||
	    (rc = rs_writer_chunk(w, CHUNK_ITEM_USERS, 0, RS_PACK_UINT, 4, m->item_users, n, err)) < 0 ||
	    (rc = rs_stored_put_floats(w, CHUNK_ITEM_PRIOR, 0, RS_PACK_FLOAT, m->item_prior, n, err)) < 0 ||
	    (m->item_objective != NULL &&
	     (rc = rs_stored_put_floats(w, CHUNK_ITEM_OBJECTIVE, 0, RS_PACK_FLOAT, m->item_objective, n, err)) < 0) ||
	    (rc = rs_features_save(&m->user_features, 'U', w, err)) < 0 ||
	    (rc = rs_features_save(&m->item_features, 'I', w, err)) < 0 ||
	    (rc = rs_features_save(&m->context_features, 'C', w, err)) < 0 ||
	    (rc = m->recipe->save(m->state, w, err)) < 0 || (rc = rs_prov_write(w, &m->prov, err)) < 0) {
		rs_writer_abort(w);
		return rc;
	}
	return rs_writer_commit(&w, err);
}

static int take_header(struct rs_model *m, const json_t *h, struct rs_err *err)
{
	const char *name = json_string_value(json_object_get(h, "recipe"));
	const json_t *params = json_object_get(h, "parameters"), *choice = json_object_get(h, "choice");
	const json_t *newest = json_object_get(h, "newest"), *digest = json_object_get(h, "data_digest");
	char q[RS_QUOTE_MAX];
	int rc;

	if (name == NULL || !json_is_object(params) || !json_is_object(choice))
		return rs_reader_damaged(m->reader, "the header", err);
	m->recipe = rs_recipe_find(name);
	if (m->recipe == NULL)
		return rs_fail(err, RS_EDATA, "%s: recipe %s is not known to this rs", rs_reader_name(m->reader),
		               rs_quote(q, sizeof q, name, strlen(name)));
	rs_params_init(&m->params, m->recipe->params);
	if ((rc = rs_params_from_json(&m->params, params, err)) < 0 ||
	    (rc = rs_choice_from_json(&m->choice, choice, err)) < 0) {
		rs_fail_prefix(err, "%s", rs_reader_name(m->reader));
		return rc;
	}
	m->n_users = (uint32_t)json_integer_value(json_object_get(h, "users"));
	m->n_events = (uint64_t)json_integer_value(json_object_get(h, "events"));
	m->seed = (uint64_t)json_integer_value(json_object_get(h, "seed"));
	m->newest_s = json_is_integer(newest) ? json_integer_value(newest) : INT64_MIN;
	if (json_string_length(digest) != 2 * sizeof m->data_digest ||
	    !rs_get_hex(m->data_digest, json_string_value(digest), sizeof m->data_digest))
		return rs_reader_damaged(m->reader, "the digest in the header", err);
	return 0;
}

int rs_model_header(json_t **out, struct rs_reader *r, struct rs_err *err)
{
	const struct rs_chunk *c;
	void *text;
	int rc;

	*out = NULL;
	if ((rc = rs_reader_need(r, CHUNK_HEADER, 0, 1, HEADER_MAX, &c, err)) < 0 ||
	    (rc = rs_reader_load(r, c, &text, err)) < 0)
		return rc;
	if ((rc = rs_json_parse(out, text, (size_t)c->n, err)) == RS_EDATA)
		rs_fail_prefix(err, "%s: damaged: the header", rs_reader_name(r));
	rs_free(text);
	if (rc < 0 || json_is_object(*out))
		return rc;
	json_decref(*out);
	*out = NULL;
	return rs_reader_damaged(r, "the header is no object", err);
}

static int read_header(struct rs_model *m, struct rs_err *err)
{
	json_t *h;
	int rc = rs_model_header(&h, m->reader, err);

	if (rc == 0)
		rc = take_header(m, h, err);
	json_decref(h);
	return rc;
}

static int read_objective(struct rs_model *m, struct rs_err *err)
{
	uint32_t n = m->item_key.n;
	int rc;

	if (m->choice.objective[0] == 0)
		return 0;
	if ((rc = rs_reader_load_exactly(m->reader, CHUNK_ITEM_OBJECTIVE, 0, 4, n, &m->item_objective, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n; i++)
		if (!(m->item_objective[i] >= 0 && m->item_objective[i] <= 1))
			return rs_reader_damaged(m->reader, "an objective is not within 0 and 1", err);
	return 0;
}

static int read_items(struct rs_model *m, struct rs_err *err)
{
	int rc = rs_keys_load(&m->item_key, m->reader, CHUNK_ITEM_KEY, 0, RS_IX_MAX, err);
	uint32_t n = m->item_key.n;

	if (rc < 0)
		return rc;
	if (n == 0)
		return rs_reader_damaged(m->reader, "no items", err);
	if ((rc = rs_reader_load_exactly(m->reader, CHUNK_ITEM_USERS, 0, 4, n, &m->item_users, err)) < 0 ||
	    (rc = rs_reader_load_exactly(m->reader, CHUNK_ITEM_PRIOR, 0, 4, n, &m->item_prior, err)) < 0)
		return rc;
	for (uint32_t i = 0; i < n; i++)
		if (!isfinite(m->item_prior[i]))
			return rs_reader_damaged(m->reader, "a prior is not finite", err);
	return read_objective(m, err);
}

int rs_model_open(struct rs_model **out, const char *path, struct rs_err *err)
{
	struct rs_reader *r;
	int rc;

	*out = NULL;
	if ((rc = rs_reader_open(&r, path, RS_FILE_MODEL, err)) < 0)
		return rc;
	return rs_model_take(out, r, err);
}

int rs_model_take(struct rs_model **out, struct rs_reader *r, struct rs_err *err)
{
	struct rs_model *m = rs_array0(1, sizeof *m, err);
	int rc;

	*out = NULL;
	if (m == NULL) {
		rs_reader_close(r);
		return RS_ENOMEM;
	}
	m->reader = r;
	if ((rc = rs_reader_verify_small(r, err)) < 0 || (rc = read_header(m, err)) < 0 || (rc = read_items(m, err)) < 0 ||
	    (rc = rs_features_load(&m->user_features, 'U', m->reader, err)) < 0 ||
	    (rc = rs_features_load(&m->item_features, 'I', m->reader, err)) < 0 ||
	    (rc = rs_features_load(&m->context_features, 'C', m->reader, err)) < 0 ||
	    (rc = m->recipe->load(&m->state, m->reader, m->item_key.n, &m->params, err)) < 0 ||
	    (rc = rs_prov_inherit(&m->prov, m->reader, err)) < 0) {
		rs_model_free(m);
		return rc;
	}
	*out = m;
	return 0;
}
