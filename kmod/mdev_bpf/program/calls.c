// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program may call: the functions of mdev_bpf, and helpers that take a short time whatever
 * they are called with. This ensures that each op ends soon:
 *
 * - The verifier follows each path through a program, and gives up after a million instructions. So
 *   a path is not longer, unless it contains something that is verified once and executed many
 *   times: a callback, an iterator of the kernel, may_goto or a tail call. None of these is
 *   allowed. The iterator that is allowed (program/loop.c) ends when the time limit is reached, and
 *   calls of global functions are counted (program/cost.c).
 * - No instruction takes long. The sizes of the keys and values of maps are limited, and helpers
 *   that copy a value are counted. Helpers are not allowed if they copy as many bytes as the
 *   program passes, which may be the whole state; if they search, as in a trie; if they follow a
 *   format, which may request a million blanks; or if they wait for a lock, which a program on
 *   another processor may hold for as long as its plain loops take.
 *
 * Other modules can provide functions for all struct_ops programs. The verifier does not ask this
 * module about their calls, so calls are checked again when the program is attached.
 *
 * The verifier checks that pointers are valid. The checks here are about time, and about kernel
 * functions that a device has no reason to call. There is one exception: values of maps must be
 * plain data. A map can also store a pointer to a context, and the verifier lets a later op read
 * from it, when the context is gone and its memory belongs to somebody else.
 */
#include <linux/bpf_verifier.h>
#include <linux/btf.h>
#include <linux/cpumask.h>
#include <linux/filter.h>
#include <linux/module.h>

#include "gate/ops.h"
#include "gate/refuse.h"
#include "program/calls.h"
#include "program/kfunc.h"

#define HELPER_NAME(name)	\
	[BPF_FUNC_##name] = "bpf_" #name

static const char *const helper_names[] = {
	__BPF_FUNC_MAPPER(HELPER_NAME)
};

/* The name of the op that a program implements; the attach type is the member's index. */
static const char *op_name(const struct bpf_prog *prog)
{
	u32 op = prog->expected_attach_type;

	return op < MDEV_BPF_NR_OPS ? mdev_bpf_ops_name(op) : "it";
}

static bool helper_allowed(enum bpf_func_id id)
{
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_pop_elem:
	case BPF_FUNC_map_peek_elem:
	case BPF_FUNC_map_lookup_percpu_elem:
	case BPF_FUNC_ringbuf_reserve:
	case BPF_FUNC_ringbuf_submit:
	case BPF_FUNC_ringbuf_discard:
	case BPF_FUNC_ringbuf_query:
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_ktime_get_boot_ns:
	case BPF_FUNC_ktime_get_tai_ns:
	case BPF_FUNC_jiffies64:
	case BPF_FUNC_get_prandom_u32:
	case BPF_FUNC_get_smp_processor_id:
	case BPF_FUNC_get_numa_node_id:
	case BPF_FUNC_get_current_pid_tgid:
	case BPF_FUNC_get_current_cgroup_id:
	case BPF_FUNC_get_current_ancestor_cgroup_id:
		return true;
	default:
		return false;
	}
}

/* What to use instead of a helper that is not allowed. */
static const char *helper_cure(enum bpf_func_id id)
{
	switch (id) {
	case BPF_FUNC_loop:
	case BPF_FUNC_for_each_map_elem:
		return "use mdev_bpf_for()";
	case BPF_FUNC_timer_init:
	case BPF_FUNC_timer_set_callback:
	case BPF_FUNC_timer_start:
	case BPF_FUNC_timer_cancel:
		return "use mdev_bpf_timer_arm()";
	case BPF_FUNC_tail_call:
		return "call a static function";
	case BPF_FUNC_spin_lock:
	case BPF_FUNC_spin_unlock:
		return "use atomic operations";
	case BPF_FUNC_ringbuf_output:
		return "use bpf_ringbuf_reserve() and bpf_ringbuf_submit()";
	case BPF_FUNC_snprintf:
		return "use mdev_bpf_snprintf()";
	case BPF_FUNC_trace_printk:
	case BPF_FUNC_trace_vprintk:
		return "use mdev_bpf_printk()";
	default:
		return "see \"Helpers and maps\" in the ABI's documentation";
	}
}

/**
 * mdev_bpf_calls_helper() - get a helper that a program calls, for the verifier
 * @id: the helper
 * @prog: the program
 *
 * A helper that is new in the kernel is refused until it is added here.
 *
 * Context: Process context.
 *
 * Return: the helper; NULL, with a sentence, if the program may not call it.
 */
