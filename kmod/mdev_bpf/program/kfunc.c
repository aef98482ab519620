// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs, which programs can call. The kernel-doc for authors of devices is in
 * bpf/include/mdev_bpf*.bpf.h, next to the declarations that they use.
 *
 * The first argument of each kfunc is a context, such as a device or a call, and the verifier knows
 * which op has which contexts. So a program that calls a kfunc from a wrong op, or with a context
 * that it has made up, is refused when it is loaded (see "trusted" in <linux/mdev_bpf.h>). Kfuncs
 * run inside an op, so the gate is held, which is a spinlock.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/random.h>

#include "../../compat.h"

#include "console/console.h"
#include "device/device.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "dma/request.h"
#include "dma/where.h"
#include "gate/gate.h"
#include "gate/ops.h"
#include "memory/memory.h"
#include "memory/protect.h"
#include "memory/trim.h"
#include "migration/stream.h"
#include "param/file.h"
#include "param/param.h"
#include "pci/config.h"
#include "pci/irq.h"
#include "program/kfunc.h"
#include "program/kfunc_cable.h"
#include "program/kfunc_q.h"
#include "program/loop.h"
#include "program/text.h"
#include "program/upgrade.h"
#include "queue/queue.h"
#include "validate/api.h"
#include "vfio/ioctl.h"
#include "work/deferred.h"

static struct mdev_bpf_opaque_stream *opaque_of(struct mdev_bpf_stream *stream)
{
	return container_of(stream, struct mdev_bpf_opaque_stream, ctx);
}

static int may_copy(struct mdev_bpf_dev *dev, u32 size)
{
	if (size > MDEV_BPF_MAX_VALUE)
		return -E2BIG;
	return mdev_bpf_kfunc_is_over(dev) ? -ETIME : 0;
}

/* The memory of a region; NULL if it has none. */
static struct mdev_bpf_memory *memory_of(struct mdev_bpf_dev *dev, u64 region)
{
	return mdev_bpf_device_memory(ctx_to_bdev(dev), region);
}

__bpf_kfunc_start_defs();

__bpf_kfunc u8 *mdev_bpf_state_get(struct mdev_bpf_dev *dev, const size_t rdwr_buf_size)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	mdev_bpf_gate_assert_held(bdev);
	return rdwr_buf_size <= bdev->state.cur.size ? bdev->state.cur.data : NULL;
}

__bpf_kfunc u8 *mdev_bpf_ioctl_data(struct mdev_bpf_ioctl *call, const size_t rdwr_buf_size)
{
	struct mdev_bpf_ioctl_ctx *ctx = container_of(call, struct mdev_bpf_ioctl_ctx, call);

	return rdwr_buf_size <= ctx->call.size ? ctx->data : NULL;
}

__bpf_kfunc const u8 *mdev_bpf_upgrade_data(struct mdev_bpf_old *old,
					    const size_t rdonly_buf_size)
{
	struct mdev_bpf_upgrade_ctx *ctx = container_of(old, struct mdev_bpf_upgrade_ctx, old);

	return rdonly_buf_size <= ctx->old.size ? ctx->data : NULL;
}

__bpf_kfunc const u8 *mdev_bpf_upgrade_queue(struct mdev_bpf_old *old, u32 id,
					     const size_t rdonly_buf_size)
{
	struct mdev_bpf_upgrade_ctx *ctx = container_of(old, struct mdev_bpf_upgrade_ctx, old);

	if (id >= ctx->buf->nr_queues || rdonly_buf_size > ctx->buf->queue_size)
		return NULL;
	return mdev_bpf_state_queue(ctx->buf->block, array_index_nospec(id, ctx->buf->nr_queues));
}

__bpf_kfunc u8 *mdev_bpf_queue_stop(struct mdev_bpf_dev *dev, u32 id, const size_t rdwr_buf_size)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	mdev_bpf_gate_assert_held(bdev);
	if (rdwr_buf_size > bdev->state.cur.queue_size || mdev_bpf_kfunc_is_over(dev))
		return NULL;
	return mdev_bpf_queue_borrow(bdev, id);
}

__bpf_kfunc int mdev_bpf_queue_kick(struct mdev_bpf_dev *dev, u32 id)
{
	if (id >= ctx_to_bdev(dev)->queues.nr)
		return -EINVAL;
	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	mdev_bpf_queue_ring(ctx_to_bdev(dev), id);
	return 0;
}

