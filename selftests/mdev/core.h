/* SPDX-License-Identifier: GPL-2.0-only */
/* The mdev core under test, and the parents of mdev_test.ko. */
#ifndef MDEV_CORE_H
#define MDEV_CORE_H

#include <errno.h>

#include "mtap.h"
#include "mdev.h"
#include "job.h"

/* The parents, and their directories */
enum { P0, P1 };
#define PARENT	"/sys/devices/virtual/mdevt/p%d"
#define TYPES	PARENT "/mdev_supported_types"
#define KNOBS	"/sys/module/mdev_test/parameters"
#define DEVICE	MDEV_DEVICES "/%s"

/* Whether this is our core, and not the one the kernel came with. */
bool core_is_ours(void);
/* Skip the test point on the kernel's own core, which does not obey the rule. */
void core_only_ours(const char *rule);

/*
 * Functions of a struct mtap_suite: with and without mdev_test.ko; and both parents registered
 * before each test point. Afterwards everything there was has to be there again, and no more.
 */
void core_load(void);
void core_unload(void);
void core_before(void);
void core_after(void);

/* A test point that leaves something behind which only unregistration removes: say so. */
void core_leaves_devices(void);
/* Nothing more or less than when the test point began? Waits for it. */
bool core_is_clean(void);

/* Knobs and counters */
void core_set(const char *knob, unsigned int val);
int core_get(const char *knob);
bool core_wait(const char *counter, int val);
/* Let the next probes or removes block, and go on. */
enum { BLOCK_NONE, BLOCK_PROBE, BLOCK_REMOVE };
#define core_block(what)	core_set("block", what)

int core_register(int parent, const char *how);
int core_unregister(int parent);

/* Types are "a" and "b". */
int core_create(int parent, const char *type, const struct mdev *m);
int core_available(int parent);
struct job *core_create_job(int parent, const char *type, const struct mdev *m);
struct job *core_remove_job(const struct mdev *m);
/* Open for writing, or negative errno */
int core_open(const char *fmt, ...) __printf(1, 2);
int core_write(int fd, const char *text);

#endif /* MDEV_CORE_H */
