/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test programs: a table of functions, one test point each, reported as TAP 13.
 *
 * EXPECT_*() notes a failure and goes on; ASSERT_*() leaves the test point. The
 * kernel must not complain while a test point runs, or the point fails.
 */
#ifndef KSFT_H
#define KSFT_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

enum { KSFT_PASS = 0, KSFT_FAIL = 1, KSFT_SKIP = 4 };

struct ksft_test {
	const char *name;
	void (*run)(void);
};

#define KSFT_TEST(fn)	{ #fn, fn }

/**
 * struct ksft_suite - what a test program consists of
 * @tests: the test points
 * @nr: how many
 * @setup: called once, before all
 * @before: called before each test point
 * @after: called after each test point, however far @before and the point got
 * @teardown: called once, after all
 */
struct ksft_suite {
	const struct ksft_test *tests;
	size_t nr;
	void (*setup)(void);
	void (*before)(void);
	void (*after)(void);
	void (*teardown)(void);
};

/* Run all test points, or those that the arguments name; returns the exit status. */
int ksft_main(int argc, char **argv, const struct ksft_suite *suite);

__printf(1, 2) void ksft_diag(const char *fmt, ...);
__printf(3, 4) void ksft_fail(const char *file, int line, const char *fmt, ...);
/* Leave the test point as it stands: failed if anything failed, else skipped. */
__noreturn void ksft_leave(void);
__printf(1, 2) __noreturn void ksft_skip(const char *fmt, ...);

bool ksft_eq(const char *file, int line, const char *expr, long long got, long long want);
bool ksft_str(const char *file, int line, const char *expr, const char *got, const char *want);
bool ksft_has(const char *file, int line, const char *expr, const char *got, const char *want);

#define ksft_true(cond) \
	((cond) || (ksft_fail(__FILE__, __LINE__, "not true: %s", #cond), false))
#define ksft_or_leave(ok)	((ok) ? (void)0 : ksft_leave())

#define EXPECT(cond)		((void)ksft_true(cond))
#define EXPECT_EQ(got, want)	((void)ksft_eq(__FILE__, __LINE__, #got, got, want))
#define EXPECT_STR(got, want)	((void)ksft_str(__FILE__, __LINE__, #got, got, want))
#define EXPECT_HAS(got, want)	((void)ksft_has(__FILE__, __LINE__, #got, got, want))

/* For what the kernel does in its own time: true as soon as it is done. */
#define ksft_await(cond) ({						\
	unsigned int tries_ = 0;					\
	bool ok_;							\
									\
	while (!(ok_ = (cond)) && tries_++ < 10000)			\
		ksft_pause();						\
	ok_;								\
})
void ksft_pause(void);
/* Time passes, for the system if not for a device: a timer that is started here goes off. */
void ksft_pass(unsigned int us);

#define ASSERT(cond)		ksft_or_leave(ksft_true(cond))
#define ASSERT_EQ(got, want)	ksft_or_leave(ksft_eq(__FILE__, __LINE__, #got, got, want))
#define ASSERT_STR(got, want)	ksft_or_leave(ksft_str(__FILE__, __LINE__, #got, got, want))

#endif /* KSFT_H */
