// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loops of programs: a BPF iterator that counts, and ends early when the op has run for too long.
 * The verifier processes the body of such a loop until it finds no new states, not once for each
 * round. So the body can be large, and the number of rounds need not be known before run time. The
 * watchdog (gate/watchdog.c) measures the time.
 */
#include <linux/bpf.h>
#include <linux/btf.h>

#include "device/device.h"
#include "gate/watchdog.h"
#include "program/loop.h"

/* The content of struct bpf_iter_mdev on the program's stack, which the verifier protects. */
struct loop {
	const struct mdev_bpf_watch *watch;
	s32 round;
	s32 next;
	s32 end;
};

static_assert(sizeof(struct loop) == sizeof(struct bpf_iter_mdev));
static_assert(__alignof__(struct loop) == __alignof__(struct bpf_iter_mdev));
static_assert(sizeof(struct loop) == sizeof(struct bpf_iter_mdev_q));
static_assert(__alignof__(struct loop) == __alignof__(struct bpf_iter_mdev_q));

/* Begin a loop. The program may begin rounds even after an error. */
static int loop_new(struct loop *loop, const struct mdev_bpf_watch *watch, s32 start, s32 end)
{
	*loop = (struct loop) { .watch = watch };
	if (start > end)
		return -EINVAL;
	if ((s64)end - start > MDEV_BPF_MAX_LOOPS)
		return -E2BIG;
	loop->next = start;
	loop->end = end;
	return 0;
}

static int *loop_next(struct loop *loop)
{
	if (loop->next == loop->end || mdev_bpf_watchdog_is_over(loop->watch)) {
		loop->next = loop->end;
		return NULL;
	}
	loop->round = loop->next++;
	return &loop->round;
}

__bpf_kfunc_start_defs();

__bpf_kfunc int bpf_iter_mdev_new(struct bpf_iter_mdev *it, struct mdev_bpf_dev *dev, s32 start,
				  s32 end)
{
	return loop_new((struct loop *)it, &ctx_to_bdev(dev)->watch, start, end);
}

__bpf_kfunc int *bpf_iter_mdev_next(struct bpf_iter_mdev *it)
{
	return loop_next((struct loop *)it);
}

__bpf_kfunc void bpf_iter_mdev_destroy(struct bpf_iter_mdev *it)
{
}

__bpf_kfunc int bpf_iter_mdev_q_new(struct bpf_iter_mdev_q *it, struct mdev_bpf_queue *q, s32 start,
				    s32 end)
{
	return loop_new((struct loop *)it, &ctx_to_lane(q)->watch, start, end);
}

__bpf_kfunc int *bpf_iter_mdev_q_next(struct bpf_iter_mdev_q *it)
{
	return loop_next((struct loop *)it);
}

__bpf_kfunc void bpf_iter_mdev_q_destroy(struct bpf_iter_mdev_q *it)
{
}

__bpf_kfunc_end_defs();
