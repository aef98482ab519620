/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_OPS_H
#define USER_OPS_H

#include <bpf/btf.h>
#include <stdbool.h>

/*
 * A struct mdev_bpf_ops, from an object file or from the kernel. Either may have another layout
 * than the headers of this tool, so BTF tells where each member is.
 */
struct ops {
	const struct btf *btf;
	__u32 type_id;
	void *data;
};

const struct btf_member *ops_member(const struct btf *btf, __u32 type_id, const char *name);
const char *member_name(const struct ops *ops, int idx);
bool member_is_op(const struct ops *ops, int idx);
void *member_data(const struct ops *ops, int idx);
size_t member_size(const struct ops *ops, int idx);
int ops_members(const struct ops *ops);

void *ops_find(const struct ops *ops, const char *name, size_t *size);
void ops_read(const struct ops *ops, const char *name, void *buf, size_t size);
void ops_text(const struct ops *ops, const char *name, char *buf, size_t size);

/* Do VFIO's indices of regions and interrupts mean those of a PCI device? */
bool ops_is_pci(const struct ops *ops);
__u32 ops_u32(const struct ops *ops, const char *name);

#endif
