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
 * A helper that copies the value of a map, or waits until another processor has copied one, counts
 * as the instructions that take as long. So it cannot be called in a plain loop, which could copy
 * 10 GB.
 *
 * Rounds of mdev_bpf_for() are not counted, because the watchdog ends such a loop: after the time
 * limit, bpf_iter_mdev_next() returns NULL, so the loop executes at most the rest of its round.
 * Every other loop is a plain loop (program/flow.c).
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
#include "program/flow.h"
#include "program/kfunc.h"

/* The most instructions that the verifier processes, its BPF_COMPLEXITY_LIMIT_INSNS */
#define MAX_PATH	1000000u

/* Copying the largest value of a map, 64 KiB, takes about as long as this many instructions. */
#define COPY_COST	8192u

/* The maximal depth of calls, the verifier's MAX_CALL_FRAMES */
#define MAX_DEPTH	8

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
 * @looping: for each instruction, whether it is in a plain loop
 * @bad: an mdev_bpf_for() loop in a plain loop: its instruction, or 0
 * @deep: a call that is recursive, or deeper than the verifier allows: its instruction, or 0
 */
struct graph {
	const struct bpf_prog *prog;
	struct function *functions;
	u32 nr;
	const u8 *looping;
	u32 bad;
	u32 deep;
};

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

/* The helpers that program/calls.c allows and that copy values, or take the lock of those who do */
static bool is_copy(const struct bpf_insn *insn)
{
	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg)
		return false;
	switch (insn->imm) {
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_pop_elem:
	case BPF_FUNC_map_peek_elem:
		return true;
	default:
		return false;
	}
}

/* Note that there is an mdev_bpf_for() loop at an instruction. */
static void note_iterator(struct graph *g, struct function *f, u32 i)
{
	f->iterates = true;
	if (!g->bad && g->looping[i])
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
		if (mdev_bpf_flow_is_next(&g->prog->insnsi[i]))
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
	u8 *looping __free(kvfree) = kvcalloc(prog->len, sizeof(*looping), GFP_KERNEL);
	struct graph g = { prog, functions, nr, looping, 0, 0 };
	u64 cost;

	/* Without function information, all functions are static, but loops are not known */
	if (!nr && has(prog, mdev_bpf_flow_is_next))
		return refuse_loop(prog, 0);
	if (!nr)
		return has(prog, is_copy) ? refuse(prog, U64_MAX, 0) : 0;
	if (!functions || !looping || mdev_bpf_flow_find_loops(prog, looping))
		return -ENOMEM;
	find_functions(&g);
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