__bpf_kfunc int mdev_bpf_irq_set(struct mdev_bpf_dev *dev, u32 level)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	if (level > 1)
		return -EINVAL;
	if (!bdev->api->pci || !(mdev_bpf_irq_count(bdev, VFIO_PCI_INTX_IRQ_INDEX) ||
				 mdev_bpf_irq_count(bdev, VFIO_PCI_MSI_IRQ_INDEX) ||
				 mdev_bpf_irq_count(bdev, VFIO_PCI_MSIX_IRQ_INDEX)))
		return -ENXIO;
	mdev_bpf_irq_level(&bdev->irqs, VFIO_PCI_INTX_IRQ_INDEX, level);
	return 0;
}

__bpf_kfunc int mdev_bpf_irq_trigger(struct mdev_bpf_dev *dev, u32 vector)
{
	return mdev_bpf_kfunc_is_over(dev) ? -ETIME : mdev_bpf_irq_vector(ctx_to_bdev(dev), vector);
}

__bpf_kfunc int mdev_bpf_irq_mode(struct mdev_bpf_dev *dev)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	return bdev->api->pci ? mdev_bpf_irq_get_mode(&bdev->irqs) : -ENXIO;
}

__bpf_kfunc int mdev_bpf_irq_line(struct mdev_bpf_dev *dev, u32 index, u32 level)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	if (bdev->api->pci)
		return -ENXIO;
	if (!mdev_bpf_irq_count(bdev, index))
		return -EINVAL;
	index = array_index_nospec(index, MDEV_BPF_MAX_IRQS);
	if (!bdev->irqs.kinds[index].line || level > 1)
		return -EINVAL;
	mdev_bpf_irq_level(&bdev->irqs, index, level);
	return 0;
}

__bpf_kfunc int mdev_bpf_irq_signal(struct mdev_bpf_dev *dev, u32 index, u32 vector)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	if (bdev->api->pci)
		return -ENXIO;
	if (vector >= mdev_bpf_irq_count(bdev, index))
		return -EINVAL;
	index = array_index_nospec(index, MDEV_BPF_MAX_IRQS);
	if (bdev->irqs.kinds[index].line)
		return -EINVAL;
	return mdev_bpf_irq_message(&bdev->irqs, index, vector);
}

__bpf_kfunc s64 mdev_bpf_config_read(struct mdev_bpf_dev *dev, u32 offset, u32 size)
{
	if (!ctx_to_bdev(dev)->api->pci)
		return -ENXIO;
	if (!mdev_bpf_pci_config_valid(ctx_to_bdev(dev), offset, size))
		return -EINVAL;
	return mdev_bpf_pci_config_read(ctx_to_bdev(dev), offset, size);
}

__bpf_kfunc int mdev_bpf_config_write(struct mdev_bpf_dev *dev, u32 offset, u32 size, u32 val)
{
	if (!ctx_to_bdev(dev)->api->pci)
		return -ENXIO;
	if (!mdev_bpf_pci_config_valid(ctx_to_bdev(dev), offset, size))
		return -EINVAL;
	return mdev_bpf_pci_config_own_write(ctx_to_bdev(dev), offset, size, val);
}

__bpf_kfunc int mdev_bpf_pci_cap_offset(struct mdev_bpf_dev *dev, u32 index)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	if (!bdev->api->pci)
		return -ENXIO;
	if (index >= MDEV_BPF_MAX_PCI_CAPS || !bdev->cap_places[index].start)
		return -EINVAL;
	return bdev->cap_places[index].start;
}

__bpf_kfunc int mdev_bpf_timer_arm(struct mdev_bpf_dev *dev, u32 id, u64 delay, u64 period)
{
	if (id >= MDEV_BPF_MAX_TIMERS || delay > MDEV_BPF_MAX_DELAY ||
	    period > MDEV_BPF_MAX_DELAY || (period && period < MDEV_BPF_MIN_PERIOD))
		return -EINVAL;
	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	mdev_bpf_deferred_timer_start(ctx_to_bdev(dev), id, delay, period);
	return 0;
}

__bpf_kfunc int mdev_bpf_timer_cancel(struct mdev_bpf_dev *dev, u32 id)
{
	if (id >= MDEV_BPF_MAX_TIMERS)
		return -EINVAL;
	mdev_bpf_deferred_timer_stop(ctx_to_bdev(dev), id);
	return 0;
}

