/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How to index arrays, and how to access what others may change at the same time.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_ACCESS_BPF_H
#define __MDEV_BPF_ACCESS_BPF_H

/**
 * mdev_bpf_at() - find an element of an array, by an index that may be out of range
 * @array: the array itself, such as a member of the state
 * @n: the index, any number
 *
 * The verifier must see that an index is checked, but clang leaves checks out, and computes
 * addresses before them. This hides the index from clang around the check.
 *
 * Return: a pointer to the element; NULL if the array has none with this index.
 */
#define mdev_bpf_at(array, n)							\
({										\
	_Static_assert(!__builtin_types_compatible_p(__typeof__(array),		\
						     __typeof__(&(array)[0])),	\
		       "mdev_bpf_at() needs an array, not a pointer");		\
	__typeof__(&(array)[0]) ___at = NULL;					\
	__u64 ___n = (n);							\
										\
	barrier_var(___n);							\
	if (___n < sizeof(array) / sizeof((array)[0])) {			\
		barrier_var(___n);						\
		___at = &(array)[___n];						\
	}									\
	___at;									\
})

/*
 * Accesses to what others may change at the same time. Each is made once, as it is written, and in
 * one piece if it is aligned and has 1, 2, 4 or 8 bytes. It orders nothing; the barriers below do.
 */
#ifndef READ_ONCE
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#endif
#ifndef WRITE_ONCE
#define WRITE_ONCE(x, val)	(*(volatile __typeof__(x) *)&(x) = (val))
#endif

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
