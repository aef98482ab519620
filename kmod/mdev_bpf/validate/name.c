// SPDX-License-Identifier: GPL-2.0-only
/* The names and texts that a program declares. */
#include <linux/ctype.h>
#include <linux/string.h>

#include "validate/validate.h"

/**
 * mdev_bpf_validate_name_ends() - does a text end within its member?
 * @s: the text
 * @size: size of the member in bytes
 *
 * Return: true if it does.
 */
bool mdev_bpf_validate_name_ends(const char *s, size_t size)
{
	return strnlen(s, size) < size;
}

/**
 * mdev_bpf_validate_name() - is this a valid name for a program or type?
 * @name: the name
 * @size: size of the member in bytes
 *
 * Names become file names in sysfs and bpffs, and bpffs does not allow dots.
 *
 * Return: true if it is.
 */
bool mdev_bpf_validate_name(const char *name, size_t size)
{
	const char *c;

	if (!mdev_bpf_validate_name_ends(name, size) || !name[0] || strchr("_-", name[0]))
		return false;
	for (c = name; *c; c++)
		if (!isascii(*c) || (!isalnum(*c) && !strchr("_-", *c)))
			return false;
	return true;
}
