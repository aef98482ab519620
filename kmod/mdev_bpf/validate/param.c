// SPDX-License-Identifier: GPL-2.0-only
/* The parameters that a program declares. */
#include <linux/string.h>

#include "gate/refuse.h"
#include "program/ops.h"
#include "validate/validate.h"

/* Refuse a parameter by its name and the member that is wrong. */
#define refuse(ops, i, fmt, ...)						\
	mdev_bpf_refuse_ops(ops, -EINVAL, "params[%u] \"%s\"" fmt, i,		\
			    (ops)->params[i].name, ##__VA_ARGS__)

static int check_name(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];
	unsigned int j;

	if (!mdev_bpf_validate_name(p->name, sizeof(p->name)))
		return mdev_bpf_refuse_ops(ops, -EINVAL,
					   "params[%u].name must be 1 to %d of A-Z a-z 0-9 _ -, no _ or - first",
					   i, MDEV_BPF_NAME_LEN - 1);
	for (j = 0; j < i; j++)
		if (!strcmp(ops->params[j].name, p->name) &&
		    mdev_bpf_ops_share_type(ops->params[j].types, p->types))
			return refuse(ops, i, " has the name of params[%u]", j);
	return mdev_bpf_validate_types_mask(ops, "params", i, p->types);
}

static int check_number(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];
	u64 max = p->max ?: U64_MAX;

	if (p->min > max)
		return refuse(ops, i, ".min %llu is more than max, %llu", p->min, max);
	if (p->preset < p->min || p->preset > max)
		return refuse(ops, i, ".preset %llu is not from %llu to %llu", p->preset, p->min,
			      max);
	return 0;
}

static int check_bool(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];

	if (p->min || p->max)
		return refuse(ops, i, " is BOOL or CONSOLE, so its min and max are 0");
	if (p->preset > 1)
		return refuse(ops, i, ".preset %llu is neither 0 nor 1", p->preset);
	return 0;
}

static int check_console(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];

	if (p->work >= MDEV_BPF_MAX_WORK)
		return refuse(ops, i, ".work %u is not less than %u", p->work, MDEV_BPF_MAX_WORK);
	if (!ops->work)
		return refuse(ops, i, " is CONSOLE, but there is no work op to be told of its bytes");
	return check_bool(ops, i);
}

static int check_text(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];
	u64 max = p->max ?: MDEV_BPF_MAX_PARAM_TEXT - 1;

	if (max >= MDEV_BPF_MAX_PARAM_TEXT)
		return refuse(ops, i, ".max %llu is more than %u bytes", max,
			      MDEV_BPF_MAX_PARAM_TEXT - 1);
	if (p->min > max)
		return refuse(ops, i, ".min %llu is more than max, %llu", p->min, max);
	if (p->preset)
		return refuse(ops, i, " is TEXT, so its preset is 0");
	return 0;
}

static int check_file(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];

	if (p->min || p->max || p->preset)
		return refuse(ops, i, " is FILE, so its min, max and preset are 0");
	return 0;
}

static int check_cable(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];

	if (p->min || p->max || p->preset)
		return refuse(ops, i, " is CABLE, so its min, max and preset are 0");
	if (p->work >= MDEV_BPF_MAX_WORK)
		return refuse(ops, i, ".work %u is not less than %u", p->work, MDEV_BPF_MAX_WORK);
	if (!ops->work)
		return refuse(ops, i, " is CABLE, but there is no op work");
	return 0;
}

static int check_kind(const struct mdev_bpf_ops *ops, unsigned int i)
{
	switch (ops->params[i].kind) {
	case MDEV_BPF_PARAM_NUMBER:
		return check_number(ops, i);
	case MDEV_BPF_PARAM_BOOL:
		return check_bool(ops, i);
	case MDEV_BPF_PARAM_TEXT:
		return check_text(ops, i);
	case MDEV_BPF_PARAM_FILE:
		return check_file(ops, i);
	case MDEV_BPF_PARAM_CABLE:
		return check_cable(ops, i);
	case MDEV_BPF_PARAM_CONSOLE:
		return check_console(ops, i);
	default:
		return mdev_bpf_refuse_ops(ops, -EOPNOTSUPP,
					   "params[%u] \"%s\".kind %u is not supported", i,
					   ops->params[i].name, ops->params[i].kind);
	}
}

static int check_param(const struct mdev_bpf_ops *ops, unsigned int i)
{
	const struct mdev_bpf_param *p = &ops->params[i];
	int ret = check_name(ops, i);

	if (ret)
		return ret;
	if (p->flags & ~MDEV_BPF_PARAM_LOCAL)
		return mdev_bpf_refuse_ops(ops, -EOPNOTSUPP,
					   "params[%u] \"%s\".flags %#x are not supported", i,
					   p->name, p->flags & ~MDEV_BPF_PARAM_LOCAL);
	if (p->work && p->kind != MDEV_BPF_PARAM_CONSOLE && p->kind != MDEV_BPF_PARAM_CABLE)
		return refuse(ops, i, ".work is not zero, but it is no CONSOLE or CABLE");
	return check_kind(ops, i);
}

/**
 * mdev_bpf_validate_params() - check the parameters that a program declares
 * @ops: the program, whose types have been checked
 *
 * Return: as mdev_bpf_validate_program().
 */
int mdev_bpf_validate_params(const struct mdev_bpf_ops *ops)
{
	unsigned int i, n = mdev_bpf_ops_nr_params(ops);
	int ret = 0;

	for (i = 0; !ret && i < n; i++)
		ret = check_param(ops, i);
	return ret ?: mdev_bpf_validate_rows(ops, "params", "name", n, &ops->params[n],
					     &ops->params[MDEV_BPF_MAX_PARAMS]);
}
