// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bound for the instructions of an op. The verifier follows static functions together with their
 * caller, and processes no more than a million instructions, so a path is not longer. But it checks
 * a global function only once, by itself, and then counts each call of it as one instruction. A few
 * global functions that call each other in loops could run for years.
 *
 * So this file counts instructions. The count of a function is the number of its instructions, or a
 * million if it has a loop. To this, the count of each global function that it calls is added for
 * each call, or a million times if the call is in a loop. The result is more than can happen, but
 * not so much more that it affects ordinary programs.
 *
 * A helper that copies the value of a map counts as the instructions that take as long. So it
 * cannot be called in a plain loop, which could copy 10 GB.
 *
 * Rounds of mdev_bpf_for() are not counted, because the watchdog ends such a loop: after the time
 * limit, bpf_iter_mdev_next() returns NULL, so the loop executes at most the rest of its round. So
 * where a program tests that pointer, this file follows it only to where the pointer is NULL. Every
 * loop that is left is a plain loop, even if it contains an mdev_bpf_for() loop, or if it calls
 * bpf_iter_mdev_next() and does not end with its rounds.
 *
 * A plain loop that contains an mdev_bpf_for() loop is refused, because the verifier accepts one
 * that never ends: each round begins with a new iterator.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/cleanup.h>
#include <linux/filter.h>
#include <linux/mdev_bpf.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "gate/refuse.h"
#include "program/cost.h"
#include "program/kfunc.h"

/* The most instructions that the verifier processes, its BPF_COMPLEXITY_LIMIT_INSNS */
#define MAX_PATH	1000000u

/* Copying the largest value of a map, 64 KiB, takes about as long as this many instructions. */
#define COPY_COST	8192u

/* The maximal depth of calls, the verifier's MAX_CALL_FRAMES */
#define MAX_DEPTH	8

/* Limit for the iterations of find_loops(); instructions that are left then count as loops */
#define MAX_ROUNDS	100

/**
 * struct function - a function of a program
 * @start: index of its first instruction
 * @end: index after its last instruction
 * @global: it is a global function, which the verifier checks once
 * @known: @path and @below are computed, or being computed
 * @open: they are being computed, so a call of it is recursive
 * @path: instructions of one call, including static functions; at most MAX_PATH
 * @below: instructions of the global functions that it calls, and the count of its copies
 * @iterates: it, or a function that it calls, has an mdev_bpf_for() loop
 */
struct function {
	u32 start;
	u32 end;
	bool global;
	bool known;
	bool open;
	u64 path;
	u64 below;
	bool iterates;
};

/**
 * struct graph - a program
 * @prog: the program
 * @functions: its functions; the first is the op
 * @nr: number of functions
 * @tests: for each instruction, whether it tests the result of bpf_iter_mdev_next() for NULL
 * @looping: for each instruction, whether it may be in a plain loop
 * @preds: for each instruction, the number of predecessors that may be in a plain loop; later the
 *	instructions that is_round() has still to visit
 * @bad: an mdev_bpf_for() loop in a plain loop: its instruction, or 0
 * @deep: a call that is recursive, or deeper than the verifier allows: its instruction, or 0
 */
struct graph {
	const struct bpf_prog *prog;
	struct function *functions;
	u32 nr;
	u8 *tests;
	u8 *looping;
	u32 *preds;
	u32 bad;
	u32 deep;
};

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

/* The helpers that program/calls.c allows and that copy values */
static bool is_copy(const struct bpf_insn *insn)
{
	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg)
		return false;
	switch (insn->imm) {
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_pop_elem:
	case BPF_FUNC_map_peek_elem:
		return true;
	default:
		return false;
	}
}

/* The prototype of a function of mdev_bpf, if the instruction calls one; otherwise NULL */
static const struct btf_type *kfunc_proto(const struct bpf_insn *insn)
{
	const struct btf_type *t;

	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_KFUNC_CALL)
		return NULL;
	t = btf_type_by_id(mdev_bpf_kfunc_btf, insn->imm);
	return t && btf_type_is_func(t) ? btf_type_by_id(mdev_bpf_kfunc_btf, t->type) : NULL;
}

/*
 * Of mdev_bpf's functions, only bpf_iter_mdev_next() and bpf_iter_mdev_q_next() have one argument
 * and return a pointer.
 */
static bool is_next(const struct bpf_insn *insn)
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
static unsigned int successors(const struct graph *g, u32 i, u32 *to)
{
	const struct bpf_insn *insn = &g->prog->insnsi[i];
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
		if (!g->tests[i] || op == BPF_JNE)
			to[nr++] = i + 1;
		if (!g->tests[i] || op == BPF_JEQ)
			to[nr++] = i + 1 + insn->off;
	}
	return nr;
}

