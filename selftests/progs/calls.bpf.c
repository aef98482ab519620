// SPDX-License-Identifier: GPL-2.0-only
/* Programs that call what a device program must not, and loops without a bound that is ours. */
#include "bad.h"
#include <bpf/bpf_core_read.h>

char _license[] SEC("license") = "GPL";

/* The kernel's; only pointers to it are used */
struct task_struct {
	int pid;
};

struct bpf_map;

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;
extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern const int bpf_prog_active __ksym;

/* The map that a program @which of these uses, created only for it */
#define MAP(which, map_type, key_bytes, value_bytes, entries, flags)	\
struct {								\
	__uint(type, map_type);						\
	__uint(key_size, key_bytes);					\
	__uint(value_size, value_bytes);				\
	__uint(max_entries, entries);					\
	__uint(map_flags, flags);					\
} which##_map SEC(".maps")

/* Too large for a stack */
__u8 any_key[MDEV_BPF_MAX_KEY + 4];

/* A look into that map, and no more */
#define BAD_MAP(which, map_type, key_bytes, value_bytes, entries, flags)	\
MAP(which, map_type, key_bytes, value_bytes, entries, flags);		\
READ(which)								\
{									\
	return !bpf_map_lookup_elem(&which##_map, any_key);		\
}									\
BAD_READ(which)

/* Helpers that call back: 2^46 times, or as often as a map has entries */

static long nothing(__u32 i, void *ctx)
{
	return 0;
}

static long many(__u32 i, void *ctx)
{
	bpf_loop(1 << 23, nothing, NULL, 0);
	return 0;
}

READ(loop)
{
	bpf_loop(1 << 23, many, NULL, 0);
	return 0;
}

BAD_READ(loop);

MAP(each, BPF_MAP_TYPE_ARRAY, 4, 8, 1 << 20, 0);

static long each_elem(struct bpf_map *map, const void *key, void *value, void *ctx)
{
	return 0;
}

READ(each)
{
	return bpf_for_each_map_elem(&each_map, each_elem, NULL, 0);
}

BAD_READ(each);

MAP(drain, BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 1 << 20, 0);

static long drain_one(struct bpf_dynptr *dynptr, void *ctx)
{
	return 0;
}

READ(drain)
{
	return bpf_user_ringbuf_drain(&drain_map, drain_one, NULL, 0);
}

BAD_READ(drain);

/* What runs later, without a device, for ever if it likes */

struct timed {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct timed);
	__uint(max_entries, 1);
} timer_map SEC(".maps");

static int timer_again(void *map, __u32 *key, struct timed *timed)
{
	return bpf_timer_start(&timed->timer, 0, 0);
}

READ(timer)
{
	__u32 key = 0;
	struct timed *timed = bpf_map_lookup_elem(&timer_map, &key);

	if (!timed)
		return 0;
	bpf_timer_init(&timed->timer, &timer_map, 1);
	bpf_timer_set_callback(&timed->timer, timer_again);
	return bpf_timer_start(&timed->timer, 0, 0);
}

BAD_READ(timer);

/* Without callback: only the helper is wrong */
READ(timer_start)
{
	__u32 key = 0;
	struct timed *timed = bpf_map_lookup_elem(&timer_map, &key);

	return timed ? bpf_timer_start(&timed->timer, 0, 0) : 0;
}

BAD_READ(timer_start);

/* A program that nobody has looked at */

MAP(tail, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);

READ(tail)
{
	bpf_tail_call(ctx, &tail_map, 0);
	return 0;
}

BAD_READ(tail);

/* Functions of the kernel */

READ(kernel_loop)
{
	int i;

	bpf_for(i, 0, 1 << 23)
		a->val++;
	return 0;
}

BAD_READ(kernel_loop);

READ(rdonly_cast)
{
	struct mdev_bpf_dev *d = bpf_rdonly_cast((void *)a->offset,
						 bpf_core_type_id_kernel(struct mdev_bpf_dev));

	a->val = d->arg;
	return 0;
}

BAD_READ(rdonly_cast);

READ(task_from_pid)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (task)
		bpf_task_release(task);
	return 0;
}

BAD_READ(task_from_pid);

READ(preempt)
{
	bpf_preempt_disable();
	bpf_preempt_enable();
	return 0;
}

BAD_READ(preempt);

READ(rcu)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}

BAD_READ(rcu);

/* Where nothing leads to it, a call is one all the same */
READ(dead_call)
{
	volatile int never = 0;

	if (never)
		bpf_preempt_disable();
	return 0;
}

