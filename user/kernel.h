/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_KERNEL_H
#define USER_KERNEL_H

#include <stdbool.h>

#include "ops.h"

/* The running kernel's struct mdev_bpf_ops */
struct kernel {
	struct btf *vmlinux;
	struct btf *btf;	/* of the module */
	__u32 ops_id;
	__u32 value_size;	/* of a struct_ops map, which holds the ops ... */
	__u32 data_off;		/* ... from here */
};

bool kernel_open(struct kernel *k);
void kernel_close(struct kernel *k);

int kernel_check(const struct kernel *k, const struct ops *ops);
void *kernel_value(const struct kernel *k, const struct ops *ops);
bool kernel_ops(const struct kernel *k, __u32 link_id, struct ops *ops);
void kernel_ops_free(const struct kernel *k, struct ops *ops);

#endif
