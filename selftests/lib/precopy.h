/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that travels while the device runs: a device of progs/kpre.bpf.c is read step by step, and
 * what it says is counted, and given to another.
 */
#ifndef PRECOPY_H
#define PRECOPY_H

#include "pair.h"
#include "progs/kpre.h"

#define PAGE	4096u
#define AREA	(1u << 20)	/* of KPRE_MEM, where tests write */
#define PAGES	(AREA / PAGE)
#define PIECE	(sizeof(struct mig_section) + sizeof(struct memory_head) + PAGE)

/* In front of the bytes of a section of memory */
struct memory_head {
	__u32 region, reserved;
	__u64 offset;
};

/* What was read so far */
extern char *sent;
extern size_t sent_len;
/* The file that it comes from, or -1 */
extern int precopy_fd;

/* For a suite's setup, before and after; dev_unload() is its teardown */
void precopy_load(void);
void precopy_before(void);
void precopy_after(void);

/* A register */
void reg(struct vfio *v, unsigned int off, __u64 val);
/* The first word of a page of KPRE_MEM of a; of any region of b */
void put(unsigned int page, __u64 val);
__s64 get_b(unsigned int region, unsigned int page);
/* Have a's program write: KPRE_WRITE or KPRE_POKE */
void program(unsigned int how, __u64 where, __u64 val);

/* A mapping, and the first word of a page in it */
__u64 *map(struct vfio *v, unsigned int region, size_t size, int prot);
__u64 look(const __u64 *mapping, unsigned int page);
void store(__u64 *mapping, unsigned int page, __u64 val);
/* Guest memory at KPRE_IOVA: @p, or a new page; and bus mastering */
__u64 *guest_page(struct vfio *v, void *p);

/* Begin a session. */
void begin(void);
/* Read what there is. Return: -ENOMSG, 0 at the end. */
int read_all(void);
/*
 * Read what there is after begin() and the first pass; what there is then; what there is when the
 * device has stopped. Return: sections of memory; @pos says from where on.
 */
unsigned int first(size_t *pos);
unsigned int again(size_t *pos);
unsigned int rest(size_t *pos);

/* Sections of memory from @pos on: the next one, all, those with a page */
struct memory_head *next_memory(size_t *pos);
unsigned int pages_from(size_t pos);
unsigned int count(size_t pos, unsigned int region, unsigned int page);

/* VFIO_MIG_GET_PRECOPY_INFO */
void expect_info(__u64 initial, __u64 dirty);
/* Give all that was read to b, which is stopped then and must have what a has. */
void arrive(void);

#endif /* PRECOPY_H */