BAD_READ(dead_call);

READ(kernel_variable)
{
	a->val = (__u64)&bpf_prog_active;
	return 0;
}

BAD_READ(kernel_variable);

/* Each is verified once, whoever calls it: 100^4 steps look like 400 */

#define GLOBAL(name, callee)						\
__attribute__((noinline)) int name(int n)				\
{									\
	int i, sum = n;							\
									\
	for (i = 0; i < 100; i++)					\
		sum += callee;						\
	return sum;							\
}

GLOBAL(global4, i)
GLOBAL(global3, global4(i))
GLOBAL(global2, global3(i))
GLOBAL(global1, global2(i))

READ(global)
{
	return global1(a->offset) & 1;
}

BAD_READ(global);

/* Which function calls which is not known yet to who counts */

static __attribute__((noinline)) int again(int n)
{
	int i, sum = n;

#pragma unroll
	for (i = 0; i < 100; i++)
		if (n & 1 << (i & 31))
			sum += again(n - i);
	return sum;
}

READ(recursive)
{
	return again(a->offset) & 1;
}

BAD_READ(recursive);

/* What is copied is far more than what runs */

MAP(copies, BPF_MAP_TYPE_HASH, 4, MDEV_BPF_MAX_VALUE, 1, BPF_F_NO_PREALLOC);
MAP(deletes, BPF_MAP_TYPE_HASH, 4, MDEV_BPF_MAX_VALUE, 1, BPF_F_NO_PREALLOC);

__u8 any_value[MDEV_BPF_MAX_VALUE] SEC(".data.any_value");

READ(copies)
{
	__u32 i, copied_key = 0;

	for (i = 0; i < 1000; i++)
		bpf_map_update_elem(&copies_map, &copied_key, any_value, BPF_ANY);
	return 0;
}

BAD_READ(copies);

/* It waits for those who copy to the same place. */
READ(deletes)
{
	__u32 i, deleted_key = 0;

	for (i = 0; i < 1000; i++)
		bpf_map_delete_elem(&deletes_map, &deleted_key);
	return 0;
}

BAD_READ(deletes);

/* The time limit ends mdev_bpf_for(), but not the plain loop around it. */
READ(around)
{
	__u32 i;
	int k;

	for (i = 0; i < 1000; i++)
		mdev_bpf_for(k, dev, 0, 2)
			a->val++;
	return 0;
}

BAD_READ(around);

/* The same, by a function */
static __noinline void some_rounds(struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	int k;

	mdev_bpf_for(k, dev, 0, 2)
		a->val++;
}

READ(called)
{
	__u32 i;

	for (i = 0; i < 1000; i++)
		some_rounds(dev, a);
	return 0;
}

BAD_READ(called);

/* The verifier takes each new iterator for progress, and accepts a loop without an end. */
READ(endless)
{
	struct bpf_iter_mdev it;

	for (;;) {
		bpf_iter_mdev_new(&it, dev, 0, 2);
		bpf_iter_mdev_next(&it);
		bpf_iter_mdev_destroy(&it);
	}
}

BAD_READ(endless);

/* Plain loops before and behind it are no reason to refuse it. */
READ(between)
{
	__u32 i;
	int k;

	for (i = 0; i < 1000 && a->val != 7; i++)
		a->val += i;
	mdev_bpf_for(k, dev, 0, 2)
		a->val++;
	for (i = 0; i < 1000 && a->val != 7; i++)
		a->val += i;
	return 0;
}

BAD_READ(between);

/* Nor does it end a plain loop that asks for the next round, but ignores that there is none. */
READ(ignored)
{
	__u32 i;
	struct bpf_iter_mdev it;

	bpf_iter_mdev_new(&it, dev, 0, 2);
	while (bpf_iter_mdev_next(&it))
		a->val++;
	for (i = 0; i < 1000; i++)
		bpf_iter_mdev_next(&it);
	bpf_iter_mdev_destroy(&it);
	return 0;
}

BAD_READ(ignored);

/* A function of a module that is not there for all of these */
extern __u64 mdev_bpf_foreign(__u64 n) __weak __ksym;

READ(foreign)
{
	a->val = mdev_bpf_foreign(a->offset);
	return 0;
}

BAD_READ(foreign);

/* Maps whose operations take as long as somebody likes */
BAD_MAP(large_value, BPF_MAP_TYPE_ARRAY, 4, MDEV_BPF_MAX_VALUE + 8, 1, 0);
BAD_MAP(large_key, BPF_MAP_TYPE_HASH, MDEV_BPF_MAX_KEY + 4, 8, 1, 0);
BAD_MAP(trie, BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1, BPF_F_NO_PREALLOC);
BAD_MAP(zero_seed, BPF_MAP_TYPE_HASH, 4, 8, 1, BPF_F_ZERO_SEED);

