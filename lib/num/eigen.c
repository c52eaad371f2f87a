/* eigen.c -- eigenvectors of a symmetric matrix, by LAPACK.
 *
 * OpenBLAS is loaded when the first matrix comes: it is large and starts threads as it is loaded, and a command that only
 * serves people has no use for it. */
#include "lib/num/dense.h"

#include "lib/base/mem.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREAD_BYTES ((size_t)160 << 20)

#ifndef RS_LAPACK
#define RS_LAPACK "libopenblas.so.0"
#endif

/* Eigenvalues and vectors by divide and conquer; all arguments by reference. */
typedef void lapack_dsyevd(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
                           const int *lwork, int *iwork, const int *liwork, int *info);
typedef void openblas_threads(int n);

static lapack_dsyevd *dsyevd;
static char why_not[256];
static bool no_room;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load_library(void)
{
	void *library = dlopen(RS_LAPACK, RTLD_NOW | RTLD_LOCAL), *f;
	openblas_threads *set_threads;

	if (library == NULL || (f = dlsym(library, "dsyevd_")) == NULL) {
		const char *why = dlerror();

		strncpy(why_not, why == NULL ? RS_LAPACK : why, sizeof why_not - 1);
		return;
	}
	memcpy(&dsyevd, &f, sizeof f);
	if ((f = dlsym(library, "openblas_set_num_threads")) == NULL)
		return;
	memcpy(&set_threads, &f, sizeof f);
	set_threads(1);
}

/* Whether the address space has room for the library and the 128 MiB that each of its threads takes: where one does not get
 * them it asks for ever. */
static bool has_room(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	size_t bytes = (size_t)(n > 0 ? n + 1 : 2) * THREAD_BYTES;
	void *p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, bytes);
	return true;
}

static void load(void)
{
	if (has_room())
		load_library();
	else
		no_room = true;
}

int rs_eigen(double *a, double *value, size_t d, struct rs_err *err)
{
	int n, n_work, n_iwork, info = 0, rc = RS_ENOMEM;
	double *work;
	int *iwork;

	if (d > RS_EIGEN_MAX)
		return rs_fail(err, RS_EDATA, "eigenvectors of %zu dimensions: expected at most %d", d, RS_EIGEN_MAX);
	n = (int)d;
	n_work = 1 + 6 * n + 2 * n * n;
	n_iwork = 3 + 5 * n;
	work = rs_array((size_t)n_work, sizeof *work, err);
	iwork = rs_array((size_t)n_iwork, sizeof *iwork, err);
	if (work == NULL || iwork == NULL)
		goto out;
	for (size_t i = 0; i < d * d; i++) {
		if (!isfinite(a[i])) {
			rc = rs_fail(err, RS_EDATA,
			             "numbers grew out of range: more regularization may help");
			goto out;
		}
	}
	pthread_once(&once, load);
	if (no_room) {
		rc = rs_fail(err, RS_ENOMEM, "out of memory: there is no room to load LAPACK");
		goto out;
	}
	if (dsyevd == NULL) {
		rc = rs_fail(err, RS_EINTERNAL, "LAPACK is not there: %s: Debian has it in the package libopenblas0",
		             why_not);
		goto out;
	}
	dsyevd("V", "U", &n, a, &n, value, work, &n_work, iwork, &n_iwork, &info);
	rc = info == 0 ? 0 : rs_fail(err, RS_EINTERNAL, "eigenvalues of %zu dimensions were not found", d);
out:
	rs_free(work);
	rs_free(iwork);
	return rc;
}
