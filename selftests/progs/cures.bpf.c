// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that the verifier refuses, and the same with the cure that Documentation/abi/large.rst
 * and refusals.rst name: "x" and "x_cured", one struct_ops map each.
 */
#include "bad.h"

char _license[] SEC("license") = "GPL";

#define TWICE(x)	((x) | (x))
#define TIMES_16(x)	TWICE(TWICE(TWICE(TWICE(x))))
#define NINE(x)		((x) | (x) | (x) | (x) | (x) | (x) | (x) | (x) | (x))

/* The verifier has to follow both ways of each branch: 64 branches in each of 144 calls */

#define BRANCH(n)								\
	do {									\
		if (word & 1ULL << (n))						\
			mdev_bpf_irq_set(dev, (n) & 1);				\
	} while (0)
#define BRANCH_8(n)								\
	do {									\
		BRANCH(n);							\
		BRANCH(n + 1);							\
		BRANCH(n + 2);							\
		BRANCH(n + 3);							\
		BRANCH(n + 4);							\
		BRANCH(n + 5);							\
		BRANCH(n + 6);							\
		BRANCH(n + 7);							\
	} while (0)
#define BRANCH_64								\
	do {									\
		BRANCH_8(0);							\
		BRANCH_8(8);							\
		BRANCH_8(16);							\
		BRANCH_8(24);							\
		BRANCH_8(32);							\
		BRANCH_8(40);							\
		BRANCH_8(48);							\
		BRANCH_8(56);							\
	} while (0)

static __noinline int look(struct mdev_bpf_dev *dev, __u64 word)
{
	BRANCH_64;
	return 0;
}

READ(complex)
{
	return NINE(TIMES_16(look(dev, a->offset)));
}

BAD_READ(complex);

int MDEV_BPF_FUNC(look_once, dev, __u64, word)
{
	BRANCH_64;
	return 0;
}

READ(complex_cured)
{
	return NINE(TIMES_16(look_once(ctx, a->offset)));
}

BAD_READ(complex_cured);

/* All that such a function can have: the device, four parameters, state, and one of its own kind */

int MDEV_BPF_FUNC(inner, dev, struct state *, s)
{
	if (s)
		s->words[1]++;
	return mdev_bpf_irq_set(dev, 1);
}

int MDEV_BPF_FUNC(outer, dev, __u64, i, __u32, x, __s32, y, bool, z)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	if (!s || i >= 64)
		return -EINVAL;
	s->words[i] += x + y + z;
	return inner(ctx, s);
}

int MDEV_BPF_FUNC(alone, dev)
{
	return mdev_bpf_irq_set(dev, 0);
}

/* What is static passes ctx on. */
static int through(unsigned long long *ctx, __u32 i)
{
	return outer(ctx, i, 40, -1, true);
}

READ(functions)
{
	struct state *s = mdev_bpf_state(dev, struct state);
	int ret = through(ctx, 2) ?: through(ctx, 2) ?: alone(ctx);

	if (!s)
		return -EIO;
	a->val = s->words[1] << 16 | s->words[2];
	return ret;
}

BAD_READ(functions);

/* An op and eight functions are nine frames, which the module refuses before the verifier does. */

#define FRAME(n, callee)							\
static __noinline int frame##n(struct mdev_bpf_dev *dev, __u32 x)		\
{										\
	return callee(dev, x) + mdev_bpf_irq_mode(dev);				\
}

static __noinline int frame8(struct mdev_bpf_dev *dev, __u32 x)
{
	return mdev_bpf_irq_set(dev, x);
}

FRAME(7, frame8)
FRAME(6, frame7)
FRAME(5, frame6)
FRAME(4, frame5)
FRAME(3, frame4)
FRAME(2, frame3)
FRAME(1, frame2)

READ(frames)
{
	return frame1(dev, a->offset);
}

BAD_READ(frames);

static __always_inline int frame1_inline(struct mdev_bpf_dev *dev, __u32 x)
{
	return frame2(dev, x) + mdev_bpf_irq_mode(dev);
}

READ(frames_cured)
{
	return frame1_inline(dev, a->offset);
}

BAD_READ(frames_cured);

