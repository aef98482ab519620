// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that take over each other's devices: "v1" and "v2" keep their state in different ways
 * and convert the other's, "none" has no state, "stiff" is v2 without upgrade.
 */
#include "mdev_bpf.bpf.h"
#include "kupgrade.h"

char _license[] SEC("license") = "GPL";

struct kup_global global;

struct regs {
	__u32 version;
	__u32 value;
	__u32 count;
	__u32 upgrades;
	__s32 fail;
	__s32 fail_late;
	__u32 slow;
	__u32 once;
	__u32 ticks;
	__s32 dma_error;
};

struct v1 {
	struct regs r;
};

struct v2 {
	__u8 front[5000];
	struct regs r;
	__u8 back[5000];
};

static void is_wrong(void)
{
	__sync_fetch_and_add(&global.wrong, 1);
}

static int begin(struct regs *r, __u32 version)
{
	__sync_fetch_and_add(&global.inits, 1);
	/* The state of a new device is zeroed. */
	if (r->version || r->count)
		is_wrong();
	r->version = version;
	return 0;
}

static int check(struct regs *r, __u32 version)
{
	if (r->version == version)
		return 0;
	is_wrong();
	return -EUCLEAN;
}

/* Slow, so that an upgrade waits for this op; the upgrade must skip the device then. */
static void end(struct mdev_bpf_dev *dev, struct regs *r, __u32 version)
{
	int i;

	check(r, version);
	r->version = 0;
	mdev_bpf_for(i, dev, 0, 1 << 14)
		;
}

static int read(struct regs *r, struct mdev_bpf_access *a)
{
	switch (a->offset) {
	case KUP_VALUE:
		a->val = r->value;
		break;
	case KUP_COUNT:
		a->val = ++r->count;
		break;
	case KUP_VERSION:
		a->val = r->version;
		break;
	case KUP_UPGRADES:
		a->val = r->upgrades;
		break;
	case KUP_FAIL:
		a->val = r->fail;
		break;
	case KUP_TICKS:
		a->val = r->ticks;
		break;
	case KUP_DMA_ERROR:
		a->val = r->dma_error;
		break;
	}
	return 0;
}

/* @at: where the registers are in the state */
static int write(struct mdev_bpf_dev *dev, struct regs *r, struct mdev_bpf_access *a, __u32 at)
{
	switch (a->offset) {
	case KUP_VALUE:
		r->value = a->val;
		break;
	case KUP_FAIL:
		r->fail = a->val;
		break;
	case KUP_FAIL_LATE:
		r->fail_late = a->val;
		break;
	case KUP_SLOW:
		r->slow = a->val;
		break;
	case KUP_ONCE:
		r->once = a->val;
		break;
	case KUP_TICKS:
		return mdev_bpf_timer_arm(dev, 0, a->val, a->val);
	case KUP_LINE:
		return mdev_bpf_irq_set(dev, a->val);
	case KUP_DMA:
		at += offsetof(struct regs, value);
		return mdev_bpf_dma_read(dev, 0, a->val, MDEV_BPF_STATE(at), sizeof(r->value));
	}
	return 0;
}

static void take_time(struct mdev_bpf_dev *dev, __u32 times)
{
	int i;

	mdev_bpf_for(i, dev, 0, 500 * (times < KUP_SLOWEST ? times : KUP_SLOWEST))
		bpf_ktime_get_ns();
}

static int take_over(struct mdev_bpf_dev *dev, struct regs *r, const struct regs *old, __u32 from,
		     __u32 to)
{
	__sync_fetch_and_add(&global.upgrades, 1);
	if (r->version || r->value || old->version != from)
		is_wrong();
	take_time(dev, old->slow);
	/* If the op fails, what it leaves in the state must not be used. */
	*r = *old;
	r->version = to;
	r->upgrades++;
	r->fail = 0;
	/* The first call is the check, before the conversion. */
	if (old->fail_late && __sync_fetch_and_add(&global.late, 1))
		return old->fail_late;
	return old->fail;
}

static int tick(struct mdev_bpf_dev *dev, struct regs *r, __u32 version)
{
	r->ticks++;
	if (version != 2 || !r->once)
		return 0;
	r->once = 0;
	mdev_bpf_fail_printf(dev, 42, "the one failure");
	return 0;
}

