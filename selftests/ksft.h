/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that have no room yet: the harness by its old name. */
#ifndef KSFT_H
#define KSFT_H

#include "mtap.h"

#define KSFT_TEST	MTAP_TEST
#define KSFT_PASS	MTAP_PASS
#define KSFT_FAIL	MTAP_FAIL
#define KSFT_SKIP	MTAP_SKIP
#define ksft_test	mtap_test
#define ksft_suite	mtap_suite
#define ksft_main	mtap_main
#define ksft_diag	mtap_diag
#define ksft_fail	mtap_fail
#define ksft_leave	mtap_leave
#define ksft_skip	mtap_skip
#define ksft_await	mtap_await
#define ksft_pause	mtap_pause
#define ksft_pass	mtap_pass

#endif /* KSFT_H */
