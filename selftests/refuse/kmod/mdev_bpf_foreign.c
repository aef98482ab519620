// SPDX-License-Identifier: GPL-2.0-only
/* A module that has a function for all struct_ops programs. */
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/init.h>
#include <linux/module.h>

/* Called by programs only, but a global function needs a declaration. */
u64 mdev_bpf_foreign(u64 n);

__bpf_kfunc_start_defs();

__bpf_kfunc u64 mdev_bpf_foreign(u64 n)
{
	return n;
}

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(foreign_ids)
BTF_ID_FLAGS(func, mdev_bpf_foreign)
BTF_KFUNCS_END(foreign_ids)

static const struct btf_kfunc_id_set foreign_set = {
	.owner = THIS_MODULE,
	.set = &foreign_ids,
};

static int __init foreign_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &foreign_set);
}

static void __exit foreign_exit(void)
{
}

module_init(foreign_init);
module_exit(foreign_exit);

MODULE_DESCRIPTION("Test of functions that other modules have for programs");
MODULE_LICENSE("GPL");
