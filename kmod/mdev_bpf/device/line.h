/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts of programs as printable lines. */
#ifndef __MDEV_BPF_DEVICE_LINE_H
#define __MDEV_BPF_DEVICE_LINE_H

#include <linux/ctype.h>
#include <linux/minmax.h>
#include <linux/string.h>

/**
 * mdev_bpf_line_copy() - copy a text as one printable line
 * @to: the line, which ends with a NUL
 * @room: size of @to
 * @text: the text, which ends with a NUL or after @size bytes. A guest may change it meanwhile, so
 *	each character is read once
 * @size: size of @text
 */
static inline void mdev_bpf_line_copy(char *to, size_t room, const char *text, size_t size)
{
	size_t i, end = min(size, room - 1);
	char c;

	for (i = 0; i < end; i++) {
		c = READ_ONCE(text[i]);
		if (!c)
			break;
		to[i] = isascii(c) && isprint(c) ? c : ' ';
	}
	to[i] = '\0';
}

#endif /* __MDEV_BPF_DEVICE_LINE_H */
