// SPDX-License-Identifier: GPL-2.0-only
/* A device whose ops take long, or would never return; see khang.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "khang.h"

char _license[] SEC("license") = "GPL";

struct khang_state {
	__u32 value;
	__s32 rounds;
};

/* What a reset does not clear */
__u32 hang_in;

/* 2^46 rounds, were there nobody to end them */
static void hang(struct mdev_bpf_dev *dev, __u32 op)
{
	int i, k;

	if (!(hang_in & 1 << op))
		return;
	mdev_bpf_for(i, dev, 0, 1 << 23)
		mdev_bpf_for(k, dev, 0, 1 << 23)
			;
}

static __s32 loops(struct mdev_bpf_dev *dev, __s32 n)
{
	__s32 rounds = 0;
	int i;

	mdev_bpf_for(i, dev, 0, n)
		rounds++;
	return rounds;
}

static __s32 bad_bounds(struct mdev_bpf_dev *dev, __u32 which)
{
	struct bpf_iter_mdev it;
	__s32 ret;

	if (which == KHANG_BACKWARDS)
		ret = bpf_iter_mdev_new(&it, dev, 1, 0);
	else
		ret = bpf_iter_mdev_new(&it, dev, -(1 << 23), 1);
	if (bpf_iter_mdev_next(&it))
		ret = 1;
	bpf_iter_mdev_destroy(&it);
	return ret;
}

static int reg_write(struct mdev_bpf_dev *dev, struct khang_state *s, __u32 reg, __u32 val)
{
	int i;

	switch (reg) {
	case KHANG_IN:
		hang_in = val;
		break;
	case KHANG_LOOPS:
		s->rounds = loops(dev, val);
		s->value++;
		break;
	case KHANG_BOUNDS:
		s->rounds = bad_bounds(dev, val);
		break;
	case KHANG_SHORT:
		mdev_bpf_for(i, dev, 0, val < 64 ? val : 64)
			s->rounds = loops(dev, 100);
		break;
	case KHANG_WORK:
		return mdev_bpf_work_queue(dev, 0);
	case KHANG_VALUE:
		s->value = val;
		break;
	}
	return 0;
}

SEC("struct_ops")
int BPF_PROG(khang_init, struct mdev_bpf_dev *dev)
{
	hang(dev, KHANG_INIT);
	return 0;
}

SEC("struct_ops")
int BPF_PROG(khang_reset, struct mdev_bpf_dev *dev)
{
	hang(dev, KHANG_RESET);
	return 0;
}

SEC("struct_ops")
int BPF_PROG(khang_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct khang_state *s = mdev_bpf_state(dev, struct khang_state);

	if (!s)
		return -EIO;
	hang(dev, KHANG_READ);
	access->val = access->offset == KHANG_ROUNDS ? s->rounds : s->value;
	return 0;
}

SEC("struct_ops")
int BPF_PROG(khang_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct khang_state *s = mdev_bpf_state(dev, struct khang_state);

	if (!s)
		return -EIO;
	hang(dev, KHANG_WRITE);
	return reg_write(dev, s, access->offset, access->val);
}

SEC("struct_ops")
int BPF_PROG(khang_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	if (call->cmd != KHANG_IOCTL)
		return MDEV_BPF_IOCTL_PASS;
	hang(dev, KHANG_IOCTL_OP);
	call->ret = 7;
	return MDEV_BPF_IOCTL_DONE;
}

SEC("struct_ops")
int BPF_PROG(khang_work, struct mdev_bpf_dev *dev, __u32 id)
{
	hang(dev, KHANG_WORK_OP);
	return 0;
}

SEC("struct_ops")
int BPF_PROG(khang_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	hang(dev, KHANG_DUMP);
	return mdev_bpf_dump_printf(out, "hang in %x\n", hang_in);
}

SEC(".struct_ops.link")
struct mdev_bpf_ops khang = {
	.name = "khang",
	.abi = MDEV_BPF_ABI,
	.types = { { .name = "1" } },
	.state_size = sizeof(struct khang_state),
	.pci = { .vendor = 0x1234, .device = 0x000b, .class_code = 0xff0000 },
	.regions = {
		{ .size = 64, .flags = MDEV_BPF_REGION_RW },
	},
	.irqs = { { .count = 1 }, { .index = 1, .count = 2 } },
	.init = (void *)khang_init,
	.reset = (void *)khang_reset,
	.region_read = (void *)khang_read,
	.region_write = (void *)khang_write,
	.ioctl = (void *)khang_ioctl,
	.work = (void *)khang_work,
	.dump = (void *)khang_dump,
};