__bpf_kfunc s64 mdev_bpf_timer_left(struct mdev_bpf_dev *dev, u32 id)
{
	if (id >= MDEV_BPF_MAX_TIMERS)
		return -EINVAL;
	return mdev_bpf_deferred_timer_left(ctx_to_bdev(dev), id);
}

__bpf_kfunc u64 mdev_bpf_time(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_deferred_time(ctx_to_bdev(dev));
}

__bpf_kfunc int mdev_bpf_work_queue(struct mdev_bpf_dev *dev, u32 id)
{
	if (id >= MDEV_BPF_MAX_WORK)
		return -EINVAL;
	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	mdev_bpf_deferred_work_start(ctx_to_bdev(dev), id);
	return 0;
}

__bpf_kfunc int mdev_bpf_request(struct mdev_bpf_dev *dev, const struct mdev_bpf_request *req,
				 u32 req__sz)
{
	return mdev_bpf_request_make(ctx_to_bdev(dev), req, req__sz);
}

__bpf_kfunc int mdev_bpf_request_cancel(struct mdev_bpf_dev *dev, u32 id, u32 mask)
{
	return mdev_bpf_dma_queue_cancel(ctx_to_bdev(dev), id, mask);
}

__bpf_kfunc int mdev_bpf_dma_unpin(struct mdev_bpf_dev *dev, u32 id)
{
	if (id >= ctx_to_bdev(dev)->dma.windows)
		return -EINVAL;
	return mdev_bpf_pin_drop(ctx_to_bdev(dev), id);
}

__bpf_kfunc u8 *mdev_bpf_dma_get(struct mdev_bpf_dev *dev, u64 where, const size_t rdwr_buf_size)
{
	if (!mdev_bpf_where_is(where, MDEV_BPF_WHERE_PIN))
		return NULL;
	return mdev_bpf_pin_get(ctx_to_bdev(dev), mdev_bpf_where_index(where),
				mdev_bpf_where_offset(where), rdwr_buf_size);
}

__bpf_kfunc int mdev_bpf_stream_put(struct mdev_bpf_stream *stream, const void *data, u32 data__sz)
{
	struct mdev_bpf_opaque_stream *opaque = opaque_of(stream);

	if (!opaque->room)
		return -EPERM;
	if (data__sz > opaque->room - stream->size)
		return -ENOSPC;
	memcpy(opaque->data + stream->size, data, data__sz);
	stream->size += data__sz;
	return 0;
}

__bpf_kfunc int mdev_bpf_stream_get(struct mdev_bpf_stream *stream, u64 offset, void *buf,
				    u32 buf__sz)
{
	struct mdev_bpf_opaque_stream *opaque = opaque_of(stream);

	if (offset > stream->size || buf__sz > stream->size - offset)
		return -EINVAL;
	if (buf__sz > MDEV_BPF_MAX_VALUE)
		return -E2BIG;
	if (mdev_bpf_watchdog_here_is_over())
		return -ETIME;
	memcpy(buf, opaque->data + offset, buf__sz);
	return 0;
}

__bpf_kfunc int mdev_bpf_memory_read(struct mdev_bpf_dev *dev, u32 region, u64 offset,
				     void *data, u32 data__sz)
{
	struct mdev_bpf_memory *mem = memory_of(dev, region);

	if (!mem)
		return -EINVAL;
	return may_copy(dev, data__sz) ?:
	       mdev_bpf_memory_rw(mem, offset, data, data__sz, false, GFP_NOWAIT);
}

__bpf_kfunc int mdev_bpf_memory_write(struct mdev_bpf_dev *dev, u32 region, u64 offset,
				      const void *data, u32 data__sz)
{
	struct mdev_bpf_memory *mem = memory_of(dev, region);

	if (!mem)
		return -EINVAL;
	return may_copy(dev, data__sz) ?:
	       mdev_bpf_memory_rw(mem, offset, (void *)data, data__sz, true, GFP_NOWAIT);
}

__bpf_kfunc int mdev_bpf_memory_zero(struct mdev_bpf_dev *dev, u32 region, u64 offset, u64 size)
{
	if (!memory_of(dev, region))
		return -EINVAL;
	if (size > MDEV_BPF_MAX_ZERO)
		return -E2BIG;
	return mdev_bpf_kfunc_is_over(dev) ? -ETIME :
	       mdev_bpf_trim_zero(ctx_to_bdev(dev), region, offset, size);
}

