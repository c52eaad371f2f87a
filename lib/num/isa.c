/* isa.c -- which of the compiled sets of hot loops is used. */
#include "lib/num/isa.h"

#include "lib/num/isa_vec.h"

#include <pthread.h>
#include <string.h>

static const struct rs_kernels *available[4]; /* slowest first, ended by NULL */
static const struct rs_kernels *chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void look(void)
{
	size_t n = 0;

	available[n++] = &rs_kernels_plain;
#ifdef __x86_64__
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
	    && __builtin_cpu_supports("bmi2")) {
		available[n++] = &rs_kernels_avx2;
		if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
		    && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
		    && __builtin_cpu_supports("avx512vl"))
			available[n++] = &rs_kernels_avx512;
	}
#endif
	chosen = available[n - 1];
}

const struct rs_kernels *const *rs_isa_all(void)
{
	pthread_once(&once, look);
	return available;
}

const struct rs_kernels *rs_isa(void)
{
	pthread_once(&once, look);
	return chosen;
}

int rs_isa_set(const char *name, struct rs_err *err)
{
	const struct rs_kernels *const *all = rs_isa_all();
	size_t n = 0;

	while (all[n] != NULL)
		n++;
	if (name == NULL || *name == 0) {
		chosen = all[n - 1];
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, all[i]->name) == 0) {
			chosen = all[i];
			return 0;
		}
	return rs_fail(err, RS_EUSAGE,
	               "instruction set \"%.32s\": expected one that this processor has, at best %s", name,
	               all[n - 1]->name);
}
