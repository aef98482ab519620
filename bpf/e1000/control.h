/* SPDX-License-Identifier: GPL-2.0-only */
/* Power on, the resets by CTRL (14.3), and what the driver switches on and off. */
#ifndef __E1000_CONTROL_H
#define __E1000_CONTROL_H

#include "eeprom.h"
#include "phy.h"
#include "transmit.h"

#define E1000_CLEAR	64	/* registers that are cleared at a time */

#define E1000_PBA_RESET		0x00100030	/* 16 KiB to transmit, 48 KiB to receive */
#define E1000_TIPG_RESET	0x00602008
#define E1000_LEDCTL_RESET	0x07061302
#define E1000_VET_RESET		0x8100

static __always_inline void e1000_clear(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	int i;

	mdev_bpf_for(i, dev, 0, E1000_REG_END / 4 / E1000_CLEAR) {
		__u64 at = (__u64)i * E1000_CLEAR;

		barrier_var(at);
		if (at > E1000_REG_END / 4 - E1000_CLEAR)
			break;
		barrier_var(at);
		__builtin_memset(&s->reg[at], 0, E1000_CLEAR * 4);
	}
}

/* The initial values of registers, and those that come from the EEPROM */
static __always_inline void e1000_defaults(struct e1000_state *s)
{
	E1000_VALUE(s, CTRL) = E1000_CTRL_FD | E1000_CTRL_SPEED_1000;
	E1000_VALUE(s, EECD) = E1000_EECD_PRES | E1000_EECD_DO;
	E1000_VALUE(s, VET) = E1000_VET_RESET;
	E1000_VALUE(s, TIPG) = E1000_TIPG_RESET;
	E1000_VALUE(s, LEDCTL) = E1000_LEDCTL_RESET;
	E1000_VALUE(s, PBA) = E1000_PBA_RESET;
	E1000_VALUE(s, RXCSUM) = E1000_RXCSUM_IPOFL | E1000_RXCSUM_TUOFL;
	E1000_VALUE(s, RAL) = s->eeprom[0] | s->eeprom[1] << 16;
	E1000_VALUE(s, RAH) = s->eeprom[2] | E1000_RAH_AV;
}

/* Frames that have arrived are lost. */
static __always_inline void e1000_stop_receiver(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	e1000_ring_stop(dev, s, E1000_RX);
	s->first = s->last;
}

static __always_inline void e1000_stop_transmitter(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	e1000_ring_stop(dev, s, E1000_TX);
	__builtin_memset(&s->packet, 0, sizeof(s->packet));
}

/* CTRL.RST reads as 1 until no request of before the reset is in progress. */
static __always_inline void e1000_reset_over(struct e1000_state *s)
{
	if (s->ring[E1000_TX].stale || s->ring[E1000_RX].stale)
		E1000_VALUE(s, CTRL) |= E1000_CTRL_RST;
	else
		E1000_VALUE(s, CTRL) &= ~E1000_CTRL_RST;
}

/* CTRL.RST: everything but the PHY */
int MDEV_BPF_FUNC(e1000_reset, dev)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	if (!s)
		return -EIO;
	e1000_stop_receiver(dev, s);
	e1000_stop_transmitter(dev, s);
	e1000_clear(dev, s);
	e1000_defaults(s);
	e1000_status_update(s);
	e1000_reset_over(s);
	mdev_bpf_timer_cancel(dev, E1000_TIMER_ITR);
	mdev_bpf_timer_cancel(dev, E1000_TIMER_RX);
	mdev_bpf_timer_cancel(dev, E1000_TIMER_TX);
	s->asserted = 0;
	s->wire_bits = 0;
	s->wire_in = 0;
	e1000_line_update(dev, s);
	return 0;
}

/* As after power on: no request is in progress. */
static __always_inline int e1000_power_on(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					  struct e1000_state *s)
{
	int ret = e1000_eeprom_fill(dev, s);

	if (ret)
		return ret;
	s->ring[E1000_TX].busy = 0;
	s->ring[E1000_TX].stale = 0;
	s->ring[E1000_RX].busy = 0;
	s->ring[E1000_RX].stale = 0;
	e1000_phy_reset(s);
	s->link = 0;
	s->io_addr = 0;
	return e1000_reset(ctx);
}

/* CTRL was written. */
static __always_inline void e1000_control(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					  struct e1000_state *s)
{
	__u32 *ctrl = &E1000_VALUE(s, CTRL);
	bool phy = *ctrl & E1000_CTRL_PHY_RST;

	*ctrl &= ~E1000_CTRL_PHY_RST;
	if (phy)
		e1000_phy_reset(s);
	if (*ctrl & E1000_CTRL_RST)
		e1000_reset(ctx);
	e1000_link_update(dev, s);
}

#endif /* __E1000_CONTROL_H */
