/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory for dev, and the test device that does DMA to it (progs/kdma.bpf.c). */
#ifndef GUEST_H
#define GUEST_H

#include "dev.h"
#include "progs/kdma.h"

#define KDMA	"progs/kdma.bpf.o"
#define PROT_RW	(PROT_READ | PROT_WRITE)

/* Event 0: dma_done, 1: dma_unmap */
extern int guest_event[KDMA_MSI];

/* For a suite's setup, before and after: dev is a kdma device with bus mastering on. */
void guest_load(void);
void guest_open(void);
void guest_close(void);
/* dev is open again: interrupts and bus mastering */
void guest_reopen(void);
void guest_bus_master(bool on);

/* Anonymous memory, filled with a pattern that @seed makes; freed by guest_close(). */
__u8 *guest_alloc(size_t size, unsigned int seed);
void guest_fill(__u8 *p, size_t size, unsigned int seed);
/* The pages VFIO has pinned for us: they count as locked memory. */
unsigned int guest_pinned_pages(void);
/* 0 or negative errno; @prot is PROT_READ and PROT_WRITE. */
int guest_map(__u64 iova, void *p, size_t size, int prot);
int guest_unmap(__u64 iova, size_t size);

__u64 kdma_get(unsigned int reg);
void kdma_set(unsigned int reg, __u64 val);
/* What is to be copied or pinned next, and where to */
void kdma_prepare(__u64 iova, __u64 where, __u64 size);
/* Request @op of what kdma_start() is told; what the kfunc returned. */
int kdma_start(unsigned int op, unsigned int id, __u64 iova, __u64 where, __u64 size);
/* The same, and wait until it is over: what dma_done got; the kfunc's errno - 1000. */
int kdma_do(unsigned int op, __u64 iova, __u64 where, __u64 size);
/* The same for a window @id: what dma_done got; the kfunc's errno - 1000. */
int kdma_pin(unsigned int id, __u64 iova, __u64 size);
int kdma_unpin(unsigned int id);
bool kdma_is_pinned(unsigned int id);
/* What the program finds at @off of window @id, or negative errno; values have 32 bits. */
__s64 kdma_peek(unsigned int id, __u64 off);
int kdma_poke(unsigned int id, __u64 off, __u64 val);
/* The entry @n of the log since reset */
unsigned int kdma_id(unsigned int n);
int kdma_error(unsigned int n);
/* What else dma_done was told: bytes that are copied, the channel, MDEV_BPF_DMA_* flags */
unsigned int kdma_moved(unsigned int n);
unsigned int kdma_channel(unsigned int n);
unsigned int kdma_flags(unsigned int n);
/* Wait until dma_done was called @n times since reset */
bool kdma_await(__u64 n);

/* The device's own bytes */
void kdma_bytes_get(size_t off, void *buf, size_t size);
void kdma_bytes_set(size_t off, const void *buf, size_t size);

#endif /* GUEST_H */