const struct bpf_func_proto *mdev_bpf_calls_helper(enum bpf_func_id id,
						   const struct bpf_prog *prog)
{
	if (helper_allowed(id))
		return bpf_base_func_proto(id, prog);
	if (id < ARRAY_SIZE(helper_names))
		mdev_bpf_refuse(prog->aux->name,
				"%s calls %s(), which is not for device programs: %s",
				op_name(prog), helper_names[id], helper_cure(id));
	return NULL;
}

/* The header of a BTF. The members that came last may not be there. Return: NULL if unknown. */
static const struct btf_header *header_of(const struct btf_type *first)
{
	static const u32 sizes[] = {
		offsetofend(struct btf_header, str_len), sizeof(struct btf_header),
	};
	unsigned int i;

	for (i = 0; first && i < ARRAY_SIZE(sizes); i++) {
		const struct btf_header *hdr = (const void *)first - sizes[i];

		if (hdr->magic == BTF_MAGIC && hdr->hdr_len == sizes[i] && !hdr->type_off)
			return hdr;
	}
	return NULL;
}

/*
 * Get the name of a function of the kernel, for a sentence. The kernel exports no function for
 * this. But the kernel's BTF is in memory as in its file format: the header is before the first
 * type, and contains the offset of the names, which is counted from there.
 */
static const char *kernel_name(u32 id)
{
	const struct btf_type *first = btf_type_by_id(mdev_bpf_kfunc_btf, 1);
	const struct btf_type *t = btf_type_by_id(mdev_bpf_kfunc_btf, id);
	const struct btf_header *hdr = header_of(first);

	if (!hdr || !t || t->name_off >= hdr->str_len)
		return "?";
	return (const char *)first + hdr->str_off + t->name_off;
}

static int check_call(const struct bpf_prog *prog, const struct bpf_insn *insn)
{
	/* For a weak function that the kernel does not have, imm is 0; such a call is dead code */
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL && !insn->off && insn->imm) {
		mdev_bpf_refuse(prog->aux->name,
				"%s calls %s(), a function of the kernel: call mdev_bpf's, or a helper",
				op_name(prog), kernel_name(insn->imm));
		return -EACCES;
	}
	return 0;
}

/* Check a 64 bit load that stands for an address. */
static int check_address(const struct bpf_prog *prog, const struct bpf_insn *insn)
{
	switch (insn->src_reg) {
	case BPF_PSEUDO_FUNC:
		mdev_bpf_refuse(prog->aux->name,
				"%s gives the kernel a function to call: use mdev_bpf_for(), or a timer",
				op_name(prog));
		return -EACCES;
	case BPF_PSEUDO_BTF_ID:
		mdev_bpf_refuse(prog->aux->name,
				"%s uses a variable of the kernel: device programs have their own, and maps",
				op_name(prog));
		return -EACCES;
	default:
		return 0;
	}
}

/**
 * mdev_bpf_calls_check() - check that a program contains nothing that device programs must not use
 * @prog: the program, with all its functions, before the verifier has changed anything
 *
 * Helpers are not checked here; see mdev_bpf_calls_helper().
 *
 * Context: Process context.
 *
 * Return: 0; -EACCES with a sentence.
 */
int mdev_bpf_calls_check(const struct bpf_prog *prog)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < prog->len && !ret; i++) {
		const struct bpf_insn *insn = &prog->insnsi[i];

		switch (insn->code) {
		case BPF_LD | BPF_IMM | BPF_DW:
			ret = check_address(prog, insn);
			i++;	/* Skip its second half */
			break;
		case BPF_JMP | BPF_CALL:
			ret = check_call(prog, insn);
			break;
		case BPF_JMP | BPF_JCOND:
			mdev_bpf_refuse(prog->aux->name,
					"%s loops with may_goto, up to %u times: use mdev_bpf_for()",
					op_name(prog), BPF_MAX_LOOPS);
			ret = -EACCES;
			break;
		}
	}
	return ret;
}

static bool map_allowed(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_RINGBUF:
		return true;
	default:
		return false;
	}
}

