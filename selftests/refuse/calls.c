// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program may call and loop over: each helper by its number, and programs that call what
 * has no bound, or what only the kernel has business with.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "wrong.h"

#define CALLS	"progs/calls.bpf.o"
#define FOREIGN	"refuse/kmod/mdev_bpf_foreign.ko"

/* Past the last helper of any kernel yet; they became kfuncs */
#define HELPERS	300

/* All that a device program may call; a new kernel's are refused until they are looked at. */
static const unsigned int may_call[] = {
	BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem, BPF_FUNC_map_delete_elem,
	BPF_FUNC_map_push_elem, BPF_FUNC_map_pop_elem, BPF_FUNC_map_peek_elem,
	BPF_FUNC_map_lookup_percpu_elem,
	BPF_FUNC_ringbuf_reserve, BPF_FUNC_ringbuf_submit,
	BPF_FUNC_ringbuf_discard, BPF_FUNC_ringbuf_query,
	BPF_FUNC_ktime_get_ns, BPF_FUNC_ktime_get_boot_ns, BPF_FUNC_ktime_get_tai_ns,
	BPF_FUNC_jiffies64, BPF_FUNC_get_prandom_u32, BPF_FUNC_get_smp_processor_id,
	BPF_FUNC_get_numa_node_id, BPF_FUNC_get_current_pid_tgid,
	BPF_FUNC_get_current_cgroup_id,
	BPF_FUNC_get_current_ancestor_cgroup_id,
};

static bool may(unsigned int helper)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(may_call); i++)
		if (may_call[i] == helper)
			return true;
	return false;
}

/* struct mdev_bpf_ops in the BTF of the module, for programs without an object file */
static struct {
	int fd;
	int ops;
	int read;	/* index of region_read among its members */
} module_btf = { .fd = -1 };

static int btf_fd_of(const char *name)
{
	char got[64];
	__u32 id = 0;
	int fd;

	while (!bpf_btf_get_next_id(id, &id)) {
		struct bpf_btf_info info = { .name = (__u64)(unsigned long)got,
					     .name_len = sizeof(got) };
		__u32 len = sizeof(info);

		fd = bpf_btf_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf &&
		    !strcmp(got, name))
			return fd;
		close(fd);
	}
	return -1;
}

static void find_ops(void)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	struct btf *btf = btf__load_module_btf("mdev_bpf", vmlinux);
	const struct btf_type *t;
	int i;

	ASSERT(btf);
	module_btf.fd = btf_fd_of("mdev_bpf");
	module_btf.ops = btf__find_by_name_kind(btf, "mdev_bpf_ops", BTF_KIND_STRUCT);
	ASSERT(module_btf.fd >= 0 && module_btf.ops > 0);
	t = btf__type_by_id(btf, module_btf.ops);
	for (i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), "region_read"))
			module_btf.read = i;
	btf__free(btf);
	btf__free(vmlinux);
}

static void setup(void)
{
	dev_need_module();
	find_ops();
}

/* What the verifier says of a program of region_read; the last line counts. */
static const char *verify(const struct bpf_insn *insns, size_t nr)
{
	static char log[1 << 16];
	int fd;

	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_obj_fd = module_btf.fd,
		    .attach_btf_id = module_btf.ops, .expected_attach_type = module_btf.read,
		    .log_buf = log, .log_size = sizeof(log), .log_level = 1);

	log[0] = '\0';
	fd = bpf_prog_load(BPF_PROG_TYPE_STRUCT_OPS, "by_hand", "GPL", insns, nr, &opts);
	if (fd >= 0)
		close(fd);
	return log;
}

