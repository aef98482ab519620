// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plain loops of a program: those that the time limit does not end.
 *
 * After the time limit, bpf_iter_mdev_next() returns NULL, so an mdev_bpf_for() loop executes at
 * most the rest of its round. So where a program tests that pointer, this file follows it only to
 * where the pointer is NULL. Every loop that is left is a plain loop, even if it contains an
 * mdev_bpf_for() loop, or if it calls bpf_iter_mdev_next() and does not end with its rounds.
 *
 * Instructions are in a loop together if each of them can be reached from each other. Tarjan's
 * algorithm finds all these groups ("strongly connected components") in one pass, because a program
 * may have a million instructions, and nothing interrupts the check.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/cleanup.h>
#include <linux/filter.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "program/flow.h"
#include "program/kfunc.h"

/**
 * struct flow - a program, and where it goes
 * @prog: the program
 * @tests: for each instruction, whether it tests the result of bpf_iter_mdev_next() for NULL
 */
struct flow {
	const struct bpf_prog *prog;
	u8 *tests;
};

/* In @low: the group of the instruction is known. */
#define CLOSED	U32_MAX

/**
 * struct search - a depth-first search through a program
 * @flow: the program
 * @looping: for each instruction, whether it is in a plain loop: the result
 * @low: for each instruction that was visited, the number of the first one, in the order of the
 *	visits, that is known to be in its group; 0 for the others
 * @order: for each instruction, its own number in that order
 * @next: for each instruction, how many of its successors were followed
 * @path: the instructions from the start of the search to the current one
 * @depth: how many they are
 * @open: instructions that were visited and whose group is not known yet, in that order
 * @nr_open: how many they are
 * @visits: how many instructions were visited
 */
struct search {
	const struct flow *flow;
	u8 *looping;
	u32 *low;
	u32 *order;
	u8 *next;
	u32 *path;
	u32 depth;
	u32 *open;
	u32 nr_open;
	u32 visits;
};

/* The prototype of a function of mdev_bpf, if the instruction calls one; otherwise NULL */
static const struct btf_type *kfunc_proto(const struct bpf_insn *insn)
{
	const struct btf_type *t;

	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_KFUNC_CALL)
		return NULL;
	t = btf_type_by_id(mdev_bpf_kfunc_btf, insn->imm);
	return t && btf_type_is_func(t) ? btf_type_by_id(mdev_bpf_kfunc_btf, t->type) : NULL;
}

/**
 * mdev_bpf_flow_is_next() - is an instruction a call of bpf_iter_mdev_next()?
 * @insn: the instruction
 *
 * Of mdev_bpf's functions, only this one and bpf_iter_mdev_q_next() have one argument and return a
 * pointer.
 *
 * Return: true for a call of either.
 */
bool mdev_bpf_flow_is_next(const struct bpf_insn *insn)
{
	const struct btf_type *t = kfunc_proto(insn);

	if (!t || btf_type_vlen(t) != 1)
		return false;
	t = btf_type_by_id(mdev_bpf_kfunc_btf, t->type);
	return t && btf_type_is_ptr(t);
}

/*
 * Store the successors of an instruction, at most two, in @to. The one for a round of
 * mdev_bpf_for(), where the result of bpf_iter_mdev_next() is not NULL, is left out.
 *
 * Return: how many there are.
 */
static unsigned int successors(const struct flow *flow, u32 i, u32 *to)
{
	const struct bpf_insn *insn = &flow->prog->insnsi[i];
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
	unsigned int nr = 0;

	/* The second half of a BPF_LD | BPF_IMM | BPF_DW */
	if (!insn->code)
		return 0;
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
		to[nr++] = i + 2;
	} else if ((class != BPF_JMP && class != BPF_JMP32) || op == BPF_CALL) {
		to[nr++] = i + 1;
	} else if (op == BPF_JA) {
		to[nr++] = i + 1 + (class == BPF_JMP ? insn->off : insn->imm);
	} else if (op != BPF_EXIT) {
		if (!flow->tests[i] || op == BPF_JNE)
			to[nr++] = i + 1;
		if (!flow->tests[i] || op == BPF_JEQ)
			to[nr++] = i + 1 + insn->off;
	}
	return nr;
}

static void count_preds(const struct flow *flow, u32 *preds)
{
	u32 len = flow->prog->len, i, to[2];
	unsigned int n;

	for (i = 0; i < len; i++)
		for (n = successors(flow, i, to); n; n--)
			if (to[n - 1] < len)
				preds[to[n - 1]]++;
}