__bpf_kfunc int mdev_bpf_memory_fill(struct mdev_bpf_dev *dev, u32 region, u64 offset, u64 size,
				     u64 val)
{
	struct mdev_bpf_memory *mem = memory_of(dev, region);

	if (!mem)
		return -EINVAL;
	if (size > MDEV_BPF_MAX_ZERO)
		return -E2BIG;
	return mdev_bpf_kfunc_is_over(dev) ? -ETIME :
	       mdev_bpf_memory_fill64(mem, offset, size, val, GFP_NOWAIT);
}

__bpf_kfunc int mdev_bpf_memory_protect(struct mdev_bpf_dev *dev, u32 region, u64 offset, u64 size)
{
	if (!memory_of(dev, region))
		return -EINVAL;
	return mdev_bpf_kfunc_is_over(dev) ? -ETIME :
	       mdev_bpf_protect_set(ctx_to_bdev(dev), region, offset, size);
}

__bpf_kfunc u8 *mdev_bpf_memory_get(struct mdev_bpf_dev *dev, u64 where,
				    const size_t rdwr_buf_size)
{
	struct mdev_bpf_memory *mem = memory_of(dev, mdev_bpf_where_index(where));

	if (!mem || !mdev_bpf_where_is(where, MDEV_BPF_WHERE_MEMORY) || mdev_bpf_kfunc_is_over(dev))
		return NULL;
	return mdev_bpf_memory_ptr(mem, mdev_bpf_where_offset(where), rdwr_buf_size, GFP_NOWAIT);
}

__bpf_kfunc u64 mdev_bpf_param(struct mdev_bpf_dev *dev, u32 index)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	return mdev_bpf_param_has(bdev, index) ? bdev->params.values[index].number : 0;
}

__bpf_kfunc s64 mdev_bpf_file_size(struct mdev_bpf_dev *dev, u32 index)
{
	struct mdev_bpf_param_value *value = mdev_bpf_param_file(ctx_to_bdev(dev), index);

	return value ? mdev_bpf_file_bytes(value) : -EINVAL;
}

__bpf_kfunc int mdev_bpf_param_text(struct mdev_bpf_dev *dev, u32 index, void *text, u32 text__sz)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	if (!mdev_bpf_param_has(bdev, index) ||
	    (bdev->params.decl[index].kind != MDEV_BPF_PARAM_TEXT &&
	     bdev->params.decl[index].kind != MDEV_BPF_PARAM_CABLE) || !text__sz)
		return -EINVAL;
	return strscpy(text, bdev->params.values[index].text, text__sz);
}

__bpf_kfunc int mdev_bpf_console_write(struct mdev_bpf_dev *dev, u32 index, const void *data,
				       u32 data__sz)
{
	struct mdev_bpf_console *c = mdev_bpf_console_find(ctx_to_bdev(dev), index);

	if (!c)
		return -EINVAL;
	return may_copy(dev, data__sz) ?: mdev_bpf_console_put(c, data, data__sz);
}

__bpf_kfunc int mdev_bpf_console_read(struct mdev_bpf_dev *dev, u32 index, void *data,
				      u32 data__sz)
{
	struct mdev_bpf_console *c = mdev_bpf_console_find(ctx_to_bdev(dev), index);

	if (!c)
		return -EINVAL;
	return may_copy(dev, data__sz) ?: mdev_bpf_console_get(c, data, data__sz);
}

__bpf_kfunc int mdev_bpf_console_status(struct mdev_bpf_dev *dev, u32 index)
{
	struct mdev_bpf_console *c = mdev_bpf_console_find(ctx_to_bdev(dev), index);

	return c ? mdev_bpf_console_take_status(c) : -EINVAL;
}

