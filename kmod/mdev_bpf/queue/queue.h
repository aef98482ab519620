/* SPDX-License-Identifier: GPL-2.0-only */
/* The queues of a device, whose ops run at the same time. */
#ifndef __MDEV_BPF_QUEUE_QUEUE_H
#define __MDEV_BPF_QUEUE_QUEUE_H

#include <linux/cleanup.h>
#include <linux/mdev_bpf.h>
#include <linux/spinlock.h>

#include "dma/queue.h"
#include "gate/ops.h"
#include "gate/stats.h"
#include "gate/watchdog.h"
#include "work/worker.h"

struct mdev_bpf_device;

/**
 * struct mdev_bpf_verdict - a failure of the device that an op of a queue has reported
 * @due: there is one, which the worker of the queue has not passed on yet
 * @op: the op
 * @code: the error code of the program; -ETIME if the op has run for too long
 * @program: the BPF function that has reported the failure; empty if the op has run for too long
 * @text: the reason, up to a NUL or the end; may contain anything
 */
struct mdev_bpf_verdict {
	bool due;
	enum mdev_bpf_op op;
	s32 code;
	char program[64];
	char text[MDEV_BPF_MAX_REASON];
};

/**
 * struct mdev_bpf_lane - a queue, and the way into the program for its ops
 * @ops: the program, while the ops of the queue may be called; else NULL. Set with the gate and
 *	@lock held. Cleared with one of them held; after that, who takes @lock knows that no op runs
 * @bdev: the device
 * @ctx: the part that programs see
 * @op: the op that is running, or was called last
 * @due: bit 0: the queue was rung; set in any context
 * @watch: data of the watchdog
 * @stats: statistics of its ops
 * @verdict: a failure that is to be passed on
 * @worker: the thread that calls its ops
 * @channels: the requests that the queue has made; see dma/lane.c
 * @ready: channels with requests that are not with their fault thread, a bit for each
 * @turn: the channel of which a request is carried out next, if it is ready
 * @pool: all of its requests: those in @channels, and those that are free
 * @free: requests that are free
 * @waiting: number of requests in @channels
 */
struct mdev_bpf_lane {
	/** @lock: held around each op of the queue; taken after the gate */
	spinlock_t lock;
	const struct mdev_bpf_ops *ops;
	struct mdev_bpf_device *bdev;
	struct mdev_bpf_queue ctx;
	enum mdev_bpf_op op;
	unsigned long due;
	struct mdev_bpf_watch watch;
	struct mdev_bpf_stats stats;
	struct mdev_bpf_verdict verdict;
	struct mdev_bpf_worker worker;
	struct mdev_bpf_dma_channel channels[MDEV_BPF_MAX_CHANNELS];
	unsigned long ready;
	unsigned int turn;
	struct mdev_bpf_dma_request *pool;
	struct list_head free;
	unsigned int waiting;
};

/**
 * struct mdev_bpf_queues - the queues of a device, protected by the gate except for @windows
 * @nr: how many there are; never changes
 * @lanes: the queues; never changes
 * @closed: number of calls of mdev_bpf_queue_close_lanes() without mdev_bpf_queue_open_lanes()
 * @closings: number of calls of mdev_bpf_queue_close_lanes(); changes when no op of a queue runs
 * @stopped: queues that the current op of the device has stopped, a bit for each
 * @windows: ops of queues have accessed windows of guest memory; set with a lane held, never
 *	cleared
 * @carry_out: function that carries out the requests of a queue, in its thread; never changes
 */
struct mdev_bpf_queues {
	unsigned int nr;
	struct mdev_bpf_lane *lanes[MDEV_BPF_MAX_QUEUES];
	unsigned int closed;
	unsigned int closings;
	unsigned long stopped;
	bool windows;
	void (*carry_out)(struct mdev_bpf_lane *lane);
};

static_assert(MDEV_BPF_MAX_QUEUES <= BITS_PER_LONG);

#define mdev_bpf_queue_for_each(lane, bdev)						\
	for (unsigned int i_ = 0;							\
	     i_ < (bdev)->queues.nr && ((lane) = (bdev)->queues.lanes[i_], true); i_++)

#define mdev_bpf_queue_for_each_channel(ch, lane)					\
	for ((ch) = (lane)->channels; (ch) < (lane)->channels + MDEV_BPF_MAX_CHANNELS; (ch)++)

static inline struct mdev_bpf_lane *ctx_to_lane(struct mdev_bpf_queue *ctx)
{
	return container_of(ctx, struct mdev_bpf_lane, ctx);
}

int mdev_bpf_queue_init(struct mdev_bpf_device *bdev, unsigned int nr);
void mdev_bpf_queue_destroy(struct mdev_bpf_device *bdev);
int mdev_bpf_queue_open(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_close(struct mdev_bpf_device *bdev);
int mdev_bpf_queue_renew(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_halt(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_ring(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_queue_wake(struct mdev_bpf_lane *lane);
bool mdev_bpf_queue_called(struct mdev_bpf_lane *lane, bool in_time);
void mdev_bpf_queue_pass_on(struct mdev_bpf_lane *lane);
void mdev_bpf_queue_run_left(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_update(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_close_lanes(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_open_lanes(struct mdev_bpf_device *bdev);
void *mdev_bpf_queue_borrow(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_queue_give_back(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_pardon(struct mdev_bpf_device *bdev);
int mdev_bpf_queue_fail(struct mdev_bpf_lane *lane, s32 code, const char *text, u32 size);
u64 mdev_bpf_queue_due(struct mdev_bpf_device *bdev);
void mdev_bpf_queue_set_due(struct mdev_bpf_device *bdev, u64 due);

/* No op of a queue runs in the scope of guard(mdev_bpf_lanes)(bdev), with the gate held. */
DEFINE_GUARD(mdev_bpf_lanes, struct mdev_bpf_device *, mdev_bpf_queue_close_lanes(_T),
	     mdev_bpf_queue_open_lanes(_T))

#endif /* __MDEV_BPF_QUEUE_QUEUE_H */
