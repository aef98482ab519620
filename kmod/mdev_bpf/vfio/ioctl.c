// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioctls: copying the argument, and calling the program.
 *
 * The program and the core both work on one copy of the argument, so that neither reads user memory
 * twice.
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/trace.h"
#include "vfio/info.h"
#include "vfio/ioctl.h"

/*
 * The number of a VFIO command does not contain the size of the argument; the first member of the
 * argument, argsz, does. But RESET has no argument, and that of GET_GFX_DMABUF is a number.
 */
static bool has_argsz(u32 cmd)
{
	return _IOC_TYPE(cmd) == VFIO_TYPE && !_IOC_SIZE(cmd) && cmd != VFIO_DEVICE_RESET &&
	       cmd != VFIO_DEVICE_GET_GFX_DMABUF;
}

static int get_argsz(struct mdev_bpf_ioctl_ctx *ctx, const void __user *arg)
{
	u32 argsz;

	if (get_user(argsz, (const u32 __user *)arg))
		return -EFAULT;
	if (argsz < sizeof(argsz))
		return -EINVAL;
	ctx->call.size = min_t(u32, argsz, MDEV_BPF_MAX_IOCTL);
	/* For a GET ioctl, only the first members are read; the rest is room for the answer */
	ctx->in = ctx->call.size;
	if (ctx->core && ctx->core->out)
		ctx->in = min_t(u32, ctx->in, ctx->core->out);
	ctx->argsz = argsz;
	return 0;
}

static int copy_in(struct mdev_bpf_ioctl_ctx *ctx, const void __user *arg)
{
	u32 cmd = ctx->call.cmd;
	int ret;

	if (has_argsz(cmd)) {
		ret = get_argsz(ctx, arg);
		if (ret)
			return ret;
	} else if (cmd == VFIO_DEVICE_GET_GFX_DMABUF) {
		ctx->call.size = sizeof(u32);
		ctx->in = ctx->call.size;
	} else {
		ctx->call.size = _IOC_SIZE(cmd);
		ctx->in = _IOC_DIR(cmd) & _IOC_WRITE ? ctx->call.size : 0;
	}
	if (ctx->core && ctx->call.size < ctx->core->min)
		return -EINVAL;
	if (!ctx->call.size)
		return 0;
	ctx->data = kzalloc(ctx->call.size, GFP_KERNEL_ACCOUNT);
	if (!ctx->data)
		return -ENOMEM;
	if (copy_from_user(ctx->data, arg, ctx->in))
		return -EFAULT;
	if (ctx->argsz)
		*(u32 *)ctx->data = ctx->argsz;	/* the user may have changed it meanwhile */
	return 0;
}

/* Does the program have the ioctl op? */
static bool program_looks(struct mdev_bpf_device *bdev)
{
	return mdev_bpf_gate_has(bdev, MDEV_BPF_OP_IOCTL, false);
}

/* Call the program's ioctl. If there is none, or the device has failed, the core answers. */
static int call_ioctl(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl *arg)
{
	int max = arg->stage == MDEV_BPF_IOCTL_BEFORE ? MDEV_BPF_IOCTL_REVIEW : 0;

	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_IOCTL);
	if (call.ops == ERR_PTR(-ENODEV) || call.ops == ERR_PTR(-EIO))
		return MDEV_BPF_IOCTL_PASS;
	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	static_assert(MDEV_BPF_IOCTL_PASS == 0);
	return mdev_bpf_call_result(mdev_bpf_call_op(&call, ioctl, arg), max);
}

/* The core does not know the command. Without a working program, it cannot tell if any would. */
static long unknown(struct mdev_bpf_device *bdev)
{
	if (!mdev_bpf_gate_is_attached(bdev))
		return -ENODEV;
	return READ_ONCE(bdev->failure.active) && program_looks(bdev) ? -EIO : -ENOTTY;
}

static long core_answer(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	if (!ctx->core)
		return unknown(bdev);
	ctx->out = min(ctx->core->out, ctx->in);
	return ctx->core->fn(bdev, ctx);
}

