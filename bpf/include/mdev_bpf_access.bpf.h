/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How to index arrays, and how to access what others may change at the same time.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_ACCESS_BPF_H
#define __MDEV_BPF_ACCESS_BPF_H

/*
 * Barriers between accesses to memory that others use at the same time: MEMORY regions, and windows
 * of guest memory. mdev_bpf_mb() orders all accesses before it and all after it. _wmb() orders
 * writes, _rmb() orders reads. BPF has no weaker barrier for processors than an atomic exchange.
 */
static __always_inline void mdev_bpf_mb(void)
{
	__u64 word = 0;

	asm volatile("" : : "r"(&word) : "memory");
	(void)__sync_lock_test_and_set(&word, 1);
	asm volatile("" : : "r"(&word) : "memory");
}

#define mdev_bpf_wmb()	mdev_bpf_mb()
#define mdev_bpf_rmb()	mdev_bpf_mb()

#endif /* __MDEV_BPF_ACCESS_BPF_H */
