// SPDX-License-Identifier: GPL-2.0-only
/* A device with an ioctl op; see kioctl.h. */
#include <linux/vfio.h>
#include "mdev_bpf.bpf.h"
#include "kioctl.h"

char _license[] SEC("license") = "GPL";

struct state {
	__u32 regs[8];
	__u64 put;
};

static int add(struct mdev_bpf_ioctl *call)
{
	struct kioctl_add *arg = (void *)mdev_bpf_ioctl_data(call, sizeof(*arg));

	if (!arg)
		return -EFAULT;
	arg->sum = arg->a + arg->b;
	call->ret = 7;
	return MDEV_BPF_IOCTL_DONE;
}

static int word(struct mdev_bpf_ioctl *call, struct state *s)
{
	__u64 *arg = (void *)mdev_bpf_ioctl_data(call, sizeof(*arg));

	if (!arg)
		return -EFAULT;
	if (call->cmd == KIOCTL_GET) {
		*arg += s->put;
		return MDEV_BPF_IOCTL_DONE;
	}
	if (call->cmd == KIOCTL_PUT)
		s->put = *arg;
	*arg = 0xdddddddddddddddd;
	return call->cmd == KIOCTL_PUT ? MDEV_BPF_IOCTL_DONE : -EPERM;
}

static int own_vfio(struct mdev_bpf_ioctl *call)
{
	__u32 *arg = (void *)mdev_bpf_ioctl_data(call, 8);

	if (!arg)
		return -EINVAL;
	arg[1]++;
	return MDEV_BPF_IOCTL_DONE;
}

/* The core says how many regions there are; this device says otherwise. */
static int info(struct mdev_bpf_ioctl *call)
{
	struct vfio_device_info *arg;

	if (call->stage == MDEV_BPF_IOCTL_BEFORE)
		return MDEV_BPF_IOCTL_REVIEW;
	arg = (void *)mdev_bpf_ioctl_data(call, offsetof(struct vfio_device_info, cap_offset));
	if (!arg)
		return -EINVAL;
	arg->num_regions += 33;
	return call->size == KIOCTL_REFUSED_SIZE ? -EPERM : 0;
}

static int region_info(struct mdev_bpf_ioctl *call)
{
	struct vfio_region_info *arg = (void *)mdev_bpf_ioctl_data(call, sizeof(*arg));

	/* The core ignores what the op writes to argsz */
	if (arg && arg->index == KIOCTL_CAP_REGION)
		arg->argsz = -1;
	if (!arg || arg->index != 5)
		return MDEV_BPF_IOCTL_PASS;
	arg->size = 0x1234;
	return MDEV_BPF_IOCTL_DONE;
}

static void note(struct state *s, struct mdev_bpf_ioctl *call)
{
	s->regs[0]++;
	s->regs[1] = call->cmd;
	s->regs[2] = call->stage;
	s->regs[3] = call->size;
	s->regs[4] = call->ret;
}

int MDEV_BPF_OP(kioctl_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	if (!s)
		return -ENOMEM;
	note(s, call);
	switch (call->cmd) {
	case KIOCTL_ADD:
		return add(call);
	case KIOCTL_NOTHING:
		call->ret = 3;
		return MDEV_BPF_IOCTL_DONE;
	case KIOCTL_PUT:
	case KIOCTL_GET:
	case KIOCTL_FAIL:
		return word(call, s);
	case KIOCTL_NEGATIVE:
		call->ret = -EDOM;
		return MDEV_BPF_IOCTL_DONE;
	case KIOCTL_STRANGE:
		return 99;
	case KIOCTL_ENDLESS:
		return MDEV_BPF_IOCTL_REVIEW;
	case KIOCTL_REVIEWED:
	case VFIO_DEVICE_RESET:
		return call->stage == MDEV_BPF_IOCTL_BEFORE ? MDEV_BPF_IOCTL_REVIEW : 0;
	case KIOCTL_OWN_VFIO:
		return own_vfio(call);
	case VFIO_DEVICE_GET_INFO:
		return info(call);
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(call);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return -EACCES;
	}
	return MDEV_BPF_IOCTL_PASS;
}

int MDEV_BPF_OP(kioctl_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	if (!s)
		return -ENOMEM;
	access->val = s->regs[access->offset / 4 & 7];
	return 0;
}

MDEV_BPF_DEVICE(kioctl,
		.state_size = sizeof(struct state),
		.types = { { .name = "1" } },
		.pci = { .vendor = 0x1234 },
		.regions = {
			{ .size = 32, .flags = MDEV_BPF_REGION_READ },
			{
				.index = KIOCTL_CAP_REGION, .size = 32,
				.flags = MDEV_BPF_REGION_READ,
				.cap_type = 1, .cap_subtype = 2,
			},
		},
		.irqs = { { .count = 1 } },
		.ioctl = kioctl_ioctl,
		.region_read = kioctl_read);
