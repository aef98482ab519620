// SPDX-License-Identifier: GPL-2.0-only
/* Reading a struct mdev_bpf_ops by the names of its members. */
#include <linux/mdev_bpf.h>
#include <linux/vfio.h>
#include <string.h>

#include "ops.h"

const struct btf_member *ops_member(const struct btf *btf, __u32 type_id, const char *name)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++, m++)
		if (!strcmp(btf__name_by_offset(btf, m->name_off), name))
			return m;
	return NULL;
}

static const struct btf_member *member(const struct ops *ops, int idx)
{
	return btf_members(btf__type_by_id(ops->btf, ops->type_id)) + idx;
}

int ops_members(const struct ops *ops)
{
	return btf_vlen(btf__type_by_id(ops->btf, ops->type_id));
}

const char *member_name(const struct ops *ops, int idx)
{
	return btf__name_by_offset(ops->btf, member(ops, idx)->name_off);
}

bool member_is_op(const struct ops *ops, int idx)
{
	int id = btf__resolve_type(ops->btf, member(ops, idx)->type);

	return btf_is_ptr(btf__type_by_id(ops->btf, id));
}

void *member_data(const struct ops *ops, int idx)
{
	return (char *)ops->data + member(ops, idx)->offset / 8;
}

size_t member_size(const struct ops *ops, int idx)
{
	return btf__resolve_size(ops->btf, member(ops, idx)->type);
}

/* Address of a member; NULL if the struct has no such member. */
void *ops_find(const struct ops *ops, const char *name, size_t *size)
{
	const struct btf_member *m = ops_member(ops->btf, ops->type_id, name);

	if (!m)
		return NULL;
	*size = btf__resolve_size(ops->btf, m->type);
	return (char *)ops->data + m->offset / 8;
}

/* Copy a member; zero if the struct lacks it. */
void ops_read(const struct ops *ops, const char *name, void *buf, size_t size)
{
	size_t have = 0;
	void *data = ops_find(ops, name, &have);

	memset(buf, 0, size);
	if (data)
		memcpy(buf, data, have < size ? have : size);
}

void ops_text(const struct ops *ops, const char *name, char *buf, size_t size)
{
	ops_read(ops, name, buf, size);
	buf[size - 1] = '\0';
}

bool ops_is_pci(const struct ops *ops)
{
	char api[MDEV_BPF_API_LEN];

	ops_text(ops, "device_api", api, sizeof(api));
	return !*api || !strcmp(api, VFIO_DEVICE_API_PCI_STRING);
}

__u32 ops_u32(const struct ops *ops, const char *name)
{
	__u32 val;

	ops_read(ops, name, &val, sizeof(val));
	return val;
}
