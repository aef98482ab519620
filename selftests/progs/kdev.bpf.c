// SPDX-License-Identifier: GPL-2.0-only
/* A device that shows what the core asks of its program; see kdev.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "kdev.h"

char _license[] SEC("license") = "GPL";

struct {
	__u64 nr[KDEV_NR_COUNTERS];
} counters;

/* For whoever loads the program to set */
__u32 magic = 0xcafe;

static void count(int what)
{
	__sync_fetch_and_add(&counters.nr[what], 1);
}

static int bar_of(__u32 region)
{
	return region == 0 ? 0 : region - 1;
}

static void log_access(struct kdev_state *s, struct mdev_bpf_access *a, bool write)
{
	struct kdev_entry *e;

	if (s->nr_log >= KDEV_LOG_MAX)
		return;
	e = &s->log[s->nr_log];
	e->region = a->region;
	e->size = a->size;
	e->write = write;
	e->offset = a->offset;
	e->val = write ? a->val : 0;
	s->nr_log++;
}

/* Spend some time inside, with a mark that a second op would see. */
static __u32 overlap(struct kdev_state *s)
{
	int i;

	if (s->inside)
		s->overlap = 1;
	s->inside = 1;
	for (i = 0; i < 500; i++)
		barrier_var(i);
	s->inside = 0;
	return s->overlap;
}

static __u32 slow(struct mdev_bpf_dev *dev)
{
	int i;

	count(KDEV_SLOW_IN);
	mdev_bpf_for(i, dev, 0, 1 << 18)
		;
	count(KDEV_SLOW_OUT);
	return 0;
}

/* Inlined, since the verifier takes no variable offset into the context */
static __always_inline __u32 word(const __u8 *b)
{
	return b[0] | b[1] << 8 | b[2] << 16 | (__u32)b[3] << 24;
}

static __u64 ctl_read(struct mdev_bpf_dev *dev, struct kdev_state *s, __u32 reg)
{
	switch (reg) {
	case KDEV_CTL_NR_LOG:
		return s->nr_log;
	case KDEV_CTL_RESULT:
		return s->result;
	case KDEV_CTL_MODE:
		return mdev_bpf_irq_mode(dev);
	case KDEV_CTL_CFG_READ:
		return mdev_bpf_config_read(dev, s->cfg_off, s->cfg_size);
	case KDEV_CTL_TYPE:
		return dev->type;
	case KDEV_CTL_ARG:
		return dev->arg;
	case KDEV_CTL_INSTANCE:
		return dev->instance;
	case KDEV_CTL_UUID:
		return word(dev->uuid);
	case KDEV_CTL_UUID + 4:
		return word(dev->uuid + 4);
	case KDEV_CTL_UUID + 8:
		return word(dev->uuid + 8);
	case KDEV_CTL_UUID + 12:
		return word(dev->uuid + 12);
	case KDEV_CTL_SLOW:
		return slow(dev);
	case KDEV_CTL_MAGIC:
		return magic;
	case KDEV_CTL_OVERLAP:
		return overlap(s);
	}
	return 0;
}

static void ctl_write(struct mdev_bpf_dev *dev, struct kdev_state *s, __u32 reg, __u32 val)
{
	switch (reg) {
	case KDEV_CTL_NR_LOG:
		s->nr_log = 0;
		break;
	case KDEV_CTL_LEVEL:
		s->result = mdev_bpf_irq_set(dev, val);
		break;
	case KDEV_CTL_VECTOR:
		s->result = mdev_bpf_irq_trigger(dev, val);
		break;
	case KDEV_CTL_FAIL_AT:
		s->fail_at = val;
		break;
	case KDEV_CTL_FAIL_WITH:
		s->fail_with = val;
		break;
	case KDEV_CTL_CFG_OFF:
		s->cfg_off = val;
		break;
	case KDEV_CTL_CFG_SIZE:
		s->cfg_size = val;
		break;
	case KDEV_CTL_CFG_WRITE:
		s->result = mdev_bpf_config_write(dev, s->cfg_off, s->cfg_size, val);
		break;
	}
}

static int bar_access(struct kdev_state *s, struct mdev_bpf_access *a, bool write)
{
	__u32 bar = bar_of(a->region), i;
	__u64 val = 0;

	log_access(s, a, write);
	if (s->fail_with && a->offset >= s->fail_at)
		return s->fail_with;
	if (bar >= 3)
		return -EINVAL;
	for (i = 0; i < 8 && i < a->size; i++) {
		__u32 at = (a->offset + i) & (KDEV_BAR_SIZE - 1);

		if (write)
			s->bar[bar][at] = a->val >> (8 * i);
		else
			val |= (__u64)s->bar[bar][at] << (8 * i);
	}
	if (!write)
		a->val = val;
	return 0;
}

