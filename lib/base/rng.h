/* rng.h -- counter-based random numbers: a pure function of (seed, purpose, row, step).
 *
 * Philox4x32-10 [1] with key = seed and counter = (purpose, row, step), so that any element can be drawn by any
 * thread in any order and the answer is the same.
 *
 * [1] J. Salmon, M. Moraes, R. Dror, D. Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011. */
#ifndef RS_BASE_RNG_H
#define RS_BASE_RNG_H

#include <stdint.h>

/* What a number is for; two purposes never share a stream. Values are stable: results depend on them. */
enum rs_rng_purpose {
	RS_RNG_TEST = 0,
	RS_RNG_INIT = 1,      /* start values of factors */
	RS_RNG_SPLIT = 2,     /* rs-split */
	RS_RNG_BOOTSTRAP = 3, /* resampling of users */
	RS_RNG_RANDOM_LIST = 4, /* the random baseline */
	RS_RNG_SAMPLE = 5,    /* rs-view --sample */
	RS_RNG_EMBED = 8,     /* start of the directions of attributes */
	RS_RNG_SKETCH = 9,    /* directions of sketches of scores */
	RS_RNG_CLUSTER = 10,  /* where clusters start */
	RS_RNG_SYNTH = 16,    /* 16..63 belong to rs-synth */
	RS_RNG_GIBBS = 64,    /* draws of factors */
	RS_RNG_SHUFFLE = 65,  /* order of examples */
	RS_RNG_NEGATIVE = 66, /* sampled negatives */
	RS_RNG_VALIDATE = 67, /* the validation part of the training data */
	RS_RNG_STRAY = 68,    /* how far a person may be from what is known */
	RS_RNG_AGE = 69       /* people to learn from how popularity ages */
};

/* 128 random bits as two 64-bit words; step is below 2^32. */
void rs_rand2(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step, uint64_t out[2]);

uint64_t rs_rand_u64(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step);
double rs_rand_unit(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step); /* [0, 1), 53 bits */
double rs_rand_normal(uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step); /* mean 0, variance 1 */
/* 0 .. n-1, each equally likely to within n / 2^64; n > 0. */
uint64_t rs_rand_below(uint64_t n, uint64_t seed, uint32_t purpose, uint64_t row, uint32_t step);

#endif
