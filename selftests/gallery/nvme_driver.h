/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver for bpf/nvme: what its tests share. Page numbers are those of guest memory. */
#ifndef NVME_DRIVER_H
#define NVME_DRIVER_H

#include "../../bpf/nvme/spec.h"
#include "irqs.h"
#include "missing.h"
#include "pair.h"

#define NVME		"nvme.bpf.o"
#define QUEUES		16
#define ENTRIES		64		/* of a queue; 4096 bytes of commands */
#define IOVA		0x100000ULL	/* of page 0 */

#define SQ_PAGE(q)	(2 * (q))
#define CQ_PAGE(q)	(2 * (q) + 1)
#define SHADOW_PAGE	32		/* shadow doorbells, then event indexes */
#define LIST_PAGE	34		/* PRP lists: 512 bytes for each command id below 128 */
#define INFO_PAGE	50		/* what admin commands transfer */
#define OUT_PAGE	64
#define IN_PAGE		128
#define ABSENT_PAGE	192
#define PAGES		(ABSENT_PAGE + MISSING_PAGES)

#define DRV_FILE_SIZE	(8u << 20)
#define BLOCK		512u
#define MAX_BLOCKS	256u		/* of a transfer, by MDTS */

struct drv_queue {
	struct nvme_command *sq;
	struct nvme_completion *cq;
	unsigned int entries;	/* of the completion queue */
	unsigned int tail, head, phase, cid;
	bool sent[128];		/* by command id: has no completion so far */
};

extern __u8 *drv_mem;
extern int drv_file;
extern struct drv_queue drv_queue[QUEUES];
/* Signalled by MSI-X vectors */
extern int drv_vector[QUEUES];
/* The last completion that drv_wait() has returned the status of */
extern struct nvme_completion drv_last;

static inline void *drv_page(unsigned int page)
{
	return drv_mem + page * NVME_PAGE;
}

static inline __u64 drv_iova(unsigned int page)
{
	return IOVA + page * (__u64)NVME_PAGE;
}

/* For a suite's setup: the program */
void drv_load(void);
/* For a suite's before: a device with I/O queues 1 and 2, and a second one; drv_close() after it */
void drv_before(void);
/* The same, but nothing is set up. */
void drv_open(void);
void drv_close(void);
/* Open the first device again with a file, drv_file, of DRV_FILE_SIZE and a part of a block. */
void drv_use_file(const char *how);
/* Bind a file to the first device, which is opened again. */
void drv_bind(const char *text);
/* Have guest memory at ABSENT block whoever accesses it, until pages of OUT are brought there. */
void drv_absent(void);
void drv_bring(unsigned int page);
/* Map guest memory, enable MSI-X and bus mastering. */
void drv_plug(const struct vfio *v);
/* Enable the controller with its admin queues, or disable it. */
void drv_enable(const struct vfio *v);
void drv_disable(const struct vfio *v);
/* Create pairs of I/O queues from 1 up to @last: queue n with vector n. */
void drv_create(const struct vfio *v, unsigned int last);
/* Queue @q, with a completion queue of @entries at @page */
void drv_create_at(const struct vfio *v, unsigned int q, unsigned int entries, unsigned int page);
/* plug, enable, create */
void drv_start(const struct vfio *v, unsigned int last);

/* The next command of a queue, empty but for its id and namespace; rung later. */
struct nvme_command *drv_next(unsigned int q, unsigned int opcode);
void drv_ring(const struct vfio *v, unsigned int q);
/* Wait for the next completion of a queue and take it: its status, without a phase tag. */
int drv_wait(const struct vfio *v, unsigned int q);
/* Is there one? */
bool drv_ready(unsigned int q);
/* Both */
int drv_run(const struct vfio *v, unsigned int q);
/* An admin command without data, and one with the page INFO_PAGE: the status */
int drv_admin(unsigned int opcode, __u32 cdw10, __u32 cdw11);
int drv_info(unsigned int opcode, __u32 nsid, __u32 cdw10, __u32 cdw11);
/* Have a command transfer @size bytes at @offset in guest memory. */
void drv_prps(struct nvme_command *cmd, __u64 offset, __u32 size);
/* A command for blocks, with such a transfer; not rung */
struct nvme_command *drv_io(unsigned int q, unsigned int opcode, __u64 lba, unsigned int blocks,
			    __u64 offset);
/* The same, to the end */
int drv_do(unsigned int q, unsigned int opcode, __u64 lba, unsigned int blocks, __u64 offset);

/* Write with queue 1, and read that again. */
void drv_expect_works(const struct vfio *v);

#define OUT	(OUT_PAGE * (__u64)NVME_PAGE)
#define IN	(IN_PAGE * (__u64)NVME_PAGE)
#define ABSENT	(ABSENT_PAGE * (__u64)NVME_PAGE)

/* Status without More and Do Not Retry, and what errors of the command itself have */
#define SC(status)	((status) & 0x7ff)
#define BAD(status)	((status) | NVME_SC_DNR | NVME_SC_MORE)

#endif /* NVME_DRIVER_H */
