/* SPDX-License-Identifier: GPL-2.0-only */
/* What most tests need: a program, one device of it, and that device opened. */
#ifndef DEV_H
#define DEV_H

#include <errno.h>

#include "mtap.h"
#include "mdev.h"
#include "prog.h"
#include "progs/kdev.h"
#include "vfio.h"

#define KDEV	"progs/kdev.bpf.o"
#define MTTY	"mtty.bpf.o"

/* @dev_prog stays for the suite, @dev_prog2 goes with the test point. */
extern struct prog dev_prog, dev_prog2;
extern struct mdev dev_mdev;
extern struct vfio dev;

/* For a suite's setup: skips if mdev_bpf is not loaded. */
void dev_need_module(void);
/* These fail the test point, or the suite's setup, if they cannot do it. */
void dev_load(const char *object);
void dev_open(const char *type);
/*
 * Let ops take @ms milliseconds, at most 10000, until dev_close(): for one that waits for the test,
 * or for another task, which may be slow.
 */
void dev_op_limit(unsigned int ms);
/* Safe to call whatever has been opened or loaded so far. */
void dev_close(void);
void dev_unload(void);
void dev_close_unload(void);

/* One access to dev; a failing one fails the test point. */
__u64 dev_get(unsigned int region, __u64 off, unsigned int size);
void dev_set(unsigned int region, __u64 off, unsigned int size, __u64 val);
/* A register of the test device's control block */
__u32 dev_ctl(unsigned int reg);
void dev_ctl_set(unsigned int reg, __u32 val);
/* The device's dump, as far as it fits into 8 KiB */
const char *dev_dump(void);
/* How often an op of the test device's program ran, KDEV_INIT and so on */
__u64 dev_count(struct prog *p, int what);

#endif /* DEV_H */
