/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test programs: functions that are one test point each, reported as TAP 13. This has main().
 *
 * EXPECT_*() notes a failure and goes on; ASSERT_*() leaves the test point. The
 * kernel must not complain while a test point runs, or the point fails.
 */
#ifndef MTAP_H
#define MTAP_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

enum { MTAP_PASS = 0, MTAP_FAIL = 1, MTAP_SKIP = 4 };

struct mtap_test {
	const char *name;
	void (*run)(void);
	unsigned int line;
	bool (*condition)(void);
	bool wanted;		/* @condition's result that it needs, if there is a condition */
	struct mtap_test *next;
};

/*
 * MTAP_TEST(name) { ... } is a test point, and registers it: points are run in the order in which
 * they stand in the file. _IF() and _UNLESS() have a condition, a bool function without arguments
 * that is asked before anything else is called.
 */
#define MTAP_TEST(fn)			MTAP_POINT(fn, #fn, NULL, true)
#define MTAP_TEST_IF(condition, fn)	MTAP_POINT(fn, #fn, condition, true)
#define MTAP_TEST_UNLESS(condition, fn)	MTAP_POINT(fn, #fn, condition, false)

#define MTAP_POINT(fn, name, condition, wanted)						\
static void fn(void);									\
static struct mtap_test mtap_test_##fn = {						\
	name, fn, __LINE__, condition, wanted, NULL					\
};											\
static __attribute__((constructor)) void mtap_add_##fn(void)				\
{											\
	mtap_add(&mtap_test_##fn);							\
}											\
static void fn(void)

void mtap_add(struct mtap_test *test);

/**
 * struct mtap_suite - what is done around the test points of a program
 * @setup: called once, before all
 * @before: called before each test point
 * @after: called after each test point, however far @before and the point got
 * @teardown: called once, after all
 */
struct mtap_suite {
	void (*setup)(void);
	void (*before)(void);
	void (*after)(void);
	void (*teardown)(void);
};

/*
 * Every test program has one. Its main() runs all test points, or those that the arguments name; or
 * none, if @setup skips or fails.
 */
extern const struct mtap_suite mtap_suite;

__printf(1, 2) void mtap_diag(const char *fmt, ...);
__printf(3, 4) void mtap_fail(const char *file, int line, const char *fmt, ...);
/* Leave the test point as it stands: failed if anything failed, else skipped. */
__noreturn void mtap_leave(void);
__printf(1, 2) __noreturn void mtap_skip(const char *fmt, ...);

bool mtap_eq(const char *file, int line, const char *expr, long long got, long long want);
bool mtap_str(const char *file, int line, const char *expr, const char *got, const char *want);
bool mtap_has(const char *file, int line, const char *expr, const char *got, const char *want);

#define mtap_true(cond) \
	((cond) || (mtap_fail(__FILE__, __LINE__, "not true: %s", #cond), false))
#define mtap_or_leave(ok)	((ok) ? (void)0 : mtap_leave())

#define EXPECT(cond)		((void)mtap_true(cond))
#define EXPECT_EQ(got, want)	((void)mtap_eq(__FILE__, __LINE__, #got, got, want))
#define EXPECT_STR(got, want)	((void)mtap_str(__FILE__, __LINE__, #got, got, want))
#define EXPECT_HAS(got, want)	((void)mtap_has(__FILE__, __LINE__, #got, got, want))

/* Wait for what the kernel does asynchronously: true as soon as @cond is, or false at last. */
#define mtap_await(cond) ({						\
	unsigned int tries_ = 0;					\
	bool ok_;							\
									\
	while (!(ok_ = (cond)) && tries_++ < 10000)			\
		mtap_pause();						\
	ok_;								\
})
void mtap_pause(void);
/* Nanoseconds, or seconds, that have passed since some moment, the same for all processes */
unsigned long long mtap_now_ns(void);
double mtap_now(void);
/* Wait @us microseconds, by a timer of the system. */
void mtap_wait_us(unsigned int us);

#define ASSERT(cond)		mtap_or_leave(mtap_true(cond))
#define ASSERT_EQ(got, want)	mtap_or_leave(mtap_eq(__FILE__, __LINE__, #got, got, want))
#define ASSERT_STR(got, want)	mtap_or_leave(mtap_str(__FILE__, __LINE__, #got, got, want))

#endif /* MTAP_H */