static void count_preds(struct graph *g)
{
	u32 len = g->prog->len, i, to[2];
	unsigned int n;

	memset(g->preds, 0, len * sizeof(*g->preds));
	for (i = 0; i < len; i++)
		for (n = successors(g, i, to); n; n--)
			if (to[n - 1] < len)
				g->preds[to[n - 1]]++;
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
static void mark_test(struct graph *g, u32 i)
{
	u16 held = BIT(BPF_REG_0);

	while (++i < g->prog->len && g->preds[i] == 1) {
		const struct bpf_insn *insn = &g->prog->insnsi[i];
		u8 class = BPF_CLASS(insn->code);

		if (class == BPF_JMP || class == BPF_JMP32) {
			g->tests[i] = is_null_test(insn) && held & BIT(insn->dst_reg);
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

static void mark_tests(struct graph *g)
{
	u32 i;

	count_preds(g);
	for (i = 0; i < g->prog->len; i++)
		if (is_next(&g->prog->insnsi[i]))
			mark_test(g, i);
}

/* An instruction is not in a loop, so it does not count as a predecessor any more. */
static void trim(struct graph *g, u32 i)
{
	u32 to[2];
	unsigned int n;

	g->looping[i] = false;
	for (n = successors(g, i, to); n; n--)
		if (to[n - 1] < g->prog->len)
			g->preds[to[n - 1]]--;
}

/* Instructions without predecessors are not in a loop. Return: true if something has changed. */
static bool trim_forward(struct graph *g)
{
	u32 len = g->prog->len, i;
	bool changed = false;

	for (i = 0; i < len; i++) {
		if (!g->looping[i] || g->preds[i])
			continue;
		trim(g, i);
		changed = true;
	}
	return changed;
}

/* Neither are instructions without successors that may be in a loop. */
static bool trim_backward(struct graph *g)
{
	u32 len = g->prog->len, i, to[2];
	bool changed = false;
	unsigned int n;

	for (i = len; i-- > 0;) {
		if (!g->looping[i])
			continue;
		for (n = successors(g, i, to); n; n--)
			if (to[n - 1] < len && g->looping[to[n - 1]])
				break;
		if (n)
			continue;
		trim(g, i);
		changed = true;
	}
	return changed;
}

/* Find the instructions that may be in plain loops. */
static void find_loops(struct graph *g)
{
	unsigned int rounds = 0;

	count_preds(g);
	memset(g->looping, true, g->prog->len);
	while (trim_forward(g) | trim_backward(g))
		if (++rounds == MAX_ROUNDS)
			break;
}

/*
 * Check whether a plain loop leads back to an instruction. This follows all paths from it, because
 * @looping is also set between two loops.
 */
static bool is_round(struct graph *g, u32 start)
{
	u8 *seen __free(kvfree) = kvcalloc(g->prog->len, sizeof(*seen), GFP_KERNEL);
	u32 *stack = g->preds, nr = 0, to[2], i;
	unsigned int n;

	stack[nr++] = start;
	while (seen && nr) {
		i = stack[--nr];
		for (n = successors(g, i, to); n; n--) {
			if (to[n - 1] == start)
				return true;
			if (to[n - 1] >= g->prog->len || !g->looping[to[n - 1]] || seen[to[n - 1]])
				continue;
			seen[to[n - 1]] = true;
			stack[nr++] = to[n - 1];
		}
	}
	/* Without memory it may be one */
	return !seen;
}

/* Note that there is an mdev_bpf_for() loop at an instruction. */
static void note_iterator(struct graph *g, struct function *f, u32 i)
{
	f->iterates = true;
	if (!g->bad && g->looping[i] && is_round(g, i))
		g->bad = i;
}

static struct function *function_at(const struct graph *g, u32 insn)
{
	u32 i;

	for (i = 0; i < g->nr; i++)
		if (g->functions[i].start == insn)
			return &g->functions[i];
	return NULL;
}

static u64 add(u64 a, u64 b)
{
	u64 sum;

	return check_add_overflow(a, b, &sum) ? U64_MAX : sum;
}

static u64 mul(u64 a, u64 b)
{
	u64 product;

	return check_mul_overflow(a, b, &product) ? U64_MAX : product;
}

static void weigh(struct graph *g, struct function *f, unsigned int depth);

/* Add the cost of a call to @path and @below, the sums of its caller. */
static void weigh_call(struct graph *g, struct function *f, u32 i, unsigned int depth, u64 *path,
		       u64 *below)
{
	struct function *callee = function_at(g, i + g->prog->insnsi[i].imm + 1);
	u64 times = g->looping[i] ? MAX_PATH : 1;

	/* The verifier refuses the program in all these cases */
	if (!callee || callee->open || depth == MAX_DEPTH) {
		g->deep = i;
		*below = U64_MAX;
		return;
	}
	weigh(g, callee, depth + 1);
	if (callee->iterates)
		note_iterator(g, f, i);
	if (callee->global) {
		*below = add(*below, mul(times, add(callee->path, callee->below)));
		return;
	}
	*path = add(*path, mul(times, callee->path));
	*below = add(*below, mul(times, callee->below));
}

/* Compute the cost of a function once. The verifier has not checked yet if calls are recursive. */
static void weigh(struct graph *g, struct function *f, unsigned int depth)
{
	u64 path = f->end - f->start, below = 0;
	u32 i;

	if (f->known)
		return;
	f->known = true;
	f->open = true;
	for (i = f->start; i < f->end; i++) {
		if (g->looping[i])
			path = add(path, MAX_PATH);
		if (is_call(&g->prog->insnsi[i]))
			weigh_call(g, f, i, depth, &path, &below);
		if (is_next(&g->prog->insnsi[i]))
			note_iterator(g, f, i);
		if (is_copy(&g->prog->insnsi[i]))
			below = add(below, mul(g->looping[i] ? MAX_PATH : 1, COPY_COST));
	}
	f->open = false;
	f->path = min_t(u64, path, MAX_PATH);
	f->below = below;
}

static void find_functions(struct graph *g)
{
	const struct bpf_prog_aux *aux = g->prog->aux;
	const struct btf_type *t;
	u32 i;

	for (i = 0; i < g->nr; i++) {
		struct function *f = &g->functions[i];

		f->start = aux->func_info[i].insn_off;
		f->end = i + 1 < g->nr ? aux->func_info[i + 1].insn_off : g->prog->len;
		t = btf_type_by_id(aux->btf, aux->func_info[i].type_id);
		f->global = t && btf_type_is_func(t) && btf_func_linkage(t) == BTF_FUNC_GLOBAL;
	}
}

/* The most expensive global function, for the sentence. */
static const struct function *heaviest(const struct graph *g)
{
	const struct function *most = &g->functions[0];
	u32 i;

	for (i = 1; i < g->nr; i++) {
		const struct function *f = &g->functions[i];

		if (f->global && f->known &&
		    (most == &g->functions[0] ||
		     add(f->path, f->below) > add(most->path, most->below)))
			most = f;
	}
	return most;
}

static bool has(const struct bpf_prog *prog, bool (*is_it)(const struct bpf_insn *insn))
{
	u32 i;

	for (i = 0; i < prog->len; i++)
		if (is_it(&prog->insnsi[i]))
			return true;
	return false;
}

static int refuse_loop(const struct bpf_prog *prog, u32 at)
{
	mdev_bpf_refuse(prog->aux->name,
			"plain loop around mdev_bpf_for() at %u: use mdev_bpf_for() for it, too",
			at);
	return -EOPNOTSUPP;
}

static int refuse_depth(const struct bpf_prog *prog, u32 at)
{
	mdev_bpf_refuse(prog->aux->name,
			"the call at %u is more than %u functions deep: make some __always_inline",
			at, MAX_DEPTH);
	return -E2BIG;
}

/* @at: the global function that counts most */
static int refuse(const struct bpf_prog *prog, u64 cost, u32 at)
{
	if (has(prog, is_copy))
		mdev_bpf_refuse(prog->aux->name,
				"%llu instructions by copying map values, more than %u: use mdev_bpf_for()",
				cost, MDEV_BPF_MAX_COST);
	else
		mdev_bpf_refuse(prog->aux->name,
				"%llu instructions by global functions, more than %u: make that at %u static",
				cost, MDEV_BPF_MAX_COST, at);
	return -E2BIG;
}

/**
 * mdev_bpf_cost_check() - check the bound for the instructions of an op
 * @prog: the program of the op, before the verifier has changed anything
 *
 * Context: Process context.
 *
 * Return: 0; -E2BIG or -EOPNOTSUPP, with a sentence; -ENOMEM.
 */
int mdev_bpf_cost_check(const struct bpf_prog *prog)
{
	u32 nr = prog->aux->func_info_cnt;
	struct function *functions __free(kvfree) = kvcalloc(nr, sizeof(*functions), GFP_KERNEL);
	u8 *tests __free(kvfree) = kvcalloc(prog->len, sizeof(*tests), GFP_KERNEL);
	u8 *looping __free(kvfree) = kvcalloc(prog->len, sizeof(*looping), GFP_KERNEL);
	u32 *preds __free(kvfree) = kvcalloc(prog->len, sizeof(*preds), GFP_KERNEL);
	struct graph g = { prog, functions, nr, tests, looping, preds, 0, 0 };
	u64 cost;

	/* Without function information, all functions are static, but loops are not known */
	if (!nr && has(prog, is_next))
		return refuse_loop(prog, 0);
	if (!nr)
		return has(prog, is_copy) ? refuse(prog, U64_MAX, 0) : 0;
	if (!functions || !tests || !looping || !preds)
		return -ENOMEM;
	find_functions(&g);
	mark_tests(&g);
	find_loops(&g);
	weigh(&g, &functions[0], 1);
	if (g.bad)
		return refuse_loop(prog, g.bad);
	if (g.deep)
		return refuse_depth(prog, g.deep);
	cost = add(functions[0].path, functions[0].below);
	if (cost <= MDEV_BPF_MAX_COST)
		return 0;
	return refuse(prog, cost, heaviest(&g)->start);
}
