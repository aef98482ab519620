/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts of the PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, which
 * the card and its tests use, for the 82540EM. The comments name the manual's chapters. All numbers
 * are little endian.
 */
#ifndef __E1000_SPEC_H
#define __E1000_SPEC_H

#include <linux/types.h>

#define E1000_PCI_VENDOR	0x8086
#define E1000_PCI_DEVICE	0x100e

#define E1000_BAR		0
#define E1000_BAR_SIZE		0x20000
#define E1000_IO_BAR		2
#define E1000_IO_SIZE		64
#define E1000_IO_ADDR		0x0	/* of the register that IO_DATA accesses */
#define E1000_IO_DATA		0x4

/* 13.4: registers */
#define E1000_REG_CTRL		0x0000
#define E1000_REG_STATUS	0x0008
#define E1000_REG_EECD		0x0010
#define E1000_REG_EERD		0x0014
#define E1000_REG_CTRL_EXT	0x0018
#define E1000_REG_FLA		0x001c
#define E1000_REG_MDIC		0x0020
#define E1000_REG_FCAL		0x0028
#define E1000_REG_FCAH		0x002c
#define E1000_REG_FCT		0x0030
#define E1000_REG_VET		0x0038
#define E1000_REG_ICR		0x00c0
#define E1000_REG_ITR		0x00c4
#define E1000_REG_ICS		0x00c8
#define E1000_REG_IMS		0x00d0
#define E1000_REG_IMC		0x00d8
#define E1000_REG_RCTL		0x0100
#define E1000_REG_FCTTV		0x0170
#define E1000_REG_TXCW		0x0178
#define E1000_REG_RXCW		0x0180
#define E1000_REG_TCTL		0x0400
#define E1000_REG_TIPG		0x0410
#define E1000_REG_AIFS		0x0458
#define E1000_REG_LEDCTL	0x0e00
#define E1000_REG_PBA		0x1000
#define E1000_REG_FCRTL		0x2160
#define E1000_REG_FCRTH		0x2168
#define E1000_REG_RDFH		0x2410
#define E1000_REG_RDBAL		0x2800
#define E1000_REG_RDBAH		0x2804
#define E1000_REG_RDLEN		0x2808
#define E1000_REG_RDH		0x2810
#define E1000_REG_RDT		0x2818
#define E1000_REG_RDTR		0x2820
#define E1000_REG_RXDCTL	0x2828
#define E1000_REG_RADV		0x282c
#define E1000_REG_RSRPD		0x2c00
#define E1000_REG_TXDMAC	0x3000
#define E1000_REG_TDFH		0x3410
#define E1000_REG_TDBAL		0x3800
#define E1000_REG_TDBAH		0x3804
#define E1000_REG_TDLEN		0x3808
#define E1000_REG_TDH		0x3810
#define E1000_REG_TDT		0x3818
#define E1000_REG_TIDV		0x3820
#define E1000_REG_TXDCTL	0x3828
#define E1000_REG_TADV		0x382c
#define E1000_REG_TSPMT		0x3830
#define E1000_REG_RXCSUM	0x5000
#define E1000_REG_MTA		0x5200
#define E1000_REG_RAL		0x5400
#define E1000_REG_RAH		0x5404
#define E1000_REG_VFTA		0x5600
#define E1000_REG_WUC		0x5800
#define E1000_REG_WUFC		0x5808
#define E1000_REG_WUS		0x5810
#define E1000_REG_MANC		0x5820
#define E1000_REG_IPAV		0x5838
#define E1000_REG_IP4AT		0x5840
#define E1000_REG_IP6AT		0x5880
#define E1000_REG_WUPL		0x5900
#define E1000_REG_END		0x6000	/* nothing else is kept */

#define E1000_MTA_SIZE		128
#define E1000_RA_SIZE		16
#define E1000_VFTA_SIZE		128