/* A new entry of a per-CPU hash is cleared for all processors. */
static int check_processors(const struct bpf_prog *prog, const struct bpf_map *map,
			    const char *name)
{
	if (map->map_type != BPF_MAP_TYPE_PERCPU_HASH &&
	    map->map_type != BPF_MAP_TYPE_LRU_PERCPU_HASH)
		return 0;
	if (map->value_size <= MDEV_BPF_MAX_VALUE / num_possible_cpus())
		return 0;
	mdev_bpf_refuse(prog->aux->name,
			"%s uses %s, whose values have %u bytes for each of %u processors: at most %u",
			op_name(prog), name, map->value_size, num_possible_cpus(),
			MDEV_BPF_MAX_VALUE);
	return -E2BIG;
}

/* Are there fields that the BPF core manages: locks, timers, pointers, lists? */
static bool has_fields(const struct bpf_map *map)
{
	return !IS_ERR_OR_NULL(map->record) && map->record->cnt;
}

/* @map: a map of the program, or the template for the maps inside of it */
static int check_map(const struct bpf_prog *prog, const struct bpf_map *map, const char *name)
{
	if (!map_allowed(map->map_type)) {
		mdev_bpf_refuse(prog->aux->name,
				"%s uses %s, a map of type %u: use arrays, hashes, queues, ring buffers",
				op_name(prog), name, map->map_type);
		return -EOPNOTSUPP;
	}
	/* Without a random seed, a guest could choose keys that all have the same hash */
	if (map->map_flags & BPF_F_ZERO_SEED) {
		mdev_bpf_refuse(prog->aux->name,
				"%s uses %s, a hash without a random seed: leave out BPF_F_ZERO_SEED",
				op_name(prog), name);
		return -EOPNOTSUPP;
	}
	if (has_fields(map)) {
		mdev_bpf_refuse(prog->aux->name,
				"%s uses %s, whose values have locks, lists or pointers: use plain data",
				op_name(prog), name);
		return -EOPNOTSUPP;
	}
	if (map->key_size > MDEV_BPF_MAX_KEY) {
		mdev_bpf_refuse(prog->aux->name, "%s uses %s, whose keys have %u bytes: at most %u",
				op_name(prog), name, map->key_size, MDEV_BPF_MAX_KEY);
		return -E2BIG;
	}
	if (map->value_size > MDEV_BPF_MAX_VALUE) {
		mdev_bpf_refuse(prog->aux->name,
				"%s uses %s, whose values have %u bytes: at most %u", op_name(prog),
				name, map->value_size, MDEV_BPF_MAX_VALUE);
		return -E2BIG;
	}
	return check_processors(prog, map, name);
}

/*
 * The address of the function that an instruction of a verified program calls, or NULL. Only on x86
 * is it known that the instruction has the address; for other JITs it may have the BTF id.
 */
static void *called(const struct bpf_insn *insn)
{
	if (!IS_ENABLED(CONFIG_X86_64) || insn->code != (BPF_JMP | BPF_CALL) ||
	    insn->src_reg != BPF_PSEUDO_KFUNC_CALL)
		return NULL;
	return (void *)__bpf_call_base + insn->imm;
}

/**
 * mdev_bpf_calls_check_functions() - check that a program calls functions of mdev_bpf only
 * @prog: the program, verified
 *
 * Context: Process context.
 *
 * Return: 0; -EACCES with a sentence.
 */
int mdev_bpf_calls_check_functions(const struct bpf_prog *prog)
{
	u32 i;

	for (i = 0; i < prog->len; i++) {
		void *function = called(&prog->insnsi[i]);

		if (!function || within_module((unsigned long)function, THIS_MODULE))
			continue;
		mdev_bpf_refuse(prog->aux->name,
				"%s calls %ps, a function of another module: call mdev_bpf's, or a helper",
				op_name(prog), function);
		return -EACCES;
	}
	return 0;
}

/**
 * mdev_bpf_calls_check_maps() - check that operations on the maps of a program take a short time
 * @prog: the program, verified
 *
 * Context: Process context.
 *
 * Return: 0; -EOPNOTSUPP or -E2BIG with a sentence.
 */
int mdev_bpf_calls_check_maps(const struct bpf_prog *prog)
{
	struct bpf_prog_aux *aux = prog->aux;
	int ret = 0;
	u32 i;

	guard(mutex)(&aux->used_maps_mutex);
	for (i = 0; i < aux->used_map_cnt && !ret; i++) {
		const struct bpf_map *map = aux->used_maps[i];

		ret = check_map(prog, map, map->name);
		if (!ret && map->inner_map_meta)
			ret = check_map(prog, map->inner_map_meta, map->name);
	}
	return ret;
}
