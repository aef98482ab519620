/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mdev-bpf test: what any device lives through. A test point is a function that returns 0,
 * TEST_SKIPPED, or -1, after p_err() or test_skip() with a sentence.
 */
#ifndef USER_TEST_H
#define USER_TEST_H

#include <linux/vfio.h>

#include "cmd.h"
#include "kernel.h"
#include "object.h"
#include "sysfs.h"
#include "vfio.h"

#define TEST_SKIPPED	1
#define TEST_LIMIT	20	/* seconds that a test point waits for what must happen */

/* The program: twice, so that it can be replaced by itself */
struct test {
	const struct opts *opts;
	struct kernel kernel;
	struct object object[2];
	unsigned int current;	/* which of them is attached */
	int link;		/* -1: it is detached */
	char name[MDEV_BPF_NAME_LEN];
	char own_name[MDEV_BPF_NAME_LEN];	/* as the object says, for messages */
	__u64 seed;
	unsigned int accesses;
};

/* One device */
struct unit {
	struct device dev;
	struct vfio vfio;
	void *memory;		/* which it reaches by DMA */
	bool exists, open;
};

/* A type of the program, with the devices of the test points */
struct subject {
	struct test *test;
	struct type type;
	struct unit a, b;	/* b may not exist: some types have one device only */
	struct vfio_device_info info;
	struct vfio_region_info region[MDEV_BPF_MAX_REGIONS];
	struct mdev_bpf_region decl[MDEV_BPF_MAX_REGIONS];	/* as the program declares them */
	bool saves;		/* its state can be saved */
};

/* unit.c: each prints why it fails, and returns -1. */
int unit_create(struct subject *s, struct unit *u);
int unit_open(struct subject *s, struct unit *u);
int unit_reset(const struct unit *u);
/* Has the device failed? Then p_err(), with @when. */
int unit_check(const struct unit *u, const char *when);
void unit_close(struct unit *u);
void unit_remove(struct unit *u);
/* Read what the device says of itself, and what the program declares for it. */
int subject_learn(struct subject *s);
bool subject_has_irq(const struct subject *s, __u32 index, struct vfio_irq_info *info);

/* An access: the number of bytes, or a negative errno; the name of a region */
int unit_read(const struct subject *s, const struct unit *u, unsigned int region, __u64 offset,
	      void *buf, size_t size);
int unit_write(const struct subject *s, const struct unit *u, unsigned int region, __u64 offset,
	       const void *buf, size_t size);
const char *subject_region(const struct subject *s, unsigned int region);

/* program.c: attach, replace and detach the program; -1 after a message. */
int program_load(struct test *t, const char *path);
int program_attach(struct test *t);
int program_replace(struct test *t);
int program_detach(struct test *t);
void program_unload(struct test *t);

/* report.c */
int test_skip(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));
void report_begin(unsigned int points, const char *note);
void report_point(const char *type, const char *point, int result, const char *text);
int report_end(void);

/* kmsg.c: the kernel log from now on, -1 if it cannot be read; the first complaint in it since */
int kmsg_open(void);
bool kmsg_complaint(int fd, char *buf, size_t size);

/* interrupts.c, life.c, ... */
int point_bounds(struct subject *s);
int point_interrupts(struct subject *s);
int point_accesses(struct subject *s);
int point_reset(struct subject *s);
int point_flr(struct subject *s);
int point_migrated(struct subject *s);
int point_replaced(struct subject *s);
int point_detached(struct subject *s);
int point_reopened(struct subject *s);
int point_removed(struct subject *s);

#endif
