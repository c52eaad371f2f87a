/* synth_world.h -- inside of rs-synth: what its parts share. */
#ifndef RS_DATA_SYNTH_WORLD_H
#define RS_DATA_SYNTH_WORLD_H

#include "lib/base/rng.h"
#include "lib/data/synth.h"

/* Streams of random numbers, see rng.h. Values are stable. */
enum {
	SYNTH_ACTIVITY = RS_RNG_SYNTH,
	SYNTH_RANK,
	SYNTH_CIRCLE,
	SYNTH_LIFE,
	SYNTH_TASTE,
	SYNTH_AGE_BIAS,
	SYNTH_COUNTRY_BIAS,
	SYNTH_PERSON,
	SYNTH_EVENTS,
	SYNTH_SESSIONS,
	SYNTH_QUALITY,
	SYNTH_PRICE,
	SYNTH_WORDS,
	SYNTH_VOCABULARY
};

#define SYNTH_STEPS 32 /* resolution of rise and fade over the time span */
#define SYNTH_AGES 6
#define SYNTH_COUNTRIES 12

/* Items of one circle (or all, in the background) with an alias table [1] over their popularity.
 *
 * [1] A. Walker, An Efficient Method for Generating Discrete Random Variables with General Distributions, TOMS 1977. */
struct synth_circle {
	uint32_t n;
	const uint32_t *item;  /* n, ascending */
	const float *weight;   /* n, sum 1 */
	const uint32_t *alias; /* n places */
	const uint32_t *limit; /* n: below it the place itself, else its alias */
	double alive;          /* sum of weight x life at the end of the time span */
};

struct rs_synth {
	struct rs_synth_options o;
	int64_t end_s;
	struct synth_circle *circle; /* tastes, then the background */
	uint32_t *member;            /* the storage of the circles */
	float *weight;
	uint32_t *alias, *limit;
	uint16_t *home, *second;     /* by item: its circles */
	int64_t *created_s;          /* by item */
	uint8_t *life;               /* n_items x SYNTH_STEPS: 255 is full popularity */
};

/* Who a user is; a pure function of the number. */
struct synth_person {
	uint32_t age, country;
	bool has_row;   /* stands in the table of users */
	double bias;    /* of ratings */
	float taste[RS_SYNTH_TASTES_MAX]; /* sum 1 */
};
void synth_person(const struct rs_synth *s, uint32_t user, struct synth_person *p);

/* The share of its full popularity that an item has at a time; 0 before it is there. */
static inline unsigned synth_life(const struct rs_synth *s, uint32_t item, int64_t t)
{
	int64_t step = (t - s->o.start_s) * SYNTH_STEPS / (s->end_s - s->o.start_s);

	if (t < s->created_s[item])
		return 0;
	return s->life[(size_t)item * SYNTH_STEPS + (size_t)(step < SYNTH_STEPS ? step : SYNTH_STEPS - 1)];
}

double synth_price(const struct rs_synth *s, uint32_t item); /* NaN: unknown */

/* Attribute tables and ids. */
int synth_keys(struct rs_keys *out, const char *prefix, uint32_t first, uint32_t n, unsigned digits, struct rs_err *err);
int synth_user_table(struct rs_table *out, const struct rs_synth *s, struct rs_err *err);
int synth_item_table(struct rs_table *out, const struct rs_synth *s, struct rs_err *err);

/* Numbers drawn one after another from one stream. */
struct synth_draws {
	uint64_t seed, row;
	uint32_t purpose, step;
	uint64_t spare;
	bool has_spare;
};

static inline uint64_t synth_u64(struct synth_draws *d)
{
	uint64_t w[2];

	if (d->has_spare) {
		d->has_spare = false;
		return d->spare;
	}
	rs_rand2(d->seed, d->purpose, d->row, d->step++, w);
	d->spare = w[1];
	d->has_spare = true;
	return w[0];
}

static inline double synth_unit(struct synth_draws *d)
{
	return (double)(synth_u64(d) >> 11) * 0x1p-53;
}

#endif