/* 13.7: statistics; reading one clears it */
#define E1000_REG_STATS		0x4000
#define E1000_STATS		64
#define E1000_REG_MPC		0x4010	/* missed packets */
#define E1000_REG_RLEC		0x4040	/* length errors */
#define E1000_REG_PRC64		0x405c	/* received, by size: 64, -127, -255, -511, -1023, more */
#define E1000_REG_GPRC		0x4074	/* good packets received */
#define E1000_REG_BPRC		0x4078	/* broadcasts */
#define E1000_REG_MPRC		0x407c	/* multicasts */
#define E1000_REG_GPTC		0x4080	/* good packets transmitted */
#define E1000_REG_GORCL		0x4088	/* good octets received; then the upper half */
#define E1000_REG_GOTCL		0x4090
#define E1000_REG_RNBC		0x40a0	/* no buffers */
#define E1000_REG_RUC		0x40a4	/* undersize */
#define E1000_REG_ROC		0x40ac	/* oversize */
#define E1000_REG_TORL		0x40c0	/* total octets received */
#define E1000_REG_TOTL		0x40c8
#define E1000_REG_TPR		0x40d0	/* total packets */
#define E1000_REG_TPT		0x40d4
#define E1000_REG_PTC64		0x40d8
#define E1000_REG_MPTC		0x40f0
#define E1000_REG_BPTC		0x40f4
#define E1000_REG_TSCTC		0x40f8	/* TCP segmentation contexts */
#define E1000_REG_TSCTFC	0x40fc	/* those that failed */

/* CTRL */
#define E1000_CTRL_FD		(1 << 0)
#define E1000_CTRL_ASDE		(1 << 5)
#define E1000_CTRL_SLU		(1 << 6)	/* set link up */
#define E1000_CTRL_SPEED(c)	((c) >> 8 & 3)	/* 10, 100, 1000 Mb/s */
#define E1000_CTRL_SPEED_1000	(2 << 8)
#define E1000_CTRL_FRCSPD	(1 << 11)
#define E1000_CTRL_FRCDPLX	(1 << 12)
#define E1000_CTRL_RST		(1 << 26)
#define E1000_CTRL_VME		(1 << 30)	/* VLAN mode */
#define E1000_CTRL_PHY_RST	(1U << 31)

/* STATUS */
#define E1000_STATUS_FD		(1 << 0)
#define E1000_STATUS_LU		(1 << 1)
#define E1000_STATUS_SPEED(n)	((__u32)(n) << 6 | (__u32)(n) << 8)	/* and ASDV */

/* EECD: the pins of the EEPROM; EERD: a word of it */
#define E1000_EECD_SK		(1 << 0)
#define E1000_EECD_CS		(1 << 1)
#define E1000_EECD_DI		(1 << 2)
#define E1000_EECD_DO		(1 << 3)
#define E1000_EECD_REQ		(1 << 6)
#define E1000_EECD_GNT		(1 << 7)
#define E1000_EECD_PRES		(1 << 8)

#define E1000_EERD_START	(1 << 0)
#define E1000_EERD_DONE		(1 << 4)
#define E1000_EERD_ADDR(e)	((e) >> 8 & 0xff)
#define E1000_EERD_DATA(word)	((__u32)(word) << 16)

/* 5.6: words of the EEPROM */
#define E1000_EEPROM_WORDS	64
#define E1000_EEPROM_SUM	0xbaba	/* of all words */

/* MDIC */
#define E1000_MDIC_DATA(m)	((m) & 0xffff)
#define E1000_MDIC_REG(m)	((m) >> 16 & 31)
#define E1000_MDIC_PHY(m)	((m) >> 21 & 31)
#define E1000_MDIC_WRITE	(1 << 26)
#define E1000_MDIC_READ		(2 << 26)
#define E1000_MDIC_READY	(1 << 28)
#define E1000_MDIC_INT		(1 << 29)
#define E1000_MDIC_ERROR	(1 << 30)
#define E1000_PHY_ADDRESS	1

/* 13.4.17: interrupt causes */
#define E1000_ICR_TXDW		(1 << 0)	/* a transmit descriptor was written back */
#define E1000_ICR_TXQE		(1 << 1)	/* the transmit queue is empty */
#define E1000_ICR_LSC		(1 << 2)	/* the link has changed */
#define E1000_ICR_RXDMT0	(1 << 4)	/* few receive descriptors are left */
#define E1000_ICR_RXO		(1 << 6)	/* receiver overrun */
#define E1000_ICR_RXT0		(1 << 7)	/* receiver timer */
#define E1000_ICR_MDAC		(1 << 9)	/* an MDIO access is complete */
#define E1000_ICR_WRITE		0x1ffff

