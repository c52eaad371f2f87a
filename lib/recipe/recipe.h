/* recipe.h -- the interface of a recipe: from what somebody did to scores of items.
 *
 * A recipe is one file in this directory and one row in table.c. A trained state holds what was learned about items and
 * no user; the state of a user is worked out from a history at request time. Masks, top-k, explanation text,
 * evaluation and file handling are written once, elsewhere, for every recipe. */
#ifndef RS_RECIPE_RECIPE_H
#define RS_RECIPE_RECIPE_H

#include "lib/data/container.h"
#include "lib/data/events.h"
#include "lib/data/features.h"
#include "lib/data/npy.h"
#include "lib/recipe/param.h"

/* What of the attribute tables a recipe wants, by its parameters. Without a table there are no features of it. */
struct rs_wants {
	bool users;          /* features of users: of the columns for people, at training and of whoever is served */
	bool items;          /* features of items */
	bool context;        /* a feature map of the context columns of events; the recipe applies it to `data` itself */
	bool places;         /* events.place, so that it finds the types and context of events in the data */
	bool situation;      /* of context only that in which people ask counts: what is past has its part in training alone */
	bool vectors;        /* vectors of items, where they are given */
	bool text, text_only; /* of items: text columns too; them alone */
	bool cold_items;     /* items that have only a row in the item table belong to the model as well */
	uint32_t min_users, min_items; /* attribute values of fewer users (items) are left out; 0: 5 (2) */
	uint32_t max_context; /* columns of context with more values are left out; 0: no limit */
	uint32_t bins, gram, max_terms; /* see struct rs_feature_how; 0: 8, none, 2^18 */
};

struct rs_train_in {
	const struct rs_events *events;  /* users and items with an event that counts, each at least one */
	struct rs_events *spent;         /* the same where they may be given up (rs_train_spend); NULL: they stay */
	const uint32_t *user, *item;     /* user u and item i of events are user[u] and item[i] of data */
	uint32_t n_warm;                 /* items with an event, where it wants others too; 0: all have one */
	const struct rs_dataset *data;   /* attribute tables, keys; events in it are not yet chosen: use `events` */
	uint64_t seed;
	/* Attributes as features, where wanted; n = 0 and empty rows where there are none. Rows: users and items of events. */
	const struct rs_features *user_features, *item_features, *context_features;
	const struct rs_csr *user_profile, *item_profile;
	/* Vectors of items that were given: row item_vector[i] of vectors is that of item i, RS_NONE: it has none. NULL:
	 * none. */
	const struct rs_npy *vectors;
	const uint32_t *item_vector;
};

/* For a recipe that has taken over what it needs of the events: their room is its own from here on. */
static inline void rs_train_spend(const struct rs_train_in *in)
{
	if (in->spent != NULL)
		rs_events_release(in->spent);
}

/* People to be served: what they did, and what is known of them beside it. Row u of each part is person u. */
struct rs_people {
	const struct rs_events *events; /* in the items of the model */
	const struct rs_csr *profile;   /* their features, as wants().users had them learned; NULL: the model has none */
	const struct rs_dataset *data;  /* where events->place points; NULL: not wanted */
	const struct rs_features *context_features; /* the model's; as data */
};

/* Pairs to be judged, n of them: a row of the people, and an item of the model or RS_NONE (one that it does not know). */
struct rs_pairs {
	size_t n;
	const uint32_t *who, *item;
	const struct rs_csr *context; /* features of situations, as wants().context had them learned; NULL: none */
	const uint64_t *row;          /* n: the row of the context that pair k has; NULL: k */
};

/* What predict answers. */
enum rs_answer {
	RS_ANSWER_RATING,     /* the value that the event will have, within the range of the training's */
	RS_ANSWER_PROBABILITY /* how probable the event is, 0 .. 1 */
};

/* Scores of a batch of users over a range of items. The numbers for one user never depend on who else is in the
 * batch, on the range, or on the thread: the order of additions for each score is fixed. */
struct rs_recipe {
	const char *name;
	const char *const *aliases; /* NULL-ended; may be NULL */
	const char *summary;        /* one line */
	const struct rs_param *params; /* ended by a row without a name */
	unsigned needs;             /* RS_NEED_* beyond keys, items and the choice's own */
	bool negative_weights;      /* events may say that a person does not want an item */
	bool no_times;              /* training asks for neither times nor values of events: they are given up before */
	bool for_everybody;         /* the scores are the same for all: those of whom nothing is known get them too */

	/* Which attributes it learns from. May be NULL: none. w is all zero before. */
	void (*wants)(const struct rs_param_values *p, struct rs_wants *w);

	/* What d lacks for these parameters, as far as its columns tell, before any work is done: RS_EDATA, RS_EUSAGE. May be
	 * NULL. */
	int (*check)(const struct rs_param_values *p, const struct rs_dataset *d, struct rs_err *err);