/* Without arguments, the verifier refuses all of them; if one may be called, for another reason. */
MTAP_TEST(each_helper)
{
	unsigned int i, allowed = 0;

	for (i = 1; i < HELPERS; i++) {
		const struct bpf_insn insns[] = {
			{ .code = BPF_JMP | BPF_CALL, .imm = i },
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
			{ .code = BPF_JMP | BPF_EXIT },
		};
		const char *log = verify(insns, ARRAY_SIZE(insns));
		bool refused = strstr(log, "cannot use helper") || strstr(log, "unknown func") ||
			       strstr(log, "invalid func");

		if (refused == may(i))
			mtap_fail(__FILE__, __LINE__, "helper %u is %s: %s", i,
				  refused ? "refused" : "not refused", log);
		allowed += !refused;
	}
	EXPECT_EQ(allowed, ARRAY_SIZE(may_call));
}

MTAP_TEST(helper_says_why)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	verify(insns, ARRAY_SIZE(insns));
	EXPECT_STR(why_refused(),
		   "by_hand: region_read calls bpf_probe_read_kernel(), which is not for device programs: see \"Helpers and maps\" in the ABI's documentation");
}

MTAP_TEST(may_goto)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_JCOND },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	verify(insns, ARRAY_SIZE(insns));
	EXPECT_STR(why_refused(),
		   "by_hand: region_read loops with may_goto, up to 8388608 times: use mdev_bpf_for()");
}

/* Open the program of @map, without the maps of other programs: BPF refuses some of them. */
static void open_program(const char *map)
{
	struct bpf_map *other;

	ASSERT_EQ(prog_open(&dev_prog2, CALLS, map), 0);
	bpf_object__for_each_map(other, dev_prog2.obj) {
		const char *name = bpf_map__name(other), *end = strstr(name, "_map");
		size_t stem = end ? (size_t)(end - name) : 0;

		if (stem && strncmp(name, map, stem) && strncmp(name, map, strlen(map)))
			ASSERT_EQ(bpf_map__set_autocreate(other, false), 0);
	}
}

/* @map does not load, and @why is the whole of what the module says. */
static void expect_load(const char *map, const char *why)
{
	open_program(map);
	if (prog_load(&dev_prog2) >= 0)
		mtap_fail(__FILE__, __LINE__, "%s loads", map);
	if (strcmp(why_refused(), why))
		mtap_fail(__FILE__, __LINE__, "%s: \"%s\" is not \"%s\": %s", map, why_refused(),
			  why, prog_log());
	prog_close(&dev_prog2);
}

/* @map loads, but cannot be attached. */
static void expect_attach(const char *map, int err, const char *why)
{
	open_program(map);
	if (prog_load(&dev_prog2))
		mtap_fail(__FILE__, __LINE__, "%s does not load: %s", map, prog_log());
	EXPECT_EQ(prog_attach(&dev_prog2), err);
	EXPECT_STR(why_refused(), why);
	expect_no_type("bad");
	prog_close(&dev_prog2);
}

#define CALLBACK(name) name ": region_read gives the kernel a function to call: "		\
	"use mdev_bpf_for(), or a timer"
#define KERNEL(name, function) name ": region_read calls " function "(), a function of the "	\
	"kernel: call mdev_bpf's, or a helper"

MTAP_TEST(callbacks)
{
	expect_load("loop", CALLBACK("loop_read"));
	expect_load("each", CALLBACK("each_read"));
	expect_load("drain", CALLBACK("drain_read"));
	expect_load("timer", CALLBACK("timer_read"));
}

MTAP_TEST(helpers_without_callback)
{
	expect_load("timer_start",
		    "timer_start_rea: region_read calls bpf_timer_start(), which is not for device programs: use mdev_bpf_timer_arm()");
	expect_load("tail",
		    "tail_read: region_read calls bpf_tail_call(), which is not for device programs: call a static function");
	expect_load("locked",
		    "locked_read: region_read calls bpf_spin_lock(), which is not for device programs: use atomic operations");
}

MTAP_TEST(functions_of_the_kernel)
{
	expect_load("kernel_loop", KERNEL("kernel_loop_rea", "bpf_iter_num_new"));
	expect_load("rdonly_cast", KERNEL("rdonly_cast_rea", "bpf_rdonly_cast"));
	expect_load("task_from_pid", KERNEL("task_from_pid_r", "bpf_task_from_pid"));
	expect_load("preempt", KERNEL("preempt_read", "bpf_preempt_disable"));
	expect_load("rcu", KERNEL("rcu_read", "bpf_rcu_read_lock"));
	expect_load("dead_call", KERNEL("dead_call_read", "bpf_preempt_disable"));
}

