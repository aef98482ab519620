// SPDX-License-Identifier: GPL-2.0-only
/* The rows of the tables that a program declares. */
#include <linux/string.h>

#include "gate/refuse.h"
#include "validate/validate.h"

/**
 * mdev_bpf_validate_rows() - check that a table is empty after the rows that are declared
 * @ops: the program
 * @table: the name of the table
 * @member: what the first empty row lacks
 * @n: number of declared rows
 * @rest: the row after them
 * @end: the end of the table
 *
 * A row that lacks @member by mistake would hide itself and those after it.
 *
 * Return: 0, or -EINVAL with a message.
 */
int mdev_bpf_validate_rows(const struct mdev_bpf_ops *ops, const char *table, const char *member,
			   unsigned int n, const void *rest, const void *end)
{
	if (!memchr_inv(rest, 0, end - rest))
		return 0;
	return mdev_bpf_refuse_ops(ops, -EINVAL,
				   "%s[%u] has no %s, but it or a later row is not empty", table,
				   n, member);
}
