// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS, every combination of index, data, action, start and count, in every
 * mode of the device: what comes back, and which mode the device is in then, against the rules
 * of vfio-pci, and of vfio-platform where the device is not PCI.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "progs/kirq.h"

#define DATA		(NONE | BOOL | EVENTFD)
#define ACTIONS		(MASK | UNMASK | TRIGGER)
#define MAX_FDS		8

/* Vectors of MSI that are enabled before each call, where MSI is */
#define MSI_ON		2

static const __u32 data_kinds[] = { 0, NONE, BOOL, EVENTFD, NONE | BOOL, BOOL | EVENTFD, 1 << 6 };
static const __u32 action_kinds[] = { 0, MASK, UNMASK, TRIGGER, MASK | TRIGGER, MASK | UNMASK };
static const __u32 starts[] = { 0, 1, 2, 3, 4, 5, 0x7fffffff, 0xffffffff };
static const __u32 counts[] = { 0, 1, 2, 4, 5, 6, 0x80000000, 0xffffffff };

static int event, mask_event;

struct call {
	__u32 mode;	/* PCI: before the call */
	bool on;	/* not PCI: whether the index is enabled */
	__u32 index;
	__u32 data;
	__u32 action;
	__u32 start;
	__u32 count;
	bool no_fd;	/* the file descriptors are all -1 */
};

static void load(void)
{
	dev_need_module();
	event = event_new();
	mask_event = event_new();
}

static void up(const char *object, const char *map, const char *type)
{
	ASSERT_EQ(prog_open(&dev_prog2, object, map), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open(type);
}

static int set_irqs(const struct call *c)
{
	struct vfio_irq_set set = {
		.flags = c->data | c->action, .index = c->index, .start = c->start,
		.count = c->count,
	};
	int i, fds[MAX_FDS];

	for (i = 0; i < MAX_FDS; i++)
		fds[i] = c->no_fd ? -1 : c->action == TRIGGER ? event : mask_event;
	/* DATA_BOOL: bytes of descriptors would do as well, unless one of them is zero */
	if (c->data == BOOL)
		memset(fds, 1, sizeof(fds));
	return vfio_irq_set(&dev, &set, fds, sizeof(fds));
}

static void diag(const struct call *c, int got, int want, const char *what)
{
	mtap_fail(__FILE__, __LINE__,
		  "mode %u on %d index %u data %#x action %#x start %#x count %#x%s: %s %d, not %d",
		  c->mode, c->on, c->index, c->data, c->action, c->start, c->count,
		  c->no_fd ? " no fd" : "", what, got, want);
}

/* What VFIO checks of all devices: sizes, bounds, flags */
static bool is_malformed(const struct call *c, __u32 total)
{
	__u64 end = (__u64)c->start + c->count;

	if (c->data & ~DATA || end >= 0xffffffff || c->start >= total || end > total)
		return true;
	return c->data != NONE && c->data != BOOL && c->data != EVENTFD;
}

static int pci_mask_rule(const struct call *c)
{
	if (c->index != INTX)
		return -ENOTTY;
	if (c->mode != MDEV_BPF_IRQ_INTX || c->count != 1)
		return -EINVAL;
	return c->action == MASK && c->data == EVENTFD ? -ENOTTY : 0;
}

static int notify_rule(const struct call *c)
{
	/* Before each call there is an eventfd */
	if (c->data != NONE && !c->count)
		return -EINVAL;
	return 0;
}

/* vfio-pci: the result, and the mode that the device is in afterwards */
static int pci_rule(const struct call *c, __u32 *mode)
{
	static const __u32 totals[] = { 1, KIRQ_NR_MSI, KIRQ_NR_MSIX, 1, 1 };
	__u32 own = c->index + MDEV_BPF_IRQ_INTX;

	*mode = c->mode;
	if (c->index >= VFIO_PCI_NUM_IRQS || is_malformed(c, totals[c->index]))
		return -EINVAL;
	if (c->action == MASK || c->action == UNMASK)
		return pci_mask_rule(c);
	if (c->action != TRIGGER)
		return -ENOTTY;
	if (c->index == ERR || c->index == REQ)
		return notify_rule(c);
	if (c->mode == own && !c->count && c->data == NONE) {
		*mode = MDEV_BPF_IRQ_OFF;
		return 0;
	}
	if (c->mode != own && c->mode != MDEV_BPF_IRQ_OFF)
		return -EINVAL;
	if (c->index == INTX && c->count != 1)
		return -EINVAL;
	if (c->data != EVENTFD)
		return c->mode == own ? 0 : -EINVAL;
	/* MSI's number of vectors stays as it is enabled */
	if (c->mode == own)
		return c->index == MSI && c->count && !c->no_fd &&
		       c->start + c->count > MSI_ON ? -EINVAL : 0;
	if (!(c->start + c->count))
		return -ERANGE;
	*mode = own;
	return 0;
}

static void pci_prepare(const struct call *c)
{
	const int fds[] = { event, event, event, event, event };
	unsigned int i;

	for (i = INTX; i <= MSIX; i++)
		vfio_irq_none(&dev, i, TRIGGER, 0);
	if (c->mode == MDEV_BPF_IRQ_INTX)
		ASSERT_EQ(vfio_irq_fds(&dev, INTX, 0, 1, fds), 0);
	if (c->mode == MDEV_BPF_IRQ_MSI)
		ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, MSI_ON, fds), 0);
	if (c->mode == MDEV_BPF_IRQ_MSIX)
		ASSERT_EQ(vfio_irq_fds(&dev, MSIX, 0, 1, fds), 0);
	if (c->index == ERR || c->index == REQ)
		ASSERT_EQ(vfio_irq_fd(&dev, c->index, TRIGGER, event), 0);
}