/* 512 bytes are for an op and all functions that are called at the same time. */

static __noinline int stack_more(struct mdev_bpf_dev *dev, __u32 x)
{
	char text[300] = {};

	text[0] = x;
	return mdev_bpf_print(dev, text, sizeof(text));
}

READ(stack)
{
	char text[300] = {};

	text[0] = a->offset;
	return stack_more(dev, a->offset) + mdev_bpf_print(dev, text, sizeof(text));
}

BAD_READ(stack);

READ(stack_cured)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	if (!s)
		return -EIO;
	s->words[0] = a->offset;
	return stack_more(dev, a->offset) + mdev_bpf_print(dev, (char *)s->words, 300);
}

BAD_READ(stack_cured);

/* kfuncs may write what they get a pointer to, as far as the verifier knows. */

static const char greeting[] = "hello";

READ(constant)
{
	return mdev_bpf_print(dev, greeting, sizeof(greeting));
}

BAD_READ(constant);

READ(constant_cured)
{
	char text[] = "hello";

	return mdev_bpf_print(dev, text, sizeof(text));
}

BAD_READ(constant_cured);

/* Global arrays */

__u64 table[100];

READ(unbounded)
{
	a->val = table[(__u32)a->offset];
	return 0;
}

BAD_READ(unbounded);

READ(unbounded_cured)
{
	__u64 i = a->offset;

	barrier_var(i);
	if (i >= 100)
		return -EINVAL;
	a->val = table[i];
	return 0;
}

BAD_READ(unbounded_cured);

/* Sizes that kfuncs get */

READ(any_size)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	return s ? mdev_bpf_print(dev, (char *)s->words, a->size) : 0;
}

BAD_READ(any_size);

READ(any_size_cured)
{
	struct state *s = mdev_bpf_state(dev, struct state);
	__u64 size = a->size;

	barrier_var(size);
	if (!s || size > sizeof(s->words))
		return -EINVAL;
	return mdev_bpf_print(dev, (char *)s->words, size);
}

BAD_READ(any_size_cured);

/* A loop that ends when something outside of it changes */

READ(endless)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	if (!s)
		return -EIO;
	while (__sync_fetch_and_add(&s->words[0], 0) != s->words[1])
		mdev_bpf_irq_set(dev, 1);
	return 0;
}

BAD_READ(endless);

READ(endless_cured)
{
	struct state *s = mdev_bpf_state(dev, struct state);
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_for(i, dev, 0, 1000) {
		if (__sync_fetch_and_add(&s->words[0], 0) == s->words[1])
			break;
		mdev_bpf_irq_set(dev, 1);
	}
	return 0;
}

BAD_READ(endless_cured);

/* More rounds than the million instructions that the verifier follows in a plain loop */

READ(many_rounds)
{
	int i;

	for (i = 0; i < 1000000; i++)
		mdev_bpf_irq_set(dev, i & 1);
	return 0;
}

BAD_READ(many_rounds);

READ(many_rounds_cured)
{
	int i;

	mdev_bpf_for(i, dev, 0, 1000000)
		mdev_bpf_irq_set(dev, i & 1);
	return 0;
}

BAD_READ(many_rounds_cured);

/* Where an index runs along with a loop, the verifier follows each round, too. */

READ(running_index)
{
	struct state *s = mdev_bpf_state(dev, struct state);
	__u32 at = 0;
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_for(i, dev, 0, a->offset & 0xffff) {
		s->words[at] = i;
		at += 3;
		barrier_var(at);
	}
	return 0;
}

BAD_READ(running_index);

READ(running_index_cured)
{
	struct state *s = mdev_bpf_state(dev, struct state);
	int i;

	if (!s)
		return -EIO;
	s->words[63] = 0;
	mdev_bpf_for(i, dev, 0, a->offset & 0xffff) {
		__u64 at = s->words[63];

		barrier_var(at);
		if (at >= 63)
			break;
		s->words[at] = i;
		s->words[63] = at + 3;
	}
	return 0;
}

BAD_READ(running_index_cured);

/* A global function without the macro */

__noinline int global_dev(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_irq_set(dev, 1);
}

READ(global)
{
	return global_dev(dev);
}

BAD_READ(global);