	/* Replaces each "auto" by what it means for the data, before train. May be NULL. */
	void (*resolve)(struct rs_param_values *p, const struct rs_train_in *in);

	/* Trains. *state belongs to the caller (free). RS_EDATA where the data cannot serve, RS_ENOMEM where the
	 * estimate is over --memory (before the work). */
	int (*train)(void **state, const struct rs_train_in *in, const struct rs_param_values *p, struct rs_err *err);
	void (*free)(void *state);

	/* Chunks to and from a model file; kinds are the recipe's own, see rs-model(5). n_items is the length of the
	 * model's item list; load checks every size, index and number (finite) so that scoring needs no checks. Large
	 * arrays may stay mapped in r, which outlives the state; verification may then be lazy (touch in score). */
	int (*save)(const void *state, struct rs_writer *w, struct rs_err *err);
	int (*load)(void **state, struct rs_reader *r, uint32_t n_items, const struct rs_param_values *p,
	            struct rs_err *err);

	/* Works out the state of people from what is known of them (fold-in). *query belongs to the caller. */
	int (*query)(const void *state, const struct rs_people *who, void **query, struct rs_err *err);
	void (*query_free)(void *query);

	/* scores[u * ld + (i - lo)] for the users u of the query and the items lo <= i < hi. Called from one thread per
	 * query. -INFINITY: not to be recommended. A score that knows nothing of the user is 0 unless the method says
	 * otherwise: such items are put in order of popularity elsewhere (rank/batch.c). tile_items: the widest hi - lo it
	 * wants; 0 means whole rows (lo = 0, hi = n_items) only. */
	uint32_t tile_items;
	int (*score)(const void *state, const void *query, uint32_t lo, uint32_t hi, float *scores, size_t ld,
	             struct rs_err *err);

	/* Turns scores of the items lo <= i < hi, which may be those of people without history, into what they are in a
	 * situation: n features of the context that people ask in, ascending, as wants().context had them learned. NULL: the
	 * recipe knows nothing of situations. */
	void (*situate)(const void *state, const uint32_t *feature, size_t n, uint32_t lo, uint32_t hi, float *scores);

	/* out[k] of pair k, which hangs on nothing but the query's person who[k], the item and the context. Called from one
	 * thread per query. NULL: the recipe ranks, and does not predict. */
	enum rs_answer answer;
	int (*predict)(const void *state, const void *query, const struct rs_pairs *pairs, float *out, struct rs_err *err);

	/* How unsure the answers of predict are, in its layout: the standard deviation of what will happen. NULL: the
	 * recipe does not tell, as where a probability says it already. */
	int (*deviation)(const void *state, const void *query, const struct rs_pairs *pairs, float *out, struct rs_err *err);

	/* What predict should have answered where an event of this value (NaN: none) and weight is what happened; NaN: it does
	 * not tell. Not NULL where predict is not. */
	float (*target)(const struct rs_param_values *p, float value, float weight);

	/* How unsure the scores are, in the layout of score, for the same people as the query was made of: the variance of
	 * each, whose unit is the square of the score's times a number that all items and people share. What exploration draws
	 * from. NULL: not known. */
	int (*variance)(const void *state, const struct rs_people *who, uint32_t lo, uint32_t hi, float *variance, size_t ld,
	                struct rs_err *err);

	/* How much each event of the one user h (n_users 1) adds to the score of item: share[e] for each event; the sum is the
	 * score less a part that no event explains (a constant, a prior). NULL: not explainable (popular). */
	int (*explain)(const void *state, const struct rs_events *h, uint32_t item, float *share, struct rs_err *err);

	/* How much each feature of the one person's profile adds to the score of item, beside the events: share[k] for the k-th
	 * of the row. NULL: attributes of people are not learned from, or not told. */
	int (*explain_profile)(const void *state, const struct rs_people *who, uint32_t item, float *share, struct rs_err *err);

	/* Scores of all items as companions of one item (n_items floats; the item itself is masked later). NULL: none. */
	int (*similar)(const void *state, uint32_t item, float *scores, struct rs_err *err);
};

/* What rs_dataset_open must read for training with it, beyond the choice's own. */
unsigned rs_recipe_needs(const struct rs_recipe *r, const struct rs_param_values *p);

/* All recipes, ended by NULL, in the order of the manual. */
extern const struct rs_recipe *const rs_recipes[];

/* By name or alias ('_' and '-' and case alike), or NULL. */
const struct rs_recipe *rs_recipe_find(const char *name);

/* The i-th of a recipe's other names, or NULL behind the last. */
const char *rs_recipe_other_name(const struct rs_recipe *r, size_t i);

/* The parameters of the recipe of that name, each at its default, or as the name means it where it stands for a point of
 * the recipe ("sims"). */
int rs_recipe_params(struct rs_param_values *p, const char *name, struct rs_err *err);

#endif