static bool is_null_test(const struct bpf_insn *insn)
{
	return (insn->code == (BPF_JMP | BPF_JEQ | BPF_K) ||
		insn->code == (BPF_JMP | BPF_JNE | BPF_K)) && !insn->imm;
}

/* The registers that hold a result after @insn, a move, load or store; @held do before it. */
static u16 still_held(const struct bpf_insn *insn, u16 held)
{
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off &&
	    held & BIT(insn->src_reg))
		return held | BIT(insn->dst_reg);
	return held & ~BIT(insn->dst_reg);
}

/*
 * Mark the test for NULL that follows instruction @i, a call of bpf_iter_mdev_next(). The compiler
 * may put a few instructions in between. None of them may be reached from elsewhere, where the
 * register could hold something else. If there is no such test, the loop counts as a plain loop.
 */
static void mark_test(struct flow *flow, const u32 *preds, u32 i)
{
	u16 held = BIT(BPF_REG_0);

	while (++i < flow->prog->len && preds[i] == 1) {
		const struct bpf_insn *insn = &flow->prog->insnsi[i];
		u8 class = BPF_CLASS(insn->code);

		if (class == BPF_JMP || class == BPF_JMP32) {
			flow->tests[i] = is_null_test(insn) && held & BIT(insn->dst_reg);
			return;
		}
		/* Such an instruction may write a register other than its dst_reg */
		if (class == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC)
			return;
		held = still_held(insn, held);
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
}

/* @preds: memory for the number of predecessors of each instruction */
static void mark_tests(struct flow *flow, u32 *preds)
{
	u32 i;

	count_preds(flow, preds);
	for (i = 0; i < flow->prog->len; i++)
		if (mdev_bpf_flow_is_next(&flow->prog->insnsi[i]))
			mark_test(flow, preds, i);
}

static void visit(struct search *s, u32 i)
{
	s->order[i] = ++s->visits;
	s->low[i] = s->visits;
	s->open[s->nr_open++] = i;
	s->path[s->depth++] = i;
}

static void follow(struct search *s, u32 i, u32 to)
{
	if (to >= s->flow->prog->len)
		return;
	if (to == i)
		s->looping[i] = true;
	else if (!s->low[to])
		visit(s, to);
	else
		s->low[i] = min(s->low[i], s->low[to]);
}

/* All successors were followed. If no way leads back to before @i, its group is complete. */
static void leave(struct search *s, u32 i)
{
	bool alone = s->open[s->nr_open - 1] == i;
	u32 member;

	s->depth--;
	if (s->depth)
		s->low[s->path[s->depth - 1]] = min(s->low[s->path[s->depth - 1]], s->low[i]);
	if (s->low[i] != s->order[i])
		return;
	do {
		member = s->open[--s->nr_open];
		s->low[member] = CLOSED;
		s->looping[member] |= !alone;
	} while (member != i);
}

static void search_from(struct search *s, u32 start)
{
	u32 i, to[2];

	visit(s, start);
	while (s->depth) {
		i = s->path[s->depth - 1];
		if (s->next[i] < successors(s->flow, i, to))
			follow(s, i, to[s->next[i]++]);
		else
			leave(s, i);
	}
}

/**
 * mdev_bpf_flow_find_loops() - find the instructions that are in plain loops
 * @prog: the program, before the verifier has changed anything
 * @looping: set to true for each of its instructions that is in a plain loop; all false before
 *
 * Calls are not followed: each function of the program is looked at by itself.
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_flow_find_loops(const struct bpf_prog *prog, u8 *looping)
{
	u8 *tests __free(kvfree) = kvcalloc(prog->len, sizeof(*tests), GFP_KERNEL);
	u8 *next __free(kvfree) = kvcalloc(prog->len, sizeof(*next), GFP_KERNEL);
	u32 *low __free(kvfree) = kvcalloc(prog->len, sizeof(*low), GFP_KERNEL);
	u32 *order __free(kvfree) = kvcalloc(prog->len, sizeof(*order), GFP_KERNEL);
	u32 *path __free(kvfree) = kvcalloc(prog->len, sizeof(*path), GFP_KERNEL);
	u32 *open __free(kvfree) = kvcalloc(prog->len, sizeof(*open), GFP_KERNEL);
	struct flow flow = { prog, tests };
	struct search s = {
		.flow = &flow, .looping = looping, .low = low, .order = order, .next = next,
		.path = path, .open = open,
	};
	u32 i;

	if (!tests || !next || !low || !order || !path || !open)
		return -ENOMEM;
	mark_tests(&flow, order);
	memset(order, 0, prog->len * sizeof(*order));
	for (i = 0; i < prog->len; i++)
		if (!low[i])
			search_from(&s, i);
	return 0;
}
