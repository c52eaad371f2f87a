/* synth.h -- made-up datasets with a known truth, of any size.
 *
 * The world: `tastes` hidden circles of interest. A user likes each to a degree (a sharp softmax that age group and country
 * shift), an item belongs mostly to one and partly to another, popularity inside a circle follows a Zipf-Mandelbrot law,
 * rises and fades, and items appear over time. The chance that user u picks item i at time t is
 *
 *	P(i | u, t) = background * pop_i(t) + (1 - background) * sum over k of taste_uk * circle_ki(t)
 *
 * of rank tastes + 1: what a perfect recipe would find. On top of it come sessions that stay in one circle for a while,
 * items that follow one another (volumes of a series), and few repeats. Every number is a pure function of (seed, user or
 * item, step), so the bytes do not depend on threads, and user 17 has the same taste whoever else is there. */
#ifndef RS_DATA_SYNTH_H
#define RS_DATA_SYNTH_H

#include "lib/data/dataset.h"

enum rs_synth_kind {
	RS_SYNTH_SHOP,    /* event types view, cart and buy; the value is the price, null for views */
	RS_SYNTH_RATINGS, /* values 1 to 5 */
	RS_SYNTH_PLAIN    /* user, item and time only */
};

#define RS_SYNTH_TASTES_MAX 256

struct rs_synth_options {
	uint32_t n_users, n_items;
	uint64_t n_events;
	uint32_t first_user; /* number of the first user: other users of the same world */
	uint64_t seed;
	enum rs_synth_kind kind;
	uint32_t tastes;     /* 1 .. RS_SYNTH_TASTES_MAX */
	double zipf;         /* exponent of popularity */
	double background;   /* share of picks by popularity alone */
	double drift;        /* 0: popularity stands still; 1: it rises and fades fully */
	double follow;       /* chance that the next pick is the next volume of the last one */
	double repeat;       /* chance that an item already picked is picked again where it comes up */
	int64_t start_s;
	uint32_t days;
	bool context;        /* a context column, DEVICE */
	const char *user_prefix, *item_prefix; /* before the digits of an id */
};

/* The defaults: see rs-synth(1). n_users, n_items and n_events are 1000, 500 and 50000. */
void rs_synth_init(struct rs_synth_options *o);

/* The tables of the world: about 40 bytes for each item. Options are checked (RS_EUSAGE). */
struct rs_synth;
int rs_synth_open(struct rs_synth **out, const struct rs_synth_options *o, struct rs_err *err);
void rs_synth_close(struct rs_synth *s);

/* All users, items and exactly n_events different events: 12 to 18 bytes for each event, made in parallel. */
int rs_synth_dataset(struct rs_dataset **out, const struct rs_synth *s, struct rs_err *err);

/* P(i | u, t) at the end of the time span, for all items; user is a row of the dataset. score: n_items. Thread-safe. */
void rs_synth_truth(const struct rs_synth *s, uint32_t user, float *score);

#endif
