/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PHY (chapter 11, IEEE 802.3 clause 22) behind MDIC, and the link. Negotiation takes no time:
 * the other end of the cable can do all that a card may want. The speed is shown, and has no other
 * effect.
 */
#ifndef __E1000_PHY_H
#define __E1000_PHY_H

#include "cable.h"
#include "interrupt.h"

/* Registers of the PHY */
enum {
	E1000_PHY_CTRL, E1000_PHY_STATUS, E1000_PHY_ID1, E1000_PHY_ID2, E1000_PHY_ADVERTISE,
	E1000_PHY_PARTNER, E1000_PHY_EXPANSION, E1000_PHY_GIG_CTRL = 9, E1000_PHY_GIG_STATUS,
	E1000_PHY_EXT_STATUS = 15, E1000_PHY_SPEC_CTRL, E1000_PHY_SPEC_STATUS,
	E1000_PHY_EXT_SPEC_CTRL = 20,
};

#define E1000_PHY_RESET		(1 << 15)
#define E1000_PHY_SPEED(c)	((c) >> 5 & 2 | (c) >> 13 & 1)	/* bits 6 and 13 */
#define E1000_PHY_NEGOTIATE	(1 << 12)
#define E1000_PHY_POWER_DOWN	(1 << 11)
#define E1000_PHY_RESTART	(1 << 9)
#define E1000_PHY_DUPLEX	(1 << 8)
#define E1000_PHY_CTRL_RESET	0x1140		/* negotiate; 1000 Mb/s, full duplex */

#define E1000_PHY_CAN		0x7949		/* all speeds but 100BASE-T4, extended status */
#define E1000_PHY_HAS_LINK	(1 << 2)
#define E1000_PHY_NEGOTIATED	(1 << 5)

#define E1000_PHY_ID		0x01410c20	/* of the 82540EM's */
#define E1000_PHY_ALL		0x01e1		/* 10 and 100 Mb/s, half and full duplex */
#define E1000_PHY_ACKNOWLEDGE	(1 << 14)
#define E1000_PHY_GIG_FULL	(1 << 9)	/* of 1000BASE-T Control */
#define E1000_PHY_GIG_HALF	(1 << 8)
#define E1000_PHY_GIG_PARTNER	0x3c00		/* both receivers are fine; half and full duplex */
#define E1000_PHY_EXT_GIG	0x3000

/* Registers of this PHY alone: what was resolved */
#define E1000_PHY_SPEC_RESET	0x0060		/* automatic crossover */
#define E1000_PHY_SPEC_SPEED(n)	((n) << 14)
#define E1000_PHY_SPEC_DUPLEX	(1 << 13)
#define E1000_PHY_SPEC_RESOLVED	(1 << 11)
#define E1000_PHY_SPEC_LINK	(1 << 10)

struct e1000_mode {
	__u32 speed;		/* 0 to 2: 10, 100, 1000 Mb/s */
	bool full;
};

/* What the PHY is set to, or has negotiated */
static __always_inline struct e1000_mode e1000_phy_mode(const struct e1000_state *s)
{
	__u32 ctrl = s->phy[E1000_PHY_CTRL], gig = s->phy[E1000_PHY_GIG_CTRL];
	__u32 other = s->phy[E1000_PHY_ADVERTISE];

	if (!(ctrl & E1000_PHY_NEGOTIATE))
		return (struct e1000_mode){ E1000_PHY_SPEED(ctrl), ctrl & E1000_PHY_DUPLEX };
	if (gig & (E1000_PHY_GIG_FULL | E1000_PHY_GIG_HALF))
		return (struct e1000_mode){ 2, gig & E1000_PHY_GIG_FULL };
	if (other & (1 << 8 | 1 << 7))
		return (struct e1000_mode){ 1, other & 1 << 8 };
	return (struct e1000_mode){ 0, other & 1 << 6 };
}

/* The driver's bits in CTRL come before what the PHY has found. */
static __always_inline void e1000_status_update(struct e1000_state *s)
{
	__u32 ctrl = E1000_VALUE(s, CTRL), status = 0;
	struct e1000_mode mode = e1000_phy_mode(s);

	if (ctrl & E1000_CTRL_FRCSPD)
		mode.speed = E1000_CTRL_SPEED(ctrl);
	if (ctrl & E1000_CTRL_FRCDPLX)
		mode.full = ctrl & E1000_CTRL_FD;
	if (mode.full)
		status |= E1000_STATUS_FD;
	if (s->link && ctrl & E1000_CTRL_SLU)
		status |= E1000_STATUS_LU;
	E1000_VALUE(s, STATUS) = status | E1000_STATUS_SPEED(mode.speed);
}

