/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the PrimeCell UART (PL011), for the program and its test. Names and numbers are
 * those of ARM DDI 0183, the technical reference manual.
 */
#ifndef PL011_H
#define PL011_H

#define PL011_DR		0x000
#define PL011_DR_FE		0x100	/* errors of the character: framing */
#define PL011_DR_PE		0x200	/* parity */
#define PL011_DR_BE		0x400	/* break */
#define PL011_DR_OE		0x800	/* overrun */
#define PL011_RSR		0x004	/* the same of the last one read, from bit 0 on */
#define PL011_FR		0x018
#define PL011_FR_CTS		0x001
#define PL011_FR_DSR		0x002
#define PL011_FR_DCD		0x004
#define PL011_FR_RXFE		0x010	/* receive FIFO empty */
#define PL011_FR_TXFF		0x020	/* transmit FIFO full */
#define PL011_FR_RXFF		0x040
#define PL011_FR_TXFE		0x080
#define PL011_FR_RI		0x100
#define PL011_ILPR		0x020
#define PL011_IBRD		0x024
#define PL011_FBRD		0x028
#define PL011_LCR_H		0x02c
#define PL011_LCR_BRK		0x01
#define PL011_LCR_FEN		0x10	/* FIFOs of 16, else of 1 */
#define PL011_LCR_WLEN		0x60
#define PL011_LCR_8BITS		0x60
#define PL011_CR		0x030
#define PL011_CR_UARTEN		0x0001
#define PL011_CR_LBE		0x0080	/* loop back */
#define PL011_CR_TXE		0x0100
#define PL011_CR_RXE		0x0200
#define PL011_CR_DTR		0x0400
#define PL011_CR_RTS		0x0800
#define PL011_CR_OUT1		0x1000
#define PL011_CR_OUT2		0x2000
#define PL011_CR_RTSEN		0x4000	/* automatic flow control */
#define PL011_CR_CTSEN		0x8000
#define PL011_IFLS		0x034
#define PL011_IMSC		0x038
#define PL011_RIS		0x03c
#define PL011_MIS		0x040
#define PL011_ICR		0x044
#define PL011_DMACR		0x048
#define PL011_PERIPH_ID		0xfe0	/* four registers of 8 bits */
#define PL011_PCELL_ID		0xff0	/* and four more */

/* IMSC, RIS, MIS, ICR */
#define PL011_INT_RI		0x001
#define PL011_INT_CTS		0x002
#define PL011_INT_DCD		0x004
#define PL011_INT_DSR		0x008
#define PL011_INT_RX		0x010
#define PL011_INT_TX		0x020
#define PL011_INT_RT		0x040	/* characters wait, and no other comes */
#define PL011_INT_FE		0x080
#define PL011_INT_PE		0x100
#define PL011_INT_BE		0x200
#define PL011_INT_OE		0x400
#define PL011_INT_ALL		0x7ff

#define PL011_FIFO_SIZE		16
#define PL011_CLOCK		24000000ULL	/* UARTCLK, in Hz */

#endif /* PL011_H */