/* The program has answered: copy the whole argument back, unless the command returns nothing. */
static long program_answer(struct mdev_bpf_ioctl_ctx *ctx)
{
	bool answers = ctx->core ? ctx->core->out : has_argsz(ctx->call.cmd);

	if (answers || _IOC_DIR(ctx->call.cmd) & _IOC_READ)
		ctx->out = ctx->call.size;
	return ctx->call.ret >= -MDEV_BPF_MAX_ERRNO ? ctx->call.ret : -EIO;
}

static long answer(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx)
{
	long ret = call_ioctl(bdev, &ctx->call);

	if (ret < 0)
		return ret;
	if (ret == MDEV_BPF_IOCTL_DONE)
		return program_answer(ctx);
	if (ret == MDEV_BPF_IOCTL_PASS)
		return core_answer(bdev, ctx);
	ctx->call.ret = core_answer(bdev, ctx);
	ctx->call.stage = MDEV_BPF_IOCTL_AFTER;
	return call_ioctl(bdev, &ctx->call) ?: program_answer(ctx);
}

/* Install the file only if its descriptor is the result, which the program may have changed. */
static void give_file(struct mdev_bpf_ioctl_ctx *ctx, long ret)
{
	if (ret == ctx->fd) {
		fd_install(ctx->fd, ctx->file);
		return;
	}
	put_unused_fd(ctx->fd);
	fput(ctx->file);
}

static long do_ioctl(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx,
		     void __user *arg)
{
	long ret;

	ctx->core = mdev_bpf_info_find(bdev, ctx->call.cmd);
	/* An unknown command must fail with ENOTTY, whatever its argument is */
	if (!ctx->core && !program_looks(bdev))
		return core_answer(bdev, ctx);
	ret = copy_in(ctx, arg);
	ret = ret ?: answer(bdev, ctx);
	if (ret >= 0 && ctx->out && copy_to_user(arg, ctx->data, ctx->out))
		ret = -EFAULT;
	if (ctx->file)
		give_file(ctx, ret);
	kfree(ctx->data);
	return ret;
}

/**
 * mdev_bpf_ioctl_region_info() - VFIO_DEVICE_GET_REGION_INFO, where VFIO does the copying
 * @vdev: the VFIO device
 * @info: the argument, in kernel memory
 * @caps: capability chain to which capabilities are added; programs do not see it
 *
 * Context: Process context.
 *
 * Return: as mdev_bpf_ioctl_handle().
 */
int mdev_bpf_ioctl_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
			       struct vfio_info_cap *caps)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	struct mdev_bpf_ioctl_ctx ctx = {
		.call.cmd = VFIO_DEVICE_GET_REGION_INFO,
		.call.stage = MDEV_BPF_IOCTL_BEFORE,
		.call.size = sizeof(*info),
		.data = info,
		.in = sizeof(*info),
		.core = mdev_bpf_info_find(bdev, VFIO_DEVICE_GET_REGION_INFO),
		.caps = caps,
	};
	u32 argsz = info->argsz;
	long ret;

	/* VFIO treats any result except 0 as an error */
	ret = min(answer(bdev, &ctx), 0L);
	/* VFIO uses it for copying to the user, but the program may have changed it */
	info->argsz = argsz;
	trace_mdev_bpf_ioctl(&bdev->ctx, ctx.call.cmd, ret);
	return ret;
}

/**
 * mdev_bpf_ioctl_handle() - ioctl(2) on a device
 * @vdev: the VFIO device
 * @cmd: the command
 * @arg: its argument, a user pointer
 *
 * Context: Process context.
 *
 * Return: 0 or more; -EFAULT; -EINVAL for an argument that is too short or not valid; -ENOTTY for
 * an unknown command; -ENODEV for a command that needs a program while none is attached; the errno
 * of the program's ioctl.
 */
long mdev_bpf_ioctl_handle(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	struct mdev_bpf_ioctl_ctx ctx = {
		.call.cmd = cmd,
		.call.stage = MDEV_BPF_IOCTL_BEFORE,
	};
	long ret;

	ret = do_ioctl(bdev, &ctx, (void __user *)arg);
	trace_mdev_bpf_ioctl(&bdev->ctx, cmd, ret);
	return ret;
}