MTAP_TEST(variables_of_the_kernel)
{
	expect_load("kernel_variable",
		    "kernel_variable: region_read uses a variable of the kernel: device programs have their own, and maps");
}

MTAP_TEST(global_functions)
{
	open_program("global");
	EXPECT_EQ(prog_load(&dev_prog2), -E2BIG);
	EXPECT_HAS(why_refused(), "global_read: ");
	EXPECT_HAS(why_refused(),
		   " instructions by global functions, more than 2097152: make that at ");
	prog_close(&dev_prog2);
	open_program("recursive");
	EXPECT_EQ(prog_load(&dev_prog2), -E2BIG);
	EXPECT_HAS(why_refused(), "recursive_read: the call at ");
}

static void expect_copies(const char *map, const char *name)
{
	open_program(map);
	EXPECT_EQ(prog_load(&dev_prog2), -E2BIG);
	EXPECT_HAS(why_refused(), name);
	EXPECT_HAS(why_refused(), " instructions by copying map values, more than 2097152: use mdev_bpf_for()");
	prog_close(&dev_prog2);
}

/* A plain loop is a million instructions at most, and each could copy 64 KiB. */
MTAP_TEST(copies_in_loops)
{
	expect_copies("copies", "copies_read: ");
	expect_copies("deletes", "deletes_read: ");
}

static void expect_loop(const char *map, const char *name)
{
	open_program(map);
	EXPECT_EQ(prog_load(&dev_prog2), -EOPNOTSUPP);
	EXPECT_HAS(why_refused(), name);
	EXPECT_HAS(why_refused(), "plain loop around mdev_bpf_for() at ");
	EXPECT_HAS(why_refused(), ": use mdev_bpf_for() for it, too");
	prog_close(&dev_prog2);
}

/* The time limit ends mdev_bpf_for(), but not a plain loop that contains it. */
MTAP_TEST(loops_around_loops)
{
	expect_loop("around", "around_read: ");
	expect_loop("called", "called_read: ");
	expect_loop("ignored", "ignored_read: ");
	expect_loop("endless", "endless_read: ");
	open_program("between");
	EXPECT_EQ(prog_load(&dev_prog2), 0);
	prog_close(&dev_prog2);
}

/* Another module may have what it likes for all struct_ops programs. */
MTAP_TEST(functions_of_a_module)
{
	ASSERT_EQ(system("insmod " FOREIGN), 0);
	expect_attach("foreign", -EACCES,
		      "foreign_read: region_read calls mdev_bpf_foreign [mdev_bpf_foreign], a function of another module: call mdev_bpf's, or a helper");
}

MTAP_TEST(maps)
{
	expect_attach("large_value", -E2BIG,
		      "large_value_rea: region_read uses large_value_map, whose values have 65544 bytes: at most 65536");
	expect_attach("large_key", -E2BIG,
		      "large_key_read: region_read uses large_key_map, whose keys have 516 bytes: at most 512");
	expect_attach("trie", -EOPNOTSUPP,
		      "trie_read: region_read uses trie_map, a map of type 11: use arrays, hashes, queues, ring buffers");
	expect_attach("bloom", -EOPNOTSUPP,
		      "bloom_read: region_read uses bloom_map, a map of type 30: use arrays, hashes, queues, ring buffers");
	expect_attach("zero_seed", -EOPNOTSUPP,
		      "zero_seed_read: region_read uses zero_seed_map, a hash without a random seed: leave out BPF_F_ZERO_SEED");
	expect_attach("outer", -E2BIG,
		      "outer_read: region_read uses outer_map, whose values have 65544 bytes: at most 65536");
}

#define FIELDS(name, map) name ": region_read uses " map ", whose values have locks, lists or "	\
	"pointers: use plain data"