static void pci_call(const struct call *c)
{
	__u32 mode;
	int ret, want;

	pci_prepare(c);
	ret = set_irqs(c);
	want = pci_rule(c, &mode);
	if (ret != want)
		diag(c, ret, want, "returns");
	ret = dev_get(0, KIRQ_MODE, 4);
	if (ret != (int)mode)
		diag(c, ret, mode, "leaves mode");
}

/* vfio-platform, whose indices know nothing of each other; vectors are one more than it has */
static int plain_rule(const struct call *c, bool *on)
{
	static const __u32 totals[] = { 1, 1, 0, 1, 0, 4, 0, 0, 0 };
	bool line = c->index == KPLAT_LINE || c->index == KPLAT_LINE2;

	*on = c->on;
	if (c->index >= ARRAY_SIZE(totals) || is_malformed(c, totals[c->index]))
		return -EINVAL;
	if (c->action == MASK || c->action == UNMASK)
		return !line || c->count != 1 ? -EINVAL : 0;
	if (c->action != TRIGGER)
		return -ENOTTY;
	if (!c->count && c->data != NONE)
		return -EINVAL;
	if (!c->count)
		*on = false;
	else if (c->data == EVENTFD)
		*on = true;
	return 0;
}

static bool plain_is_on(__u32 index)
{
	dev_set(KPLAT_CTL, KIRQ_INDEX, 4, index);
	if (index == KPLAT_LINE || index == KPLAT_LINE2)
		return event_take(event);
	dev_set(KPLAT_CTL, KIRQ_SIGNAL, 4, 0);
	return (int)dev_get(KPLAT_CTL, KIRQ_RESULT, 4) != -ENXIO;
}

static void plain_call(const struct call *c)
{
	bool on, line = c->index == KPLAT_LINE || c->index == KPLAT_LINE2;
	int ret, want;

	if (c->index < MDEV_BPF_MAX_IRQS) {
		vfio_irq_none(&dev, c->index, TRIGGER, 0);
		vfio_irq_fd(&dev, c->index, MASK, -1);
		vfio_irq_fd(&dev, c->index, UNMASK, -1);
		vfio_irq_none(&dev, c->index, UNMASK, 1);
	}
	if (c->on && vfio_irq_fd(&dev, c->index, TRIGGER, event))
		return;	/* There is no such index to be on */
	event_take(event);
	ret = set_irqs(c);
	want = plain_rule(c, &on);
	if (ret != want)
		diag(c, ret, want, "returns");
	if (c->index >= MDEV_BPF_MAX_IRQS || line || want == -EINVAL)
		return;
	ret = plain_is_on(c->index);
	if (ret != on)
		diag(c, ret, on, "leaves it on");
}

static void all_counts(struct call *c, void (*run)(const struct call *c))
{
	unsigned int s, n;

	for (s = 0; s < ARRAY_SIZE(starts); s++)
		for (n = 0; n < ARRAY_SIZE(counts); n++) {
			c->start = starts[s];
			c->count = counts[n];
			run(c);
		}
}

/* Everything but the state that the device is in before */
static void all_calls(struct call *c, void (*run)(const struct call *c))
{
	static const __u32 indices[] = { 0, 1, 2, 3, 4, 5, 7, 8, 0xffffffff };
	unsigned int i, d, a;

	for (i = 0; i < ARRAY_SIZE(indices); i++)
		for (d = 0; d < ARRAY_SIZE(data_kinds); d++)
			for (a = 0; a < ARRAY_SIZE(action_kinds); a++) {
				c->index = indices[i];
				c->data = data_kinds[d];
				c->action = action_kinds[a];
				c->no_fd = false;
				all_counts(c, run);
				c->no_fd = true;
				if (c->data == EVENTFD)
					all_counts(c, run);
			}
}

static void pci(__u32 mode)
{
	struct call c = { .mode = mode };

	up("progs/kirq.bpf.o", "kirq", "kirq-1");
	all_calls(&c, pci_call);
}

MTAP_TEST(pci_off)
{
	pci(MDEV_BPF_IRQ_OFF);
}

MTAP_TEST(pci_intx)
{
	pci(MDEV_BPF_IRQ_INTX);
}

MTAP_TEST(pci_msi)
{
	pci(MDEV_BPF_IRQ_MSI);
}

MTAP_TEST(pci_msix)
{
	pci(MDEV_BPF_IRQ_MSIX);
}

static void plain(bool on)
{
	struct call c = { .on = on };

	ASSERT_EQ(prog_open(&dev_prog2, "progs/kapi.bpf.o", "kplat"), 0);
	ops_irq(prog_ops(&dev_prog2), KPLAT_VECTORS)->count = 4;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kplat-1");
	all_calls(&c, plain_call);
}

MTAP_TEST(platform_off)
{
	plain(false);
}

MTAP_TEST(platform_on)
{
	plain(true);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .after = dev_close,
};
