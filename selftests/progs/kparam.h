/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kparam.bpf.c and its tests agree on. */
#ifndef KPARAM_H
#define KPARAM_H

#include <linux/types.h>

/* Index of each parameter in mdev_bpf_ops::params */
enum {
	KPARAM_CAPACITY,	/* number from 4096 to 1 TiB */
	KPARAM_CACHE,		/* bool, preset 1 */
	KPARAM_SERIAL,		/* text of 2 to 20 bytes */
	KPARAM_HOST,		/* number, any value, may differ after a migration */
	KPARAM_QUEUES,		/* type "a": preset 1 */
	KPARAM_QUEUES_B,	/* type "b", of the same name: preset 4 */
	KPARAM_ROOM,		/* size of BAR2, and of region 9, from 8 KiB to 1 MiB */
};

#define KPARAM_CAPACITY_MIN	4096
#define KPARAM_CAPACITY_MAX	(1ULL << 40)
#define KPARAM_CAPACITY_PRESET	(1ULL << 20)
#define KPARAM_SERIAL_MAX	20

/* BAR0, registers of 8 bytes, read-only */
#define KPARAM_VALUE	0x00	/* 8 * n: mdev_bpf_param(n) */
#define KPARAM_TEXT	0x80	/* 8 * n: bytes of SERIAL, in a buffer of 32 bytes */
#define KPARAM_LENGTH	0xa0	/* what mdev_bpf_param_text() returns for it */
#define KPARAM_SHORT	0xa8	/* what it returns for a buffer of 2 bytes */
#define KPARAM_WRONG	0xb0	/* what it returns for CAPACITY, which is no text */
#define KPARAM_INIT	0xb8	/* CAPACITY, as init has seen it */
#define KPARAM_OPEN	0xc0	/* CAPACITY, as open has seen it */
#define KPARAM_SIZE	0x100

#define KPARAM_BAR	2	/* memory that can be mapped */
#define KPARAM_MEM	9	/* memory */
#define KPARAM_ROOM_MIN	8192
#define KPARAM_ROOM_MAX	(1 << 20)

#endif /* KPARAM_H */
