// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running kernel's struct mdev_bpf_ops. Its layout may differ from the one that an object was
 * built with: each side may have members that the other lacks.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "link.h"
#include "object.h"
#include "output.h"
#include "sysfs.h"

static bool find_types(struct kernel *k)
{
	int ops = btf__find_by_name_kind(k->btf, "mdev_bpf_ops", BTF_KIND_STRUCT);
	int value = btf__find_by_name_kind(k->btf, "bpf_struct_ops_mdev_bpf_ops",
					   BTF_KIND_STRUCT);
	const struct btf_member *data;

	if (ops < 0 || value < 0)
		return false;
	data = ops_member(k->btf, value, "data");
	if (!data)
		return false;
	k->ops_id = ops;
	k->value_size = btf__resolve_size(k->btf, value);
	k->data_off = data->offset / 8;
	return true;
}

/* Read the kernel's layout from BTF. The other functions here need it. */
bool kernel_open(struct kernel *k)
{
	memset(k, 0, sizeof(*k));
	if (!module_loaded())
		return false;
	k->vmlinux = btf__load_vmlinux_btf();
	k->btf = k->vmlinux ? btf__load_module_btf("mdev_bpf", k->vmlinux) : NULL;
	return k->btf && find_types(k);
}

void kernel_close(struct kernel *k)
{
	btf__free(k->btf);
	btf__free(k->vmlinux);
}

static bool is_zero(const char *data, size_t size)
{
	return !size || (!*data && !memcmp(data, data + 1, size - 1));
}

/* Offset of a member in the kernel's struct mdev_bpf_ops; -1 if it has no such member. */
static int member_index(const struct ops *ops, const char *name)
{
	const struct btf_member *m = ops_member(ops->btf, ops->type_id, name);

	return m ? m - btf_members(btf__type_by_id(ops->btf, ops->type_id)) : -1;
}

/*
 * Check that the kernel has every member that the program sets, and with the same size:
 * kernel_value() copies as much as the kernel's member has.
 */
int kernel_check(const struct kernel *k, const struct ops *ops)
{
	const struct ops kernel = { k->btf, k->ops_id, NULL };

	for (int i = 0; i < ops_members(ops); i++) {
		const char *what = member_is_op(ops, i) ? "op" : "member";
		const char *name = member_name(ops, i);
		int idx = member_index(&kernel, name);

		if (idx < 0 && !is_zero(member_data(ops, i), member_size(ops, i)))
			return p_err("the kernel lacks %s '%s': a newer mdev_bpf module is needed",
				     what, name);
		if (idx < 0 || (member_size(&kernel, idx) == member_size(ops, i) &&
				member_is_op(&kernel, idx) == member_is_op(ops, i)))
			continue;
		return p_err("%s '%s' has %zu bytes here and %zu in the kernel: build the object with the headers of the module",
			     what, name, member_size(ops, i), member_size(&kernel, idx));
	}
	return 0;
}

/*
 * Make the value of the struct_ops map: the loaded object's ops in the kernel's layout, with file
 * descriptors in place of programs. libbpf does this too, but only while it creates a link, and
 * replacing a program updates a link that exists.
 */
void *kernel_value(const struct kernel *k, const struct ops *ops)
{
	char *value = calloc(1, k->value_size);
	struct ops kernel = { k->btf, k->ops_id, value + k->data_off };

	for (int i = 0; value && i < ops_members(&kernel); i++) {
		int idx = member_index(ops, member_name(&kernel, i));
		struct bpf_program *prog;
		unsigned long fd;

		if (idx < 0)
			continue;
		if (!member_is_op(&kernel, i)) {
			memcpy(member_data(&kernel, i), member_data(ops, idx),
			       member_size(&kernel, i));
			continue;
		}
		prog = op_program(ops, idx);
		fd = prog ? bpf_program__fd(prog) : 0;
		memcpy(member_data(&kernel, i), &fd, sizeof(fd));
	}
	return value;
}

/* Read the struct mdev_bpf_ops that a link has attached. Ops are ids of BPF programs there. */
bool kernel_ops(const struct kernel *k, __u32 link_id, struct ops *ops)
{
	__u32 zero = 0, map_id = link_map_id(link_id);
	int fd = map_id && k->value_size ? bpf_map_get_fd_by_id(map_id) : -1;
	char *value;
	bool ok;

	if (fd < 0)
		return false;
	value = calloc(1, k->value_size);
	ok = value && !bpf_map_lookup_elem(fd, &zero, value);
	close(fd);
	if (!ok) {
		free(value);
		return false;
	}
	*ops = (struct ops){ k->btf, k->ops_id, value + k->data_off };
	return true;
}

void kernel_ops_free(const struct kernel *k, struct ops *ops)
{
	free((char *)ops->data - k->data_off);
}
