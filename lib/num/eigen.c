/* eigen.c -- eigenvectors of a symmetric matrix, by LAPACK.
 *
 * OpenBLAS is loaded when the first matrix comes: it is large and starts threads as it is loaded, and a command that only
 * serves people has no use for it. */
#include "lib/num/dense.h"

#include "lib/base/mem.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#ifndef RS_LAPACK
#define RS_LAPACK "libopenblas.so.0"
#endif

/* Eigenvalues and vectors by divide and conquer; all arguments by reference. */
typedef void lapack_dsyevd(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
                           const int *lwork, int *iwork, const int *liwork, int *info);
typedef void openblas_threads(int n);

static lapack_dsyevd *dsyevd;
static char why_not[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
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
