/* SPDX-License-Identifier: GPL-2.0-only */
/* Two devices of a type: the state of a, which is dev, is saved, and loaded into b. */
#ifndef PAIR_H
#define PAIR_H

#include "dev.h"
#include "mig.h"
#include "progs/kmig.h"

#define CONFIG	VFIO_PCI_CONFIG_REGION_INDEX
#define S(name)	VFIO_DEVICE_STATE_##name

extern struct vfio *const a;
extern struct vfio b;
extern struct mdev mdev_b;
/* What save() has read, @len bytes, and room for a copy that a test changes */
extern char stream[2 << 20], copy[2 << 20];
extern ssize_t len;
/* For interrupts */
extern int event[KMIG_MSI];

/* Open both, and close them. */
void pair_open(const char *type);
void pair_close(void);

/* Set a parameter of both, which are closed for that. */
void pair_set(const char *name, const char *value);
/* Have another user open dev, who finds it as the first one has left it. */
void pair_reopen(void);

/* For a suite's before and after: the program "kmig" (progs/kmig.bpf.c), both devices, events */
void kmig_before(void);
void kmig_after(void);
/*
 * Another program of the same name instead, and new devices: the struct_ops map, the version of
 * its state if that is another one, and what it has more of.
 */
void kmig_reload(const char *map, unsigned int version, unsigned int more_state);

/* Registers of BAR 0 */
__u32 rd(struct vfio *v, unsigned int reg);
void wr(struct vfio *v, unsigned int reg, __u32 val);

/* Stop a and read its state; have a device run. */
void save(void);
void go(struct vfio *v);

/* Something in each part of a kmig device, and whether that is in it */
void fill(struct vfio *v);
void expect_filled(struct vfio *v);

#endif /* PAIR_H */