/* The state as another program left it, or NULL: another size is another state. */
#define old_regs(old, from) ({							\
	const struct from *o_ = mdev_bpf_old_state(old, struct from);		\
										\
	o_ && (old)->size == sizeof(*o_) ? &o_->r : NULL;			\
})

#define PROGRAM(which, nr, other, other_nr)					\
int MDEV_BPF_OP(which##_init, struct mdev_bpf_dev *dev)				\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
										\
	return s ? begin(&s->r, nr) : -ENOMEM;					\
}										\
										\
void MDEV_BPF_OP(which##_exit, struct mdev_bpf_dev *dev)				\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
										\
	if (s)									\
		end(dev, &s->r, nr);						\
}										\
										\
int MDEV_BPF_OP(which##_open, struct mdev_bpf_dev *dev)				\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
										\
	return s ? check(&s->r, nr) : -ENOMEM;					\
}										\
										\
int MDEV_BPF_OP(which##_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)	\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
										\
	return !s ? -ENOMEM : check(&s->r, nr) ?: read(&s->r, a);		\
}										\
										\
int MDEV_BPF_OP(which##_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)	\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
										\
	return !s ? -ENOMEM : check(&s->r, nr) ?:					\
	       write(dev, &s->r, a, offsetof(struct which, r));			\
}										\
										\
int MDEV_BPF_OP(which##_timer, struct mdev_bpf_dev *dev, __u32 id)			\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
										\
	return s && !check(&s->r, nr) ? tick(dev, &s->r, nr) : 0;			\
}										\
										\
int MDEV_BPF_OP(which##_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)	\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
										\
	if (s && !check(&s->r, nr))						\
		s->r.dma_error = dma->error;					\
	return 0;								\
}										\
										\
int MDEV_BPF_OP(which##_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)	\
{										\
	struct which *s = mdev_bpf_state(dev, struct which);			\
	const struct regs *from;						\
										\
	if (!s)									\
		return -ENOMEM;							\
	/* More than there is, one gets nothing of. */				\
	if (mdev_bpf_upgrade_data(old, sizeof(struct v2) + 1))			\
		is_wrong();							\
	if (!old->size)								\
		return begin(&s->r, nr);					\
	from = old->version == other_nr ? old_regs(old, other) : NULL;		\
	return from ? take_over(dev, &s->r, from, other_nr, nr) : -EOPNOTSUPP;		\
}

#define OPS(which)								\
	.init = which##_init,						\
	.exit = which##_exit,						\
	.open = which##_open,						\
	.region_read = which##_read,					\
	.region_write = which##_write,					\
	.timer = which##_timer,						\
	.dma_done = which##_dma_done

#define DEVICE									\
	.name = "kupgrade",							\
	.types = { { .name = "1" } },						\
	.pci = { .vendor = 0x1234, .device = 0x5678 },				\
	.regions = { { .size = KUP_SIZE, .flags = MDEV_BPF_REGION_RW } },	\
	.irqs = { { .count = 1 } }

PROGRAM(v1, 1, v2, 2)
PROGRAM(v2, 2, v1, 1)

MDEV_BPF_DEVICE(map_v1,
		DEVICE, OPS(v1),
		.state_size = sizeof(struct v1),
		.state_version = 1,
		.upgrade = v1_upgrade);

MDEV_BPF_DEVICE(map_v2,
		DEVICE, OPS(v2),
		.state_size = sizeof(struct v2),
		.state_version = 2,
		.upgrade = v2_upgrade);

MDEV_BPF_DEVICE(map_stiff,
		DEVICE, OPS(v2),
		.state_size = sizeof(struct v2),
		.state_version = 2);

int MDEV_BPF_OP(none_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	a->val = !!mdev_bpf_state_get(dev, 1);
	return 0;
}

int MDEV_BPF_OP(none_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	return 0;
}

int MDEV_BPF_OP(none_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)
{
	if (mdev_bpf_state_get(dev, 1))
		is_wrong();
	return 0;
}

MDEV_BPF_DEVICE(map_none,
		DEVICE,
		.region_read = none_read,
		.region_write = none_write,
		.upgrade = none_upgrade);