static __u64 log_read(struct kdev_state *s, struct mdev_bpf_access *a)
{
	__u64 i = a->offset / sizeof(struct kdev_entry);
	struct kdev_entry *e;

	if (i >= KDEV_LOG_MAX)
		return 0;
	e = &s->log[i];
	if (a->offset & 8)
		return e->val;
	return e->region | e->size << 8 | e->write << 16 | (__u64)e->offset << 32;
}

int MDEV_BPF_OP(kdev_region_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kdev_state *s = mdev_bpf_state(dev, struct kdev_state);

	count(KDEV_READ);
	if (!s)
		return -ENOMEM;
	if (a->region == KDEV_CTL)
		a->val = ctl_read(dev, s, a->offset);
	else if (a->region == KDEV_LOG)
		a->val = log_read(s, a);
	else
		return bar_access(s, a, false);
	return 0;
}

int MDEV_BPF_OP(kdev_region_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kdev_state *s = mdev_bpf_state(dev, struct kdev_state);

	count(KDEV_WRITE);
	if (!s)
		return -ENOMEM;
	if (a->region != KDEV_CTL)
		return bar_access(s, a, true);
	ctl_write(dev, s, a->offset, a->val);
	return 0;
}

int MDEV_BPF_OP(kdev_init, struct mdev_bpf_dev *dev)
{
	count(KDEV_INIT);
	return dev->arg == 0xbad ? -EDOM : 0;
}

void MDEV_BPF_OP(kdev_exit, struct mdev_bpf_dev *dev)
{
	count(KDEV_EXIT);
}

int MDEV_BPF_OP(kdev_open, struct mdev_bpf_dev *dev)
{
	count(KDEV_OPEN);
	return dev->arg == 0xdead ? -EDOM : 0;
}

void MDEV_BPF_OP(kdev_close, struct mdev_bpf_dev *dev)
{
	count(KDEV_CLOSE);
}

int MDEV_BPF_OP(kdev_reset, struct mdev_bpf_dev *dev)
{
	count(KDEV_RESET);
	return 0;
}

#define KDEV_REGION(i, n, acc, f) \
	{ .index = (i), .size = (n), .access_size = (acc), .flags = (f) }
#define MEM_RW	MDEV_BPF_REGION_RW

MDEV_BPF_DEVICE(kdev,
		.init = kdev_init,
		.exit = kdev_exit,
		.open = kdev_open,
		.close = kdev_close,
		.reset = kdev_reset,
		.region_read = kdev_region_read,
		.region_write = kdev_region_write,
		.description = "selftest device",
		.device_api = "vfio-pci",
		.max_instances = 8,
		.state_size = sizeof(struct kdev_state),
		.state_version = KDEV_STATE_VERSION,
		.types = {
			{ .name = "a", .pretty_name = "Selftest A", .arg = 0x1234 },
			{ .name = "b", .arg = 0x5678, .units = 3 },
			{ .name = "noinit", .arg = 0xbad },
			{ .name = "noopen", .arg = 0xdead },
		},
		.pci = {
			.vendor = 0x1234, .device = 0x5678,
			.subsystem_vendor = 0x9abc, .subsystem_device = 0xdef0,
			.class_code = 0xff0102, .revision = 3,
		},
		.regions = {
			KDEV_REGION(0, KDEV_BAR_SIZE, 0, MEM_RW),
			KDEV_REGION(1, KDEV_CTL_SIZE, 4, MEM_RW | MDEV_BPF_REGION_IO),
			KDEV_REGION(2, KDEV_BAR_SIZE, 8, MEM_RW | MDEV_BPF_REGION_PREFETCH),
			{ .index = 3, .size = KDEV_BAR_SIZE, .access_size = 1, .flags = MEM_RW,
				.types = 0xd },
			KDEV_REGION(KDEV_LOG, KDEV_LOG_BAR_SIZE, 8,
				    MDEV_BPF_REGION_READ | MDEV_BPF_REGION_64BIT),
		},
		.irqs = {
			{ .count = 1 },
			{ .index = 1, .count = KDEV_MSI },
		});
