// SPDX-License-Identifier: GPL-2.0-only
/* The kfuncs for cables. They run inside an op, so the gate is held. */
#include <linux/bpf.h>
#include <linux/btf.h>

#include "cable/cable.h"
#include "device/device.h"
#include "dma/guest.h"
#include "dma/where.h"
#include "program/kfunc.h"
#include "program/kfunc_cable.h"

static struct mdev_bpf_cable_end *end_of(struct mdev_bpf_dev *dev, u32 param)
{
	return mdev_bpf_cable_end(ctx_to_bdev(dev), param);
}

/* An end that is in no cable is as good as one whose cable ends in the air. */
static int no_end(struct mdev_bpf_dev *dev, u32 param)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	return param < bdev->params.nr &&
	       bdev->params.decl[param].kind == MDEV_BPF_PARAM_CABLE ? -ENOTCONN : -EINVAL;
}

static int find_data(struct mdev_bpf_dev *dev, u64 where, u32 size,
		     struct mdev_bpf_cable_data *data)
{
	struct mdev_bpf_device *bdev = ctx_to_bdev(dev);

	if (mdev_bpf_kfunc_is_over(dev))
		return -ETIME;
	if (!mdev_bpf_guest_where_ok(bdev, where, size, bdev->state.cur.size))
		return -EINVAL;
	data->offset = mdev_bpf_where_offset(where);
	if (mdev_bpf_where_is(where, MDEV_BPF_WHERE_STATE))
		data->state = bdev->state.cur.data + data->offset;
	else
		data->mem = bdev->memory[mdev_bpf_where_index(where)];
	return 0;
}

__bpf_kfunc_start_defs();

__bpf_kfunc int mdev_bpf_cable_peer(struct mdev_bpf_dev *dev, u32 param)
{
	struct mdev_bpf_cable_end *end = end_of(dev, param);

	return end ? mdev_bpf_cable_peer_state(end) : no_end(dev, param);
}

__bpf_kfunc int mdev_bpf_cable_ring(struct mdev_bpf_dev *dev, u32 param)
{
	struct mdev_bpf_cable_end *end = end_of(dev, param);

	if (!end)
		return no_end(dev, param);
	return mdev_bpf_kfunc_is_over(dev) ? -ETIME : mdev_bpf_cable_ring_peer(end);
}

__bpf_kfunc int mdev_bpf_cable_send(struct mdev_bpf_dev *dev, u32 param, u64 where, u32 size)
{
	struct mdev_bpf_cable_end *end = end_of(dev, param);
	struct mdev_bpf_cable_data data = {};
	int ret;

	if (!end)
		return no_end(dev, param);
	if (!size)
		return -EINVAL;
	if (size > MDEV_BPF_MAX_FRAME)
		return -E2BIG;
	ret = find_data(dev, where, size, &data);
	return ret ?: mdev_bpf_cable_put(end, &data, size);
}

__bpf_kfunc s64 mdev_bpf_cable_next(struct mdev_bpf_dev *dev, u32 param)
{
	struct mdev_bpf_cable_end *end = end_of(dev, param);

	return end ? mdev_bpf_cable_first(end) : no_end(dev, param);
}

__bpf_kfunc s64 mdev_bpf_cable_receive(struct mdev_bpf_dev *dev, u32 param, u64 where, u32 size)
{
	struct mdev_bpf_cable_end *end = end_of(dev, param);
	struct mdev_bpf_cable_data data = {};
	int ret;

	if (!end)
		return no_end(dev, param);
	ret = size ? find_data(dev, where, size, &data) : 0;
	return ret ?: mdev_bpf_cable_take(end, &data, size);
}

__bpf_kfunc_end_defs();