__bpf_kfunc int mdev_bpf_random(struct mdev_bpf_dev *dev, void *data, u32 data__sz)
{
	if (data__sz > MDEV_BPF_MAX_RANDOM)
		return -E2BIG;
	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	get_random_bytes(data, data__sz);
	return 0;
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(mdev_bpf_kfunc_ids)
BTF_ID_FLAGS(func, mdev_bpf_state_get, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_ioctl_data, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_upgrade_data, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_upgrade_queue, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_queue_stop, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_queue_kick, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_state_get, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_q_kick, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_work, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_irq, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_time, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_request, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_request_cancel, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_dma_get, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_q_memory_read, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_memory_write, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_q_fail, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_irq_set, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_irq_trigger, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_irq_mode, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_irq_line, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_irq_signal, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_config_read, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_config_write, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_pci_cap_offset, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_timer_arm, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_timer_cancel, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_timer_left, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_time, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_work_queue, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_fail, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_dump_text, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_request, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_request_cancel, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_dma_unpin, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_dma_get, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_stream_put, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_stream_get, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_memory_read, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_memory_write, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_memory_zero, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_memory_fill, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_memory_protect, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_memory_get, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, mdev_bpf_param, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_param_text, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_file_size, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_cable_peer, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_cable_ring, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_cable_send, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_cable_next, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_cable_receive, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_console_write, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_console_read, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_console_status, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_random, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_snprintf, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, mdev_bpf_print, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_iter_mdev_new, KF_TRUSTED_ARGS | KF_ITER_NEW)
BTF_ID_FLAGS(func, bpf_iter_mdev_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_mdev_destroy, KF_ITER_DESTROY)
BTF_ID_FLAGS(func, bpf_iter_mdev_q_new, KF_TRUSTED_ARGS | KF_ITER_NEW)
BTF_ID_FLAGS(func, bpf_iter_mdev_q_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_mdev_q_destroy, KF_ITER_DESTROY)
BTF_KFUNCS_END(mdev_bpf_kfunc_ids)

/* The BTF of this module, set before programs can be loaded. It exists as long as the module. */
const struct btf *mdev_bpf_kfunc_btf;

/* bpf_iter_mdev_new(), _next() or _destroy()? */
static bool is_loop(const struct btf_type *proto, const struct btf_type *ret)
{
	const struct btf_type *second;

	switch (btf_type_vlen(proto)) {
	case 1:
		return !ret || btf_type_is_ptr(ret);
	case 4:
		second = btf_type_by_id(mdev_bpf_kfunc_btf, btf_params(proto)[1].type);
		return second && btf_type_is_ptr(second);
	default:
		return false;
	}
}

/* mdev_bpf_queue_stop() or mdev_bpf_upgrade_queue()? The others have a second number of 64 bits. */
static bool is_queue(const struct btf_type *proto)
{
	const struct btf_type *second;

	if (btf_type_vlen(proto) != 3)
		return false;
	second = btf_type_by_id(mdev_bpf_kfunc_btf, btf_params(proto)[1].type);
	while (second && btf_type_is_typedef(second))
		second = btf_type_by_id(mdev_bpf_kfunc_btf, second->type);
	return second && btf_type_is_int(second) && second->size == sizeof(u32);
}

/*
 * The verifier calls this for each call of a kfunc. The upgrade op must only convert the state: if
 * it fails for another device afterwards, no device is upgraded. So it can call kfuncs that return
 * memory of a context, and loops, but none that acts on the device. Kfuncs are recognised by their
 * type (a pointer, for a context and a size), for the reasons given at "writable" in
 * program/struct_ops.c.
 */
static int kfunc_filter(const struct bpf_prog *prog, u32 id)
{
	const struct btf *btf = mdev_bpf_kfunc_btf;
	const struct btf_type *t, *ret;

	/* For an op, this is its index */
	if (!btf || (u32)prog->expected_attach_type != MDEV_BPF_OP_UPGRADE)
		return 0;
	t = btf_type_by_id(btf, id);
	t = t ? btf_type_by_id(btf, t->type) : NULL;
	if (!t)
		return -EACCES;
	ret = t->type ? btf_type_by_id(btf, t->type) : NULL;
	if (is_loop(t, ret) ||
	    (ret && btf_type_is_ptr(ret) && (btf_type_vlen(t) == 2 || is_queue(t))))
		return 0;
	return -EACCES;
}

static const struct btf_kfunc_id_set kfunc_set = {
	.owner = THIS_MODULE,
	.set = &mdev_bpf_kfunc_ids,
	.filter = kfunc_filter,
};

/**
 * mdev_bpf_kfunc_init() - register the kfuncs with the verifier
 *
 * Return: 0; a negative errno, also if the module was built without BTF.
 */
int mdev_bpf_kfunc_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &kfunc_set);
}
