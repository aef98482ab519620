// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check that a program does not use more state than it declares. In the kernel, each such call of
 * mdev_bpf_state_get() would return NULL; here it is one error with both numbers.
 */
#include <linux/bpf.h>
#include <string.h>

#include "output.h"
#include "state.h"

#define STATE_KFUNC	"mdev_bpf_state_get"

static bool ends_straight_line(const struct bpf_insn *insn)
{
	int class = BPF_CLASS(insn->code);

	return class == BPF_JMP || class == BPF_JMP32;
}

/* The constant that is in r2 at insns[pos]; 0 if it cannot be told. */
static __u32 second_argument(const struct bpf_insn *insns, size_t pos)
{
	while (pos-- && !ends_straight_line(&insns[pos])) {
		const struct bpf_insn *insn = &insns[pos];

		if (insn->dst_reg != BPF_REG_2 || BPF_CLASS(insn->code) == BPF_STX ||
		    BPF_CLASS(insn->code) == BPF_ST)
			continue;
		if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) ||
		    insn->code == (BPF_ALU | BPF_MOV | BPF_K))
			return insn->imm;
		return 0;
	}
	return 0;
}

/* The most state that a loaded program uses. A kfunc call has the BTF id of the function. */
static __u32 state_wanted(const struct bpf_program *prog, int kfunc)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);
	size_t cnt = bpf_program__insn_cnt(prog);
	__u32 most = 0;

	for (size_t i = 0; insns && i < cnt; i++) {
		__u32 size;

		if (insns[i].code != (BPF_JMP | BPF_CALL) ||
		    insns[i].src_reg != BPF_PSEUDO_KFUNC_CALL || insns[i].imm != kfunc)
			continue;
		size = second_argument(insns, i);
		if (size > most)
			most = size;
	}
	return most;
}

int state_check(const struct object *o, const struct kernel *k)
{
	int kfunc = btf__find_by_name_kind(k->btf, STATE_KFUNC, BTF_KIND_FUNC);
	__u32 size = ops_u32(&o->ops, "state_size");

	for (int i = 0; i < ops_members(&o->ops); i++) {
		struct bpf_program *prog = NULL;
		__u32 wanted;

		if (member_is_op(&o->ops, i))
			prog = op_program(&o->ops, i);
		wanted = prog && kfunc > 0 ? state_wanted(prog, kfunc) : 0;
		if (wanted <= size)
			continue;
		return p_err("program '%s' uses %u bytes of state, but state_size is %u",
			     bpf_program__name(prog), wanted, size);
	}
	return 0;
}
