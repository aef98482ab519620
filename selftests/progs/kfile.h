/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kfile.bpf.c and its tests agree on. */
#ifndef KFILE_H
#define KFILE_H

#include <linux/types.h>

/* Index of each parameter in mdev_bpf_ops::params */
enum { KFILE_DISK, KFILE_LOCAL, KFILE_NUMBER };

/* Region 9: memory */
#define KFILE_MEM	9
#define KFILE_MEM_SIZE	(1 << 20)

/* BAR0, registers of 8 bytes. The first ones are the next request. */
#define KFILE_FILE	0x00
#define KFILE_IOVA	0x08
#define KFILE_WHERE	0x10
#define KFILE_COUNT	0x18	/* bits 0 to 31: entries of the list, whose flag it sets */
#define KFILE_OFFSET	0x20
#define KFILE_CHANNEL	0x28
#define KFILE_BYTES	0x30
#define KFILE_GO	0x38	/* W: op | id << 8: make the request */
#define KFILE_RESULT	0x40	/* R: what the kfunc returned */
#define KFILE_CANCEL	0x48	/* W: mdev_bpf_request_cancel(val) */
#define KFILE_DONE	0x50	/* R: calls of dma_done */
#define KFILE_ERROR	0x58	/* R: error of the last one */
#define KFILE_ID	0x60	/* R: its id */
#define KFILE_GOT	0x68	/* R: its bytes */
#define KFILE_SIZE	0x70	/* R: mdev_bpf_file_size() of FILE */
#define KFILE_VALUE	0x78	/* R: mdev_bpf_param() of FILE */
#define KFILE_DATA	0x1000	/* the rest of BAR0: bytes in the state */
#define KFILE_DATA_SIZE	0x1000

/* Where these bytes begin in the state */
#define KFILE_STATE	128

/* Of guest memory; the test device has one id for all requests, so this is enough for it */
#define KFILE_WINDOWS	8

#endif /* KFILE_H */