/* What was given to an op is gone when it has returned. */
MTAP_TEST(pointers_in_maps)
{
	expect_attach("stale", -EOPNOTSUPP, FIELDS("stale_read", "stale_map"));
	expect_attach("stale_inner", -EOPNOTSUPP, FIELDS("stale_inner_rea", "stale_inner_map"));
	open_program("stale_write");
	EXPECT(prog_load(&dev_prog2) < 0);
}

/* A program without a map or an object file: calls of bpf_iter_mdev_next() between two loops */
struct rounds {
	struct btf *btf;
	struct bpf_func_info func;
	int next;	/* that function, in the BTF of the module */
};

static void find_next(struct rounds *r)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	struct btf *btf = btf__load_module_btf("mdev_bpf", vmlinux);
	int u64, proto;

	r->next = btf__find_by_name_kind(btf, "bpf_iter_mdev_next", BTF_KIND_FUNC);
	ASSERT(r->next > 0);
	btf__free(btf);
	btf__free(vmlinux);
	r->btf = btf__new_empty();
	u64 = btf__add_int(r->btf, "u64", 8, 0);
	proto = btf__add_func_proto(r->btf, u64);
	ASSERT_EQ(btf__add_func_param(r->btf, "ctx", u64), 0);
	r->func.type_id = btf__add_func(r->btf, "rounds", BTF_FUNC_STATIC, proto);
	ASSERT_EQ(btf__load_into_kernel(r->btf), 0);
}

/* Return: the time until it is refused, in seconds. */
static double load_rounds(const struct rounds *r, size_t nr)
{
	struct bpf_insn *insns = calloc(nr + 4, sizeof(*insns));
	int fds[] = { module_btf.fd, module_btf.fd };
	double began;
	size_t i;

	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_obj_fd = module_btf.fd,
		    .attach_btf_id = module_btf.ops, .expected_attach_type = module_btf.read,
		    .fd_array = fds, .prog_btf_fd = btf__fd(r->btf), .func_info = &r->func,
		    .func_info_cnt = 1, .func_info_rec_size = sizeof(r->func));

	ASSERT(insns);
	insns[0] = (struct bpf_insn) {
		.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_1, .off = -1,
	};
	for (i = 1; i <= nr; i++)
		insns[i] = (struct bpf_insn) {
			.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .off = 1,
			.imm = r->next,
		};
	insns[i++] = insns[0];
	insns[i++] = (struct bpf_insn) { .code = BPF_ALU64 | BPF_MOV | BPF_K };
	insns[i++] = (struct bpf_insn) { .code = BPF_JMP | BPF_EXIT };
	began = mtap_now();
	EXPECT(bpf_prog_load(BPF_PROG_TYPE_STRUCT_OPS, "rounds", "GPL", insns, i, &opts) < 0);
	free(insns);
	return mtap_now() - began;
}

/* The check of a long program takes time in proportion: SIGKILL would not end it. */
MTAP_TEST(long_programs)
{
	struct rounds r = { 0 };
	double some, many;

	find_next(&r);
	some = load_rounds(&r, 10000);
	many = load_rounds(&r, 80000);
	mtap_diag("10,000 calls: %.0f ms, 80,000: %.0f ms", some * 1000, many * 1000);
	EXPECT(many < 30 * some + 1);
	btf__free(r.btf);
}

MTAP_TEST(all_that_it_may)
{
	struct mdev m = mdev_uuid(1);

	open_program("may");
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(mdev_create(&m, "bad-1"), 0);
	dev_open("bad-1");
	/* 0 * 1 + 0 * 2 + 1 * 1 + ... + 3 * 2 */
	EXPECT_EQ(dev_get(0, 0, 4), 18);
}

static void after(void)
{
	dev_close();
	if (exists("/sys/module/mdev_bpf_foreign"))
		EXPECT(mtap_await(!system("rmmod mdev_bpf_foreign")));
}

const struct mtap_suite mtap_suite = {
	.setup = setup, .after = after,
};
