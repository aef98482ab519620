/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The EEPROM (5.6): 64 words, read by EERD, or by EECD and a Microwire chip's protocol. It cannot
 * be written. Its first words are the card's address.
 */
#ifndef __E1000_EEPROM_H
#define __E1000_EEPROM_H

#include "state.h"

#define E1000_EECD_WRITE	(E1000_EECD_SK | E1000_EECD_CS | E1000_EECD_DI |		\
				 E1000_EECD_REQ | 0x30)

/* Microwire: a start bit, two bits of the operation and six of the address come in. */
#define E1000_WIRE_COMMAND	9
#define E1000_WIRE_READ		6	/* with the start bit */

/* Words; the others are 0 */
#define E1000_WORD_INIT1	0x0a
#define E1000_WORD_SUBSYSTEM	0x0b
#define E1000_WORD_SUBVENDOR	0x0c
#define E1000_WORD_DEVICE	0x0d
#define E1000_WORD_VENDOR	0x0e
#define E1000_WORD_SUM		0x3f

#define E1000_INIT1_VALID	0x4000	/* the signature; words 0x0b to 0x0e are loaded */

/* The value of a hexadecimal digit, or more than 15 */
static __always_inline __u32 e1000_digit(__u8 c)
{
	__u32 lower = c | 0x20;

	if (c >= '0' && c <= '9')
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

/* Read an address such as 52:54:00:12:34:56: it is one of a card, not of several. */
static __always_inline int e1000_parse_mac(const char *text, __u8 *mac)
{
	for (int i = 0; i < 6; i++) {
		__u32 high = e1000_digit(text[3 * i]), low = e1000_digit(text[3 * i + 1]);

		if (high > 15 || low > 15 || text[3 * i + 2] != (i < 5 ? ':' : 0))
			return -EINVAL;
		mac[i] = high << 4 | low;
	}
	return mac[0] & 1 ? -EINVAL : 0;
}

/* The parameter; or an address that is locally administered, with the end of the UUID. */
static __always_inline int e1000_mac(struct mdev_bpf_dev *dev, __u8 *mac)
{
	char text[18] = {};
	int size = mdev_bpf_param_text(dev, E1000_PARAM_MAC, text, sizeof(text));

	if (size)
		return e1000_parse_mac(text, mac);
	mac[0] = 0x02;
	for (int i = 1; i < 6; i++)
		mac[i] = dev->uuid[10 + i];
	return 0;
}

/* Fill the EEPROM of a card. */
static __always_inline int e1000_eeprom_fill(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	__u16 sum = E1000_EEPROM_SUM;
	__u8 mac[6];
	int ret = e1000_mac(dev, mac);

	if (ret)
		return ret;
	for (int i = 0; i < 3; i++)
		s->eeprom[i] = mac[2 * i] | mac[2 * i + 1] << 8;
	s->eeprom[E1000_WORD_INIT1] = E1000_INIT1_VALID;
	s->eeprom[E1000_WORD_SUBSYSTEM] = E1000_PCI_DEVICE;
	s->eeprom[E1000_WORD_SUBVENDOR] = E1000_PCI_VENDOR;
	s->eeprom[E1000_WORD_DEVICE] = E1000_PCI_DEVICE;
	s->eeprom[E1000_WORD_VENDOR] = E1000_PCI_VENDOR;
	for (int i = 0; i < E1000_WORD_SUM; i++)
		sum -= s->eeprom[i];
	s->eeprom[E1000_WORD_SUM] = sum;
	return 0;
}

static __always_inline __u16 e1000_eeprom_word(struct e1000_state *s, __u64 n)
{
	__u16 *word = mdev_bpf_at(s->eeprom, n);

	return word ? *word : 0xffff;
}

/* EERD was written. */
static __always_inline void e1000_eerd(struct e1000_state *s, __u32 val)
{
	__u32 addr = E1000_EERD_ADDR(val);

	E1000_VALUE(s, EERD) = addr << 8;
	if (val & E1000_EERD_START)
		E1000_VALUE(s, EERD) |= E1000_EERD_DONE |
					E1000_EERD_DATA(e1000_eeprom_word(s, addr));
}

/* A bit comes in, and another goes out. */
static __always_inline void e1000_wire_clock(struct e1000_state *s, bool bit)
{
	__u32 *eecd = &E1000_VALUE(s, EECD);

	if (s->wire_bits >= E1000_WIRE_COMMAND) {
		*eecd &= ~E1000_EECD_DO;
		if (s->wire_out & 0x8000)
			*eecd |= E1000_EECD_DO;
		s->wire_out <<= 1;
		return;
	}
	/* Zeros before the start bit mean nothing. */
	if (!s->wire_bits && !bit)
		return;
	s->wire_bits++;
	s->wire_in = s->wire_in << 1 | bit;
	if (s->wire_bits < E1000_WIRE_COMMAND)
		return;
	/* A bit of 0 comes before the word. Other operations have no effect, and are complete. */
	if (s->wire_in >> 6 == E1000_WIRE_READ) {
		s->wire_out = e1000_eeprom_word(s, s->wire_in & 0x3f);
		*eecd &= ~E1000_EECD_DO;
	} else {
		s->wire_out = 0xffff;
	}
}

/* EECD was written, and has the new value but for what the driver cannot write. */
static __always_inline void e1000_eecd(struct e1000_state *s, __u32 old)
{
	__u32 *eecd = &E1000_VALUE(s, EECD);
	bool selected = *eecd & E1000_EECD_CS;

	*eecd &= ~E1000_EECD_GNT;
	if (*eecd & E1000_EECD_REQ)
		*eecd |= E1000_EECD_GNT;
	if (!selected || !(old & E1000_EECD_CS)) {
		s->wire_bits = 0;
		s->wire_in = 0;
		*eecd |= E1000_EECD_DO;
	}
	if (selected && *eecd & E1000_EECD_SK && !(old & E1000_EECD_SK))
		e1000_wire_clock(s, *eecd & E1000_EECD_DI);
}

#endif /* __E1000_EEPROM_H */
