// SPDX-License-Identifier: GPL-2.0-only
/* Implements mtap.h. */
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
#include "mtap.h"

static struct {
	struct mtap_test *tests;
	sigjmp_buf leave;
	bool failed, skipped;
	char why[256];
	unsigned int nr, nr_failed, nr_skipped;
} mtap;

static void print_diag(const char *fmt, va_list ap)
{
	char text[4096], *line, *save;

	vsnprintf(text, sizeof(text), fmt, ap);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		printf("# %s\n", line);
}

void mtap_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_diag(fmt, ap);
	va_end(ap);
}

void mtap_fail(const char *file, int line, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mtap_diag("%s:%d: %s", file, line, text);
	mtap.failed = true;
}

void mtap_leave(void)
{
	siglongjmp(mtap.leave, 1);
}

void mtap_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(mtap.why, sizeof(mtap.why), fmt, ap);
	va_end(ap);
	mtap.skipped = true;
	mtap_leave();
}

bool mtap_eq(const char *file, int line, const char *expr, long long got, long long want)
{
	if (got == want)
		return true;
	mtap_fail(file, line, "%s is %lld (%#llx), expected %lld (%#llx)", expr, got, got, want,
		  want);
	return false;
}

bool mtap_str(const char *file, int line, const char *expr, const char *got, const char *want)
{
	if (!strcmp(got, want))
		return true;
	mtap_fail(file, line, "%s is \"%s\", expected \"%s\"", expr, got, want);
	return false;
}

bool mtap_has(const char *file, int line, const char *expr, const char *got, const char *want)
{
	if (strstr(got, want))
		return true;
	mtap_fail(file, line, "%s is \"%s\", expected it to contain \"%s\"", expr, got, want);
	return false;
}

unsigned long long mtap_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

double mtap_now(void)
{
	return mtap_now_ns() / 1e9;
}

void mtap_pause(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

void mtap_wait_us(unsigned int us)
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
	if (fn && !sigsetjmp(mtap.leave, 0))
		fn();
}

static void run_point(const struct mtap_test *test)
{
	int log = klog_open();

	mtap.failed = false;
	mtap.skipped = false;
	call(mtap_suite.before);
	if (!mtap.failed && !mtap.skipped)
		call(test->run);
	call(mtap_suite.after);
	if (klog_check(log, stdout))
		mtap_fail("kernel log", 0, "the kernel complained, see above");

	mtap.nr++;
	mtap.nr_failed += mtap.failed;
	if (mtap.failed) {
		printf("not ok %u %s\n", mtap.nr, test->name);
	} else if (mtap.skipped) {
		mtap.nr_skipped++;
		printf("ok %u %s # SKIP %s\n", mtap.nr, test->name, mtap.why);
	} else {
		printf("ok %u %s\n", mtap.nr, test->name);
	}
}

/* By line, since compilers do not promise an order of constructors */
void mtap_add(struct mtap_test *test)
{
	struct mtap_test **at = &mtap.tests;

	while (*at && (*at)->line < test->line)
		at = &(*at)->next;
	test->next = *at;
	*at = test;
}

static bool wanted(const struct mtap_test *test, int argc, char **argv)
{
	bool any = argc <= 1;
	int i;

	if (test->condition && test->condition() != test->wanted)
		return false;
	for (i = 1; i < argc; i++)
		any = any || !strcmp(test->name, argv[i]);
	return any;
}

/* Leave those in the list that are to run; returns their number. */
static unsigned int choose(int argc, char **argv)
{
	struct mtap_test **at = &mtap.tests;
	unsigned int nr = 0;

	while (*at) {
		if (wanted(*at, argc, argv)) {
			at = &(*at)->next;
			nr++;
		} else {
			*at = (*at)->next;
		}
	}
	return nr;
}

int main(int argc, char **argv)
{
	unsigned int nr = choose(argc, argv);
	const struct mtap_test *test;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	call(mtap_suite.setup);
	if (mtap.failed) {
		call(mtap_suite.teardown);
		printf("Bail out! setup failed, see above\n");
		return MTAP_FAIL;
	}
	if (mtap.skipped || !nr) {
		call(mtap_suite.teardown);
		printf("1..0 # SKIP %s\n", nr ? mtap.why : "no such test point");
		return nr ? MTAP_SKIP : MTAP_FAIL;
	}
	printf("1..%u\n", nr);
	for (test = mtap.tests; test; test = test->next)
		run_point(test);
	call(mtap_suite.teardown);
	if (mtap.nr_failed)
		return MTAP_FAIL;
	return mtap.nr_skipped == nr ? MTAP_SKIP : MTAP_PASS;
}
