// SPDX-License-Identifier: GPL-2.0-only
/* The runner behind ksft.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "klog.h"
#include "ksft.h"

static struct {
	const struct ksft_suite *suite;
	sigjmp_buf leave;
	bool failed, skipped;
	char why[256];
	unsigned int nr, nr_failed, nr_skipped;
} ksft;

static void print_diag(const char *fmt, va_list ap)
{
	char text[4096], *line, *save;

	vsnprintf(text, sizeof(text), fmt, ap);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		printf("# %s\n", line);
}

void ksft_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_diag(fmt, ap);
	va_end(ap);
}

void ksft_fail(const char *file, int line, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ksft_diag("%s:%d: %s", file, line, text);
	ksft.failed = true;
}

void ksft_leave(void)
{
	siglongjmp(ksft.leave, 1);
}

void ksft_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ksft.why, sizeof(ksft.why), fmt, ap);
	va_end(ap);
	ksft.skipped = true;
	ksft_leave();
}

bool ksft_eq(const char *file, int line, const char *expr, long long got, long long want)
{
	if (got == want)
		return true;
	ksft_fail(file, line, "%s is %lld (%#llx), expected %lld (%#llx)", expr, got, got, want,
		  want);
	return false;
}

bool ksft_str(const char *file, int line, const char *expr, const char *got, const char *want)
{
	if (!strcmp(got, want))
		return true;
	ksft_fail(file, line, "%s is \"%s\", expected \"%s\"", expr, got, want);
	return false;
}

bool ksft_has(const char *file, int line, const char *expr, const char *got, const char *want)
{
	if (strstr(got, want))
		return true;
	ksft_fail(file, line, "%s is \"%s\", expected it to contain \"%s\"", expr, got, want);
	return false;
}

void ksft_pause(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

void ksft_pass(unsigned int us)
{
	struct itimerspec t = { .it_value = { us / 1000000, us % 1000000 * 1000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t n;

	ASSERT(fd >= 0);
	ASSERT_EQ(timerfd_settime(fd, 0, &t, NULL), 0);
	EXPECT_EQ(read(fd, &n, sizeof(n)), sizeof(n));
	close(fd);
}

/* Call one function of a suite; an ASSERT in it ends the call. */
static void call(void (*fn)(void))
{
	if (fn && !sigsetjmp(ksft.leave, 0))
		fn();
}

static void run_point(const struct ksft_test *test)
{
	int log = klog_open();

	ksft.failed = false;
	ksft.skipped = false;
	call(ksft.suite->before);
	if (!ksft.failed && !ksft.skipped)
		call(test->run);
	call(ksft.suite->after);
	if (klog_check(log, stdout))
		ksft_fail("kernel log", 0, "the kernel complained, see above");

	ksft.nr++;
	ksft.nr_failed += ksft.failed;
	if (ksft.failed) {
		printf("not ok %u %s\n", ksft.nr, test->name);
	} else if (ksft.skipped) {
		ksft.nr_skipped++;
		printf("ok %u %s # SKIP %s\n", ksft.nr, test->name, ksft.why);
	} else {
		printf("ok %u %s\n", ksft.nr, test->name);
	}
}

static bool wanted(const char *name, int argc, char **argv)
{
	bool any = argc <= 1;
	int i;

	for (i = 1; i < argc; i++)
		any = any || !strcmp(name, argv[i]);
	return any;
}

static unsigned int count_wanted(const struct ksft_suite *suite, int argc, char **argv)
{
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < suite->nr; i++)
		nr += wanted(suite->tests[i].name, argc, argv);
	return nr;
}

int ksft_main(int argc, char **argv, const struct ksft_suite *suite)
{
	unsigned int nr = count_wanted(suite, argc, argv);
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft.suite = suite;
	printf("TAP version 13\n");
	call(suite->setup);
	if (ksft.failed) {
		call(suite->teardown);
		printf("Bail out! setup failed, see above\n");
		return KSFT_FAIL;
	}
	if (ksft.skipped || !nr) {
		call(suite->teardown);
		printf("1..0 # SKIP %s\n", nr ? ksft.why : "no such test point");
		return nr ? KSFT_SKIP : KSFT_FAIL;
	}
	printf("1..%u\n", nr);
	for (i = 0; i < suite->nr; i++) {
		if (wanted(suite->tests[i].name, argc, argv))
			run_point(&suite->tests[i]);
	}
	call(suite->teardown);
	if (ksft.nr_failed)
		return KSFT_FAIL;
	return ksft.nr_skipped == nr ? KSFT_SKIP : KSFT_PASS;
}
