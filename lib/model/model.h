/* model.h -- a trained recipe with its item list, in memory and as a file.
 *
 * Byte layout: rs-model(5). No user stands in it (but see userknn.c): item ids, per-item counts, what the recipe learned,
 * the choice of events, the parameters. */
#ifndef RS_MODEL_MODEL_H
#define RS_MODEL_MODEL_H

#include "lib/base/keys.h"
#include "lib/recipe/recipe.h"

struct rs_model {
	const struct rs_recipe *recipe;
	void *state;
	struct rs_param_values params;
	struct rs_choice choice;
	struct rs_keys item_key;   /* items with at least one chosen event (and those of the table, if wanted), sorted */
	uint32_t *item_users;      /* distinct users per item at training: popularity, novelty */
	float *item_prior;         /* score for a person without history: early-history prior (see rs-recipes(7)) */
	uint32_t n_users;          /* users at training, a count only */
	uint64_t n_events;         /* chosen events at training */
	int64_t newest_s;          /* newest time at training; INT64_MIN: no times */
	float *item_objective;     /* 0 the least .. 1 the most of what choice.objective names; NULL: no objective */
	uint64_t seed;
	uint8_t data_digest[RS_DIGEST_BYTES]; /* of the training data: see rs-model(5) */
	struct rs_features user_features, item_features, context_features; /* empty where the recipe wants none */
	struct rs_buf prov;
	struct rs_reader *reader;  /* what the state may be mapped in; NULL after training */
};

/* The attribute columns to learn from, of those that the recipe wants: lists of names; NULL: all. */
struct rs_model_columns {
	const struct rs_spec *users, *items;
	const struct rs_vectors *vectors; /* of items, beside the columns; NULL: none */
};

/* Trains. d is only read. The items of the model are those with a chosen event; where the recipe wants cold items, those
 * with a row in the item table too. columns may be NULL. */
int rs_model_train(struct rs_model **out, const struct rs_recipe *recipe, const struct rs_param_values *params,
                   const struct rs_choice *choice, const struct rs_model_columns *columns, const struct rs_dataset *d,
                   uint64_t seed, struct rs_err *err);

/* The same, and d gives up its events once they were chosen: the room is that of training. */
int rs_model_train_spending(struct rs_model **out, const struct rs_recipe *recipe, const struct rs_param_values *params,
                            const struct rs_choice *choice, const struct rs_model_columns *columns, struct rs_dataset *d,
                            uint64_t seed, struct rs_err *err);

/* What rs_dataset_open must read of the datasets of people to be served. */
unsigned rs_model_needs(const struct rs_model *m);

int rs_model_open(struct rs_model **out, const char *path, struct rs_err *err);
/* The same from a reader, which the model takes over, also where it fails. */
int rs_model_take(struct rs_model **out, struct rs_reader *r, struct rs_err *err);

/* The header of a model file as JSON: recipe, parameters, choice, counts. json_decref(*out) is the caller's. */
int rs_model_header(json_t **out, struct rs_reader *r, struct rs_err *err);
int rs_model_write(const struct rs_model *m, const char *path, struct rs_err *err);
void rs_model_free(struct rs_model *m);

#endif
