// SPDX-License-Identifier: GPL-2.0-only
/* The mdev types that a program declares. */
#include <linux/string.h>

#include "gate/refuse.h"
#include "program/ops.h"
#include "validate/validate.h"

#define refuse mdev_bpf_refuse_ops

static int check_type(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_type_desc *t = &ops->types[i];
	unsigned int j;

	if (!mdev_bpf_validate_name(t->name, sizeof(t->name)))
		return refuse(ops, -EINVAL,
			      "types[%u].name must be 1 to %d of A-Z a-z 0-9 _ -, no _ or - first",
			      i, MDEV_BPF_NAME_LEN - 1);
	if (!mdev_bpf_validate_name_ends(t->pretty_name, sizeof(t->pretty_name)))
		return refuse(ops, -EINVAL, "types[%u].pretty_name has no final NUL", i);
	if (mdev_bpf_ops_units(ops, i) > mdev_bpf_ops_pool(ops))
		return refuse(ops, -EINVAL, "types[%u] takes %u units of %u", i,
			      t->units, mdev_bpf_ops_pool(ops));
	if (t->reserved)
		return refuse(ops, -EINVAL, "types[%u].reserved is not zero", i);
	for (j = 0; j < i; j++)
		if (!strcmp(ops->types[j].name, t->name))
			return refuse(ops, -EINVAL, "two types are named \"%s\"", t->name);
	return 0;
}

/**
 * mdev_bpf_validate_types() - check the mdev types that a program declares
 * @ops: the program
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_types(const struct mdev_bpf_ops *ops)
{
	unsigned int i, n = mdev_bpf_ops_nr_types(ops);
	int ret;

	if (!n)
		return refuse(ops, -EINVAL, "no mdev type is declared (types[0].name is empty)");
	for (i = 0; i < n; i++) {
		ret = check_type(ops, i);
		if (ret)
			return ret;
	}
	return mdev_bpf_validate_rows(ops, "types", "name", n, &ops->types[n],
				      &ops->types[MDEV_BPF_MAX_TYPES]);
}

/**
 * mdev_bpf_validate_types_mask() - check that a mask of mdev types only names declared types
 * @ops: the program
 * @what: name of the array that contains the mask
 * @i: index in the array
 * @mask: bits by type; 0 for all types
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_types_mask(const struct mdev_bpf_ops *ops, const char *what, unsigned int i,
				 u32 mask)
{
	unsigned int n = mdev_bpf_ops_nr_types(ops);

	if (mask & ~GENMASK(n - 1, 0))
		return refuse(ops, -EINVAL, "%s[%u].types %#x names a type above the last, %u",
			      what, i, mask, n - 1);
	return 0;
}