MAP(bloom, BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 1, 0);

READ(bloom)
{
	__u64 what = a->offset;

	return bpf_map_peek_elem(&bloom_map, &what) & 1;
}

BAD_READ(bloom);

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, MDEV_BPF_MAX_VALUE + 8);
	__uint(max_entries, 1);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(key_size, 4);
	__uint(max_entries, 1);
	__array(values, struct inner);
} outer_map SEC(".maps");

READ(outer)
{
	__u32 key = 0;

	return !bpf_map_lookup_elem(&outer_map, &key);
}

BAD_READ(outer);

/* A lock is held for as long as the plain loops of its holder take. */

struct locked {
	struct bpf_spin_lock lock;
	__u64 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct locked);
	__uint(max_entries, 1);
} locked_map SEC(".maps");

READ(locked)
{
	struct locked *locked;
	__u32 key = 0;

	locked = bpf_map_lookup_elem(&locked_map, &key);
	if (!locked)
		return 0;
	bpf_spin_lock(&locked->lock);
	locked->n++;
	bpf_spin_unlock(&locked->lock);
	return 0;
}

BAD_READ(locked);

/* A context that a map remembers, when it is on the stack of somebody else */

struct stale {
	struct mdev_bpf_access __kptr_untrusted *access;
};

struct stale_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct stale);
	__uint(max_entries, 1);
} stale_map SEC(".maps");

READ(stale)
{
	struct mdev_bpf_access *old;
	struct stale *stale;
	__u32 key = 0;

	stale = bpf_map_lookup_elem(&stale_map, &key);
	if (!stale)
		return 0;
	old = stale->access;
	if (old)
		a->val = old->val;
	stale->access = a;
	return 0;
}

BAD_READ(stale);

READ(stale_write)
{
	struct mdev_bpf_access *old;
	struct stale *stale;
	__u32 key = 0;

	stale = bpf_map_lookup_elem(&stale_map, &key);
	if (!stale)
		return 0;
	old = stale->access;
	if (old)
		old->val = 1;
	stale->access = a;
	return 0;
}

BAD_READ(stale_write);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(key_size, 4);
	__uint(max_entries, 1);
	__array(values, struct stale_array);
} stale_inner_map SEC(".maps");

READ(stale_inner)
{
	__u32 key = 0;

	return !bpf_map_lookup_elem(&stale_inner_map, &key);
}

BAD_READ(stale_inner);

/* And with all that it may use, one that is taken */

MAP(may_hash, BPF_MAP_TYPE_HASH, MDEV_BPF_MAX_KEY, MDEV_BPF_MAX_VALUE, 1, BPF_F_NO_PREALLOC);
MAP(may_lru, BPF_MAP_TYPE_LRU_HASH, 4, 8, 8, 0);
MAP(may_percpu, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, 0);
MAP(may_queue, BPF_MAP_TYPE_QUEUE, 0, 8, 8, 0);
MAP(may_ring, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);

__u8 may_data[MDEV_BPF_MAX_VALUE - 1024];

static __attribute__((noinline)) __u64 may_static(__u64 n)
{
	return n + may_data[n & 63];
}

__attribute__((noinline)) int may_global(__u64 n)
{
	int i, sum = 0;

	for (i = 0; i < 64; i++)
		sum += may_data[(n + i) & 63];
	return sum;
}

static void may_maps(__u64 n)
{
	__u32 zero_key = 0;
	__u64 *cpu, *record;

	bpf_map_delete_elem(&may_hash_map, any_key);
	bpf_map_update_elem(&may_lru_map, &zero_key, &n, BPF_ANY);
	cpu = bpf_map_lookup_elem(&may_percpu_map, &zero_key);
	if (cpu)
		*cpu = n;
	bpf_map_push_elem(&may_queue_map, &n, BPF_EXIST);
	record = bpf_ringbuf_reserve(&may_ring_map, sizeof(*record), 0);
	if (record) {
		*record = n;
		bpf_ringbuf_submit(record, 0);
	}
}

READ(may)
{
	int i, k;

	may_maps(bpf_ktime_get_ns());
	mdev_bpf_for(i, dev, 0, 4)
		mdev_bpf_for(k, dev, 1, 3)
			a->val += may_static(i * k) + may_global(i);
	return 0;
}

BAD_READ(may);
