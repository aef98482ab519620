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
	struct mdev_bpf_device *bdev;
	s32 round;
	s32 next;
	s32 end;
};

static_assert(sizeof(struct loop) == sizeof(struct bpf_iter_mdev));
static_assert(__alignof__(struct loop) == __alignof__(struct bpf_iter_mdev));

__bpf_kfunc_start_defs();

__bpf_kfunc int bpf_iter_mdev_new(struct bpf_iter_mdev *it, struct mdev_bpf_dev *dev, s32 start,
				  s32 end)
{
	struct loop *loop = (struct loop *)it;

	/* The program may call bpf_iter_mdev_next() even after an error */
	*loop = (struct loop) { .bdev = ctx_to_bdev(dev) };
	if (start > end)
		return -EINVAL;
	if ((s64)end - start > MDEV_BPF_MAX_LOOPS)
		return -E2BIG;
	loop->next = start;
	loop->end = end;
	return 0;
}

__bpf_kfunc int *bpf_iter_mdev_next(struct bpf_iter_mdev *it)
{
	struct loop *loop = (struct loop *)it;

	if (loop->next == loop->end || mdev_bpf_watchdog_is_over(&loop->bdev->watch)) {
		loop->next = loop->end;
		return NULL;
	}
	loop->round = loop->next++;
	return &loop->round;
}

__bpf_kfunc void bpf_iter_mdev_destroy(struct bpf_iter_mdev *it)
{
}

__bpf_kfunc_end_defs();
