// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs that ops of queues can call. Such an op has a queue and no device, so the verifier
 * refuses all others. They run with the lane of the queue held, and without the gate. So they only
 * access the state of the queue, what never changes while the lane is open, and what has a lock of
 * its own that is taken after the lane.
 *
 * There is no pointer to memory of a region: pages are freed, and copied for a migration, under the
 * gate, because then no op uses such a pointer. Copies take a reference, as those of read(2) do.
 */
#include <linux/bpf.h>
#include <linux/btf.h>

#include "device/device.h"
#include "dma/lane.h"
#include "dma/where.h"
#include "gate/watchdog.h"
#include "memory/memory.h"
#include "pci/irq.h"
#include "program/kfunc_q.h"
#include "queue/queue.h"
#include "validate/api.h"
#include "work/deferred.h"

static bool is_over(struct mdev_bpf_queue *q)
{
	return unlikely(mdev_bpf_watchdog_is_over(&ctx_to_lane(q)->watch));
}

static struct mdev_bpf_device *q_to_bdev(struct mdev_bpf_queue *q)
{
	return ctx_to_lane(q)->bdev;
}

static int copy(struct mdev_bpf_queue *q, u32 region, u64 offset, void *data, u32 size, bool write)
{
	/* This does not change while the device is open */
	struct mdev_bpf_memory *mem = mdev_bpf_device_memory(q_to_bdev(q), region);

	if (!mem)
		return -EINVAL;
	if (size > MDEV_BPF_MAX_VALUE)
		return -E2BIG;
	if (is_over(q))
		return -ETIME;
	return mdev_bpf_memory_rw(mem, offset, data, size, write, GFP_NOWAIT);
}

__bpf_kfunc_start_defs();

__bpf_kfunc u8 *mdev_bpf_q_state_get(struct mdev_bpf_queue *q, const size_t rdwr_buf_size)
{
	struct mdev_bpf_lane *lane = ctx_to_lane(q);
	const struct mdev_bpf_state_buf *cur = &lane->bdev->state.cur;

	lockdep_assert_held(&lane->lock);
	return rdwr_buf_size <= cur->queue_size ? mdev_bpf_state_queue(cur->block, q->id) : NULL;
}

__bpf_kfunc int mdev_bpf_q_kick(struct mdev_bpf_queue *q, u32 id)
{
	if (id >= q_to_bdev(q)->queues.nr)
		return -EINVAL;
	if (is_over(q))
		return -ETIME;
	mdev_bpf_queue_ring(q_to_bdev(q), id);
	return 0;
}

__bpf_kfunc int mdev_bpf_q_work(struct mdev_bpf_queue *q, u32 id)
{
	if (id >= MDEV_BPF_MAX_WORK)
		return -EINVAL;
	if (is_over(q))
		return -ETIME;
	mdev_bpf_deferred_work_start(q_to_bdev(q), id);
	return 0;
}

__bpf_kfunc u64 mdev_bpf_q_time(struct mdev_bpf_queue *q)
{
	return mdev_bpf_deferred_time_running(q_to_bdev(q));
}

__bpf_kfunc int mdev_bpf_q_irq(struct mdev_bpf_queue *q, u32 vector)
{
	return is_over(q) ? -ETIME : mdev_bpf_irq_vector(q_to_bdev(q), vector);
}

__bpf_kfunc int mdev_bpf_q_request(struct mdev_bpf_queue *q, const struct mdev_bpf_request *req,
				   u32 req__sz)
{
	return mdev_bpf_dma_lane_request(ctx_to_lane(q), req, req__sz);
}

__bpf_kfunc int mdev_bpf_q_request_cancel(struct mdev_bpf_queue *q, u32 id, u32 mask)
{
	return is_over(q) ? -ETIME : mdev_bpf_dma_lane_cancel(ctx_to_lane(q), id, mask);
}

__bpf_kfunc u8 *mdev_bpf_q_dma_get(struct mdev_bpf_queue *q, u64 where, const size_t rdwr_buf_size)
{
	if (!mdev_bpf_where_is(where, MDEV_BPF_WHERE_PIN))
		return NULL;
	return mdev_bpf_dma_lane_pin_get(ctx_to_lane(q), mdev_bpf_where_index(where),
					 mdev_bpf_where_offset(where), rdwr_buf_size);
}

__bpf_kfunc int mdev_bpf_q_memory_read(struct mdev_bpf_queue *q, u32 region, u64 offset,
				       void *data, u32 data__sz)
{
	return copy(q, region, offset, data, data__sz, false);
}

__bpf_kfunc int mdev_bpf_q_memory_write(struct mdev_bpf_queue *q, u32 region, u64 offset,
					const void *data, u32 data__sz)
{
	return copy(q, region, offset, (void *)data, data__sz, true);
}

__bpf_kfunc int mdev_bpf_q_fail(struct mdev_bpf_queue *q, s32 code, const char *msg, u32 msg__sz)
{
	struct mdev_bpf_lane *lane = ctx_to_lane(q);
	int ret = mdev_bpf_queue_fail(lane, code, msg, msg__sz);

	/* The calling program, by the name that profilers and stack dumps use */
	if (!ret)
		snprintf(lane->verdict.program, sizeof(lane->verdict.program), "%ps",
			 __builtin_return_address(0));
	return ret;
}

__bpf_kfunc_end_defs();
