/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of registers in the state of a device. They are read without a lock, so each is read and
 * written as a whole.
 */
#ifndef __MDEV_BPF_REGISTER_VALUE_H
#define __MDEV_BPF_REGISTER_VALUE_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#include <asm/barrier.h>

/* The bits of @size bytes, 1 to 8 */
static inline u64 mdev_bpf_register_bits(u32 size)
{
	return GENMASK_ULL(size * BITS_PER_BYTE - 1, 0);
}

/* A later read, of any register, sees what was stored before this value. */
static __always_inline u64 mdev_bpf_register_load(const void *from, u32 width)
{
	switch (width) {
	case 1:
		/* Pairs with the order of stores in ops, and with mdev_bpf_register_store() */
		return smp_load_acquire((const u8 *)from);
	case 2:
		/* Pairs with the order of stores in ops, and with mdev_bpf_register_store() */
		return smp_load_acquire((const u16 *)from);
	case 4:
		/* Pairs with the order of stores in ops, and with mdev_bpf_register_store() */
		return smp_load_acquire((const u32 *)from);
	default:
		/* Pairs with the order of stores in ops, and with mdev_bpf_register_store() */
		return smp_load_acquire((const u64 *)from);
	}
}

static inline void mdev_bpf_register_store(void *to, u32 width, u64 val)
{
	switch (width) {
	case 1:
		/* Pairs with mdev_bpf_register_load() */
		smp_store_release((u8 *)to, val);
		break;
	case 2:
		/* Pairs with mdev_bpf_register_load() */
		smp_store_release((u16 *)to, val);
		break;
	case 4:
		/* Pairs with mdev_bpf_register_load() */
		smp_store_release((u32 *)to, val);
		break;
	default:
		/* Pairs with mdev_bpf_register_load() */
		smp_store_release((u64 *)to, val);
		break;
	}
}

#endif /* __MDEV_BPF_REGISTER_VALUE_H */
