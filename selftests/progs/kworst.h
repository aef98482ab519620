/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What takes long, though nothing of it is a loop: global functions, which the verifier looks at
 * once, and which are counted as often as they are called.
 */
#ifndef KWORST_H
#define KWORST_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__uint(key_size, MDEV_BPF_MAX_KEY);
	__uint(value_size, 8);
} hash SEC(".maps");

__u8 key[MDEV_BPF_MAX_KEY];

__attribute__((noinline)) int look_up_100(int n)
{
	int i;

#pragma unroll
	for (i = 0; i < 100; i++)
		bpf_map_lookup_elem(&hash, key);
	return n;
}

__attribute__((noinline)) int look_up_10000(int n)
{
	int i;

#pragma unroll
	for (i = 0; i < 100; i++)
		look_up_100(n);
	return n;
}

/* 10000 look-ups with the longest key, @times a constant: about 50000 instructions each time */
static inline __attribute__((always_inline)) void look_up(int times)
{
	int i;

#pragma unroll
	for (i = 0; i < times; i++)
		look_up_10000(i);
}

#endif /* KWORST_H */