/* RCTL */
#define E1000_RCTL_EN		(1 << 1)
#define E1000_RCTL_UPE		(1 << 3)	/* unicast promiscuous */
#define E1000_RCTL_MPE		(1 << 4)	/* multicast promiscuous */
#define E1000_RCTL_LPE		(1 << 5)	/* long packets */
#define E1000_RCTL_LBM_MAC	(1 << 6)	/* loopback */
#define E1000_RCTL_LBM		(3 << 6)
#define E1000_RCTL_RDMTS(r)	((r) >> 8 & 3)	/* RDMT0: 1/2, 1/4, 1/8 of the ring */
#define E1000_RCTL_MO(r)	((r) >> 12 & 3)	/* multicast offset */
#define E1000_RCTL_BAM		(1 << 15)	/* accept broadcasts */
#define E1000_RCTL_BSIZE(r)	((r) >> 16 & 3)	/* 2048, 1024, 512, 256 */
#define E1000_RCTL_VFE		(1 << 18)	/* VLAN filter */
#define E1000_RCTL_CFIEN	(1 << 19)
#define E1000_RCTL_CFI		(1 << 20)
#define E1000_RCTL_BSEX		(1 << 25)	/* 16 times the size */
#define E1000_RCTL_SECRC	(1 << 26)	/* strip the CRC */
#define E1000_RCTL_WRITE	0x06dfb3fe

#define E1000_TCTL_EN		(1 << 1)
#define E1000_TCTL_PSP		(1 << 3)	/* pad short packets */

#define E1000_RDTR_FPD		(1U << 31)	/* flush a partial block */

#define E1000_RXCSUM_PCSS(r)	((r) & 0xff)
#define E1000_RXCSUM_IPOFL	(1 << 8)
#define E1000_RXCSUM_TUOFL	(1 << 9)

#define E1000_RAH_AS(r)		((r) >> 16 & 3)	/* 0: destination, 1: source */
#define E1000_RAH_AV		(1U << 31)

/* 3.2.3: receive descriptor */
struct e1000_rx_desc {
	__u64 addr;
	__u16 length;
	__u16 checksum;
	__u8 status;
	__u8 errors;
	__u16 special;
};

#define E1000_RXD_DD		(1 << 0)
#define E1000_RXD_EOP		(1 << 1)
#define E1000_RXD_IXSM		(1 << 2)	/* no checksum was checked */
#define E1000_RXD_VP		(1 << 3)	/* had a VLAN tag, which is in @special */
#define E1000_RXD_TCPCS		(1 << 5)
#define E1000_RXD_IPCS		(1 << 6)
#define E1000_RXD_PIF		(1 << 7)	/* has passed an inexact filter */

#define E1000_RXD_TCPE		(1 << 5)
#define E1000_RXD_IPE		(1 << 6)
#define E1000_RXD_RXE		(1 << 7)

/* 3.3.3, 3.3.6, 3.3.7: transmit descriptors */
struct e1000_tx_desc {
	union {
		__u64 addr;
		struct {
			__u8 ipcss, ipcso;
			__u16 ipcse;
			__u8 tucss, tucso;
			__u16 tucse;
		};
	};
	__u32 cmd;		/* length, type, E1000_TXD_* */
	__u8 status;
	__u8 options;		/* CSS, POPTS or HDRLEN */
	__u16 special;		/* VLAN tag, or MSS */
};

#define E1000_TXD_LENGTH(cmd)	((cmd) & 0xffff)	/* legacy */
#define E1000_TXD_CSO(cmd)	((cmd) >> 16 & 0xff)
#define E1000_TXD_DTALEN(cmd)	((cmd) & 0xfffff)	/* extended; of a context PAYLEN */
#define E1000_TXD_DTYP(cmd)	((cmd) >> 20 & 15)
#define E1000_TXD_DATA		1
#define E1000_TXD_EOP		(1 << 24)
#define E1000_TXD_IFCS		(1 << 25)	/* insert the CRC */
#define E1000_TXD_IC		(1 << 26)	/* insert a checksum (legacy) */
#define E1000_TXD_TSE		(1 << 26)	/* TCP segmentation (extended) */
#define E1000_TXD_RS		(1 << 27)	/* report status */
#define E1000_TXD_DEXT		(1 << 29)	/* extended */
#define E1000_TXD_VLE		(1 << 30)	/* insert a VLAN tag */
#define E1000_TXD_IDE		(1U << 31)	/* delay the interrupt */
#define E1000_TXD_TCP		(1 << 24)	/* of a context */
#define E1000_TXD_IP		(1 << 25)	/* of a context: version 4 */

#define E1000_TXD_IXSM		(1 << 0)	/* POPTS: insert the IP checksum */
#define E1000_TXD_TXSM		(1 << 1)	/* and that of TCP or UDP */

#define E1000_TXD_DD		(1 << 0)

/* Of both */
#define E1000_DESC_SIZE		16

#define E1000_FCS		4	/* bytes of the CRC of a frame */

#endif /* __E1000_SPEC_H */
