/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers, by the manual's chapter 13.4. E1000_ROWS() is the only list of them: the core
 * serves accesses to BAR 0 by it, and io.h those to the I/O ports.
 */
#ifndef __E1000_REGISTERS_H
#define __E1000_REGISTERS_H

#include "state.h"

#define E1000_CALL	.flags = MDEV_BPF_REGISTER_WRITE_CALL
#define E1000_EVERY_8	.stride = 8, .state_stride = 8

/* ROW(name, offset, what else differs from 0 in its struct mdev_bpf_register) */
#define E1000_ROWS(ROW)									\
	ROW(CTRL, 0x0000, .write = ~0U, E1000_CALL)					\
	ROW(STATUS, 0x0008)								\
	ROW(EECD, 0x0010, .write = E1000_EECD_WRITE, E1000_CALL)			\
	ROW(EERD, 0x0014, E1000_CALL)							\
	ROW(CTRL_EXT, 0x0018, .write = ~0U)						\
	ROW(FLA, 0x001c, .write = 0x3f)							\
	ROW(MDIC, 0x0020, E1000_CALL)							\
	ROW(FCAL, 0x0028, .write = ~0U)							\
	ROW(FCAH, 0x002c, .write = 0xffff)						\
	ROW(FCT, 0x0030, .write = 0xffff)						\
	ROW(VET, 0x0038, .write = 0xffff)						\
	ROW(ICR, 0x00c0, .write_one_clear = ~0U, .write_call = ~0U, .read_clear = ~0U,	\
	    .read_call = ~0U)								\
	ROW(ITR, 0x00c4, .write = 0xffff)						\
	ROW(ICS, 0x00c8, E1000_CALL)							\
	ROW(IMS, 0x00d0, E1000_CALL)							\
	ROW(IMC, 0x00d8, E1000_CALL)							\
	ROW(RCTL, 0x0100, .write = E1000_RCTL_WRITE, E1000_CALL)			\
	ROW(FCTTV, 0x0170, .write = 0xffff)						\
	ROW(TXCW, 0x0178, .write = 0xc000ffff)						\
	ROW(RXCW, 0x0180)								\
	ROW(TCTL, 0x0400, .write = 0x03fffffa, E1000_CALL)				\
	ROW(TIPG, 0x0410, .write = 0x3fffffff)						\
	ROW(AIFS, 0x0458, .write = 0xffff)						\
	ROW(LEDCTL, 0x0e00, .write = ~0U)						\
	ROW(PBA, 0x1000, .write = 0x7f)							\
	ROW(FCRTL, 0x2160, .write = 0x8000fff8)						\
	ROW(FCRTH, 0x2168, .write = 0xfff8)						\
	ROW(RDF, 0x2410, .count = 5, E1000_EVERY_8, .write = 0x1fff)			\
	ROW(RDBAL, 0x2800, .write = ~15U)						\
	ROW(RDBAH, 0x2804, .write = ~0U)						\
	ROW(RDLEN, 0x2808, .write = 0xfff80)						\
	ROW(RDH, 0x2810, .write = 0xffff)						\
	ROW(RDT, 0x2818, .write = 0xffff, .work = E1000_WORK_RX,			\
	    .flags = MDEV_BPF_REGISTER_DOORBELL)					\
	ROW(RDTR, 0x2820, .write = 0xffff, E1000_CALL)					\
	ROW(RXDCTL, 0x2828, .write = 0x013f3f3f)					\
	ROW(RADV, 0x282c, .write = 0xffff)						\
	ROW(RSRPD, 0x2c00, .write = 0xfff)						\
	ROW(TXDMAC, 0x3000, .write = 1)							\
	ROW(TDF, 0x3410, .count = 5, E1000_EVERY_8, .write = 0x1fff)			\
	ROW(TDBAL, 0x3800, .write = ~15U)						\
	ROW(TDBAH, 0x3804, .write = ~0U)						\
	ROW(TDLEN, 0x3808, .write = 0xfff80)						\
	ROW(TDH, 0x3810, .write = 0xffff)						\
	ROW(TDT, 0x3818, .write = 0xffff, .work = E1000_WORK_TX,			\
	    .flags = MDEV_BPF_REGISTER_DOORBELL)					\
	ROW(TIDV, 0x3820, .write = 0xffff)						\
	ROW(TXDCTL, 0x3828, .write = 0xff7f3f3f)					\
	ROW(TADV, 0x382c, .write = 0xffff)						\
	ROW(TSPMT, 0x3830, .write = ~0U)						\
	ROW(STAT, 0x4000, .count = E1000_STATS, .read_clear = ~0U)			\
	ROW(RXCSUM, 0x5000, .write = 0x7ff)						\
	ROW(MTA, 0x5200, .count = E1000_MTA_SIZE, .write = ~0U)				\
	ROW(RAL, 0x5400, .count = E1000_RA_SIZE, E1000_EVERY_8, .write = ~0U)		\
	ROW(RAH, 0x5404, .count = E1000_RA_SIZE, E1000_EVERY_8, .write = 0x8003ffff)	\
	ROW(VFTA, 0x5600, .count = E1000_VFTA_SIZE, .write = ~0U)			\
	ROW(WUC, 0x5800, .write = 0xf)							\
	ROW(WUFC, 0x5808, .write = 0xf80ff)						\
	ROW(WUS, 0x5810, .write_one_clear = ~0U)					\
	ROW(MANC, 0x5820, .write = ~0U)							\
	ROW(IPAV, 0x5838, .write = 0x1000f)						\
	ROW(IP4AT, 0x5840, .count = 4, E1000_EVERY_8, .write = ~0U)			\
	ROW(IP6AT, 0x5880, .count = 4, .write = ~0U)					\
	ROW(WUPL, 0x5900)

#define E1000_ROW_NAME(name, ...)	E1000_##name,
enum e1000_register { E1000_ROWS(E1000_ROW_NAME) E1000_REGISTERS };

/* A register of BAR 0. Its value is where its offset says, in e1000_state::reg. */
#define E1000_ROW_REG(reg_name, at, ...)						\
	MDEV_BPF_REG(#reg_name, E1000_BAR, at, struct e1000_state, reg[(at) / 4], ##__VA_ARGS__),

#endif /* __E1000_REGISTERS_H */
