// SPDX-License-Identifier: GPL-2.0-only
/* A device that fails when it is told to; see kfail.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "kfail.h"

char _license[] SEC("license") = "GPL";

struct kfail_state {
	__u32 value;
	__s32 result;
	__u32 timer_slow;
};

/* What a reset does not clear */
struct {
	__u64 calls[KFAIL_NR];
	__u32 in;
	__u32 lines;
} all;

/* An op is called, and fails the device if it is told to. */
static void called(struct mdev_bpf_dev *dev, __u32 op)
{
	__sync_fetch_and_add(&all.calls[op], 1);
	if (all.in & 1 << op)
		mdev_bpf_fail_printf(dev, -100 - (int)op, "told to fail in %u", op);
}

static void slow(struct mdev_bpf_dev *dev, __u32 rounds)
{
	int i;

	mdev_bpf_for(i, dev, 0, rounds)
		;
}

static int fail_with_text(struct mdev_bpf_dev *dev, __u32 which)
{
	char text[200];
	int i;

	for (i = 0; i < (int)sizeof(text); i++)
		text[i] = which == KFAIL_TEXT_BINARY ? i - 1 : 'x';
	if (which == KFAIL_TEXT_BINARY)
		text[0] = '"';	/* and a NUL after it */
	if (which == KFAIL_TEXT_EMPTY)
		return mdev_bpf_fail(dev, 0, text, 0);
	if (which == KFAIL_TEXT_BINARY)
		text[1] = 1;
	return mdev_bpf_fail(dev, 0, text, sizeof(text));
}

static int act(struct mdev_bpf_dev *dev, struct kfail_state *s, __u32 reg, __u32 val)
{
	switch (reg) {
	case KFAIL_IN:
		all.in = val;
		break;
	case KFAIL_NOW:
		s->result = mdev_bpf_fail_printf(dev, val, "reason %d", val);
		break;
	case KFAIL_TEXT:
		s->result = fail_with_text(dev, val);
		break;
	case KFAIL_LEVEL:
		mdev_bpf_irq_set(dev, val);
		break;
	case KFAIL_ARM:
		return mdev_bpf_timer_arm(dev, 0, val * 1000ULL, 0);
	case KFAIL_WORK:
		return mdev_bpf_work_queue(dev, val);
	case KFAIL_SLOW:
		slow(dev, val);
		break;
	case KFAIL_VALUE:
		s->value = val;
		break;
	case KFAIL_RETURN:
		return val;
	case KFAIL_LINES:
		all.lines = val;
		break;
	case KFAIL_TWICE:
		mdev_bpf_fail_printf(dev, val, "first");
		s->result = mdev_bpf_fail_printf(dev, val + 1, "second");
		break;
	case KFAIL_TIMER_SLOW:
		s->timer_slow = val;
		break;
	}
	return 0;
}

int MDEV_BPF_OP(kfail_init, struct mdev_bpf_dev *dev)
{
	called(dev, KFAIL_INIT);
	return 0;
}

void MDEV_BPF_OP(kfail_exit, struct mdev_bpf_dev *dev)
{
	called(dev, KFAIL_EXIT);
}

int MDEV_BPF_OP(kfail_open, struct mdev_bpf_dev *dev)
{
	called(dev, KFAIL_OPEN);
	return 0;
}

void MDEV_BPF_OP(kfail_close, struct mdev_bpf_dev *dev)
{
	called(dev, KFAIL_CLOSE);
}

int MDEV_BPF_OP(kfail_reset, struct mdev_bpf_dev *dev)
{
	called(dev, KFAIL_RESET);
	return 0;
}

int MDEV_BPF_OP(kfail_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kfail_state *s = mdev_bpf_state(dev, struct kfail_state);

	called(dev, KFAIL_READ);
	if (!s)
		return -EIO;
	access->val = access->offset == KFAIL_RESULT ? s->result : s->value;
	return 0;
}

int MDEV_BPF_OP(kfail_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kfail_state *s = mdev_bpf_state(dev, struct kfail_state);

	called(dev, KFAIL_WRITE);
	return s ? act(dev, s, access->offset, access->val) : -EIO;
}

int MDEV_BPF_OP(kfail_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	called(dev, KFAIL_IOCTL_OP);
	if (call->cmd != KFAIL_IOCTL)
		return MDEV_BPF_IOCTL_PASS;
	call->ret = 7;
	return MDEV_BPF_IOCTL_DONE;
}

int MDEV_BPF_OP(kfail_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kfail_state *s = mdev_bpf_state(dev, struct kfail_state);

	called(dev, KFAIL_TIMER);
	if (s && s->timer_slow)
		slow(dev, s->timer_slow);
	mdev_bpf_irq_trigger(dev, 1);
	return 0;
}

int MDEV_BPF_OP(kfail_work, struct mdev_bpf_dev *dev, __u32 id)
{
	called(dev, KFAIL_WORK_OP);
	mdev_bpf_irq_trigger(dev, 0);
	return 0;
}

int MDEV_BPF_OP(kfail_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct kfail_state *s = mdev_bpf_state(dev, struct kfail_state);
	__u32 i, lines = all.lines;
	char bell = 7;

	called(dev, KFAIL_DUMP);
	if (!s)
		return -EIO;
	for (i = 0; i < lines && i < 200; i++)
		s->result = mdev_bpf_dump_printf(out, "line %u of this program\n", i);
	mdev_bpf_dump_printf(out, "value %x", s->value);
	mdev_bpf_dump_text(out, &bell, sizeof(bell));
	return 0;
}

MDEV_BPF_DEVICE(kfail,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct kfail_state),
		.pci = { .vendor = 0x1234, .device = 0x0006, .class_code = 0xff0000 },
		.regions = { { .size = 64, .flags = MDEV_BPF_REGION_RW } },
		.irqs = { { .count = 1 }, { .index = 1, .count = 2 } },
		.init = kfail_init,
		.exit = kfail_exit,
		.open = kfail_open,
		.close = kfail_close,
		.reset = kfail_reset,
		.region_read = kfail_read,
		.region_write = kfail_write,
		.ioctl = kfail_ioctl,
		.timer = kfail_timer,
		.work = kfail_work,
		.dump = kfail_dump);