/* The cable, CTRL or the PHY may have changed: show it, and interrupt if the link has changed. */
static __always_inline void e1000_link_update(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	__u32 old = E1000_VALUE(s, STATUS);

	s->link = !(s->phy[E1000_PHY_CTRL] & E1000_PHY_POWER_DOWN) && e1000_cable_is_in(dev);
	if (!s->link)
		s->link_lost = 1;
	e1000_status_update(s);
	if ((old ^ E1000_VALUE(s, STATUS)) & E1000_STATUS_LU)
		e1000_interrupt(dev, s, E1000_ICR_LSC);
}

static __always_inline void e1000_phy_reset(struct e1000_state *s)
{
	__builtin_memset(s->phy, 0, sizeof(s->phy));
	s->phy[E1000_PHY_CTRL] = E1000_PHY_CTRL_RESET;
	s->phy[E1000_PHY_ID1] = E1000_PHY_ID >> 16;
	s->phy[E1000_PHY_ID2] = E1000_PHY_ID & 0xffff;
	s->phy[E1000_PHY_ADVERTISE] = E1000_PHY_ALL;
	s->phy[E1000_PHY_GIG_CTRL] = E1000_PHY_GIG_FULL;
	s->phy[E1000_PHY_EXT_STATUS] = E1000_PHY_EXT_GIG;
	s->phy[E1000_PHY_SPEC_CTRL] = E1000_PHY_SPEC_RESET;
}

/* The link's bit says if it was lost, too, until it is read. */
static __always_inline __u16 e1000_phy_status(struct e1000_state *s)
{
	__u16 val = E1000_PHY_CAN;

	if (s->link && !s->link_lost)
		val |= E1000_PHY_HAS_LINK;
	if (s->link && s->phy[E1000_PHY_CTRL] & E1000_PHY_NEGOTIATE)
		val |= E1000_PHY_NEGOTIATED;
	s->link_lost = 0;
	return val;
}

static __always_inline __u16 e1000_phy_spec_status(const struct e1000_state *s)
{
	struct e1000_mode mode = e1000_phy_mode(s);

	return E1000_PHY_SPEC_SPEED(mode.speed) | (mode.full ? E1000_PHY_SPEC_DUPLEX : 0) |
	       (s->link ? E1000_PHY_SPEC_RESOLVED | E1000_PHY_SPEC_LINK : 0);
}

static __always_inline __u16 e1000_phy_read(struct e1000_state *s, __u32 reg)
{
	__u16 *val = mdev_bpf_at(s->phy, reg);

	switch (reg) {
	case E1000_PHY_STATUS:
		return e1000_phy_status(s);
	case E1000_PHY_PARTNER:
		return s->link ? E1000_PHY_ALL | E1000_PHY_ACKNOWLEDGE : 0;
	case E1000_PHY_EXPANSION:
		return s->link;		/* the partner negotiates, too */
	case E1000_PHY_GIG_STATUS:
		return s->link ? E1000_PHY_GIG_PARTNER : 0;
	case E1000_PHY_SPEC_STATUS:
		return e1000_phy_spec_status(s);
	}
	return val ? *val : 0;
}

static __always_inline void e1000_phy_write(struct mdev_bpf_dev *dev, struct e1000_state *s,
					    __u32 reg, __u16 data)
{
	__u16 *val = mdev_bpf_at(s->phy, reg);

	switch (reg) {
	case E1000_PHY_STATUS:
	case E1000_PHY_ID1:
	case E1000_PHY_ID2:
	case E1000_PHY_EXT_STATUS:
		return;
	}
	if (!val)
		return;
	*val = data;
	if (reg != E1000_PHY_CTRL)
		return;
	/* A reset keeps the modes that the driver has chosen. */
	*val &= ~(E1000_PHY_RESET | E1000_PHY_RESTART);
	e1000_link_update(dev, s);
	if (data & E1000_PHY_RESTART && s->link)
		e1000_interrupt(dev, s, E1000_ICR_LSC);
}

/* MDIC was written. */
static __always_inline void e1000_mdic(struct mdev_bpf_dev *dev, struct e1000_state *s, __u32 val)
{
	__u32 reg = E1000_MDIC_REG(val);

	val &= ~(E1000_MDIC_READY | E1000_MDIC_ERROR);
	if (E1000_MDIC_PHY(val) != E1000_PHY_ADDRESS)
		val |= E1000_MDIC_ERROR;
	else if (val & E1000_MDIC_READ)
		val = (val & ~0xffffU) | e1000_phy_read(s, reg);
	else if (val & E1000_MDIC_WRITE)
		e1000_phy_write(dev, s, reg, E1000_MDIC_DATA(val));
	E1000_VALUE(s, MDIC) = val | E1000_MDIC_READY;
	if (val & E1000_MDIC_INT)
		e1000_interrupt(dev, s, E1000_ICR_MDAC);
}

#endif /* __E1000_PHY_H */
