/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program is made of: its ops, functions that the verifier checks once, and the declaration
 * of the device.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_OP_BPF_H
#define __MDEV_BPF_OP_BPF_H

/**
 * MDEV_BPF_OP() - define the function of an op
 * @name: the function
 * @args: its parameters: all that the member of struct mdev_bpf_ops has
 *
 * Stands after the return type and before the body::
 *
 *	int MDEV_BPF_OP(my_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
 *	{
 *		...
 *	}
 *
 * The kernel calls the program with an array of arguments. @name is therefore two functions for one
 * symbol: the one that takes the array, and one that is declared with the type of the op, so that
 * the compiler checks the initializer of the member. Only the kernel can call either; what several
 * ops do goes into a static function.
 */
#define MDEV_BPF_OP(name, args...)						\
___ret_##name(void);								\
__typeof__(___ret_##name()) name(args) asm(#name) __attribute__((overloadable,	\
	diagnose_if(1, "only the kernel can call an op", "error")));		\
static __always_inline __typeof__(___ret_##name())				\
___op_##name(unsigned long long *ctx, ##args);					\
SEC("struct_ops")								\
__typeof__(___ret_##name()) name(unsigned long long *ctx)			\
{										\
	_Pragma("clang diagnostic push")					\
	_Pragma("clang diagnostic ignored \"-Wint-conversion\"")		\
	return ___op_##name(___bpf_ctx_cast(args));				\
	_Pragma("clang diagnostic pop")						\
}										\
static __always_inline __typeof__(___ret_##name())				\
___op_##name(unsigned long long *ctx, ##args)

/* Parameters that are pairs of a type and a name: as they are declared, and as they are passed */
#define ___mdev_decl2(t, n)		t n
#define ___mdev_decl4(t, n, rest...)	t n, ___mdev_decl2(rest)
#define ___mdev_decl6(t, n, rest...)	t n, ___mdev_decl4(rest)
#define ___mdev_decl8(t, n, rest...)	t n, ___mdev_decl6(rest)
#define ___mdev_decl10(t, n, rest...)	t n, ___mdev_decl8(rest)
#define ___mdev_decl12(t, n, rest...)	t n, ___mdev_decl10(rest)
#define ___mdev_decl(pairs...)		___bpf_apply(___mdev_decl, ___bpf_narg(pairs))(pairs)
#define ___mdev_pass2(t, n)		(t)(n)
#define ___mdev_pass4(t, n, rest...)	(t)(n), ___mdev_pass2(rest)
#define ___mdev_pass6(t, n, rest...)	(t)(n), ___mdev_pass4(rest)
#define ___mdev_pass8(t, n, rest...)	(t)(n), ___mdev_pass6(rest)
#define ___mdev_pass10(t, n, rest...)	(t)(n), ___mdev_pass8(rest)
#define ___mdev_pass12(t, n, rest...)	(t)(n), ___mdev_pass10(rest)
#define ___mdev_pass(pairs...)		___bpf_apply(___mdev_pass, ___bpf_narg(pairs))(pairs)

/**
 * MDEV_BPF_FUNC() - define a function that the verifier checks once, not for each call
 * @name: the function
 * @dev: the name by which it knows the device
 * @args: up to four parameters, each as a type, a comma and a name: numbers, or pointers to structs
 *
 * Stands after the return type, an integer, and before the body. A call passes ctx, which is in
 * scope in each op and in each of these functions, and not the device::
 *
 *	int MDEV_BPF_FUNC(my_queue_run, dev, __u64, queue, __u32, tail)
 *	{
 *		...
 *	}
 *
 *	int MDEV_BPF_OP(my_work, struct mdev_bpf_dev *dev, __u32 id)
 *	{
 *		return my_queue_run(ctx, id, 0);
 *	}
 *
 * The verifier knows nothing of the arguments, such as their ranges, and nothing of the result.
 */
#define MDEV_BPF_FUNC(name, dev, args...)					\
___ret_##name(void);								\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_dev *, dev, ##args)); \
__noinline __typeof__(___ret_##name())						\
name(___mdev_decl(unsigned long long *, ctx __arg_ctx, ##args))			\
{										\
	return ___func_##name(___mdev_pass(unsigned long long *, ctx,		\
					   struct mdev_bpf_dev *, ctx[0], ##args)); \
}										\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_dev *, dev, ##args))

/**
 * MDEV_BPF_Q_FUNC() - MDEV_BPF_FUNC() for functions that the queue op calls
 * @name: the function
 * @q: the name by which it knows the queue
 * @args: up to four parameters, each as a type, a comma and a name: numbers, or pointers to structs
 */
#define MDEV_BPF_Q_FUNC(name, q, args...)					\
___ret_##name(void);								\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_queue *, q, ##args)); \
__noinline __typeof__(___ret_##name())						\
name(___mdev_decl(unsigned long long *, ctx __arg_ctx, ##args))			\
{										\
	return ___func_##name(___mdev_pass(unsigned long long *, ctx,		\
					   struct mdev_bpf_queue *, ctx[0], ##args)); \
}										\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_queue *, q, ##args))

/**
 * MDEV_BPF_DEVICE() - declare a device program
 * @ops: the name of the variable, a struct mdev_bpf_ops, and of the program
 * @members: its members, as in an initializer
 *
 * Sets mdev_bpf_ops::abi. @members may have another mdev_bpf_ops::name::
 *
 *	MDEV_BPF_DEVICE(my,
 *			.types = { { .name = "1" } },
 *			...
 *			.region_read = my_read);
 */
#define MDEV_BPF_DEVICE(ops, members...)					\
_Pragma("clang diagnostic push")						\
_Pragma("clang diagnostic ignored \"-Winitializer-overrides\"")			\
SEC(".struct_ops.link")								\
struct mdev_bpf_ops ops = { .name = #ops, .abi = MDEV_BPF_ABI, members }	\
_Pragma("clang diagnostic pop")

#endif /* __MDEV_BPF_OP_BPF_H */
