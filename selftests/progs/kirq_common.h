/* SPDX-License-Identifier: GPL-2.0-only */
/* The control block that kirq.bpf.c and kapi.bpf.c have in common. */
#ifndef KIRQ_COMMON_H
#define KIRQ_COMMON_H

#include "mdev_bpf.bpf.h"
#include "kirq.h"

static __u32 ctl_read(struct mdev_bpf_dev *dev, struct kirq_state *s, __u32 reg)
{
	switch (reg) {
	case KIRQ_RESULT:
		return s->result;
	case KIRQ_MODE:
		return mdev_bpf_irq_mode(dev);
	case KIRQ_CONFIG:
		return mdev_bpf_config_read(dev, 0, 4);
	case KIRQ_ACCESSES:
		return s->accesses;
	}
	if (reg >= KIRQ_UNMASKED)
		return s->unmasked[(reg - KIRQ_UNMASKED) / 4 & 7];
	return 0;
}

static void ctl_write(struct mdev_bpf_dev *dev, struct kirq_state *s, __u32 reg, __u32 val)
{
	switch (reg) {
	case KIRQ_LEVEL:
		s->result = mdev_bpf_irq_set(dev, val);
		break;
	case KIRQ_VECTOR:
		s->result = mdev_bpf_irq_trigger(dev, val);
		break;
	case KIRQ_INDEX:
		s->index = val;
		break;
	case KIRQ_LINE:
		s->result = mdev_bpf_irq_line(dev, s->index, val);
		break;
	case KIRQ_SIGNAL:
		s->result = mdev_bpf_irq_signal(dev, s->index, val);
		break;
	case KIRQ_CONFIG:
		s->result = mdev_bpf_config_write(dev, 0x40, 4, val);
		break;
	case KIRQ_CAP:
		s->result = mdev_bpf_pci_cap_offset(dev, val);
		break;
	case KIRQ_EOI:
		s->eoi = val;
		break;
	}
}

int MDEV_BPF_OP(kirq_irq_unmask, struct mdev_bpf_dev *dev, __u32 index)
{
	struct kirq_state *s = mdev_bpf_state(dev, struct kirq_state);

	if (!s)
		return 0;
	s->unmasked[index & 7]++;
	if (!s->eoi)
		return 0;
	/* The one that the device does not have does nothing */
	mdev_bpf_irq_set(dev, 0);
	mdev_bpf_irq_line(dev, index, 0);
	return 0;
}

#endif /* KIRQ_COMMON_H */
