// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics: counters for each op of each device, and reports of ops that take too long. All of
 * this is behind one static key, so that it costs nothing while it is off.
 */
#include <linux/jump_label.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>

#include "device/device.h"
#include "gate/notice.h"
#include "gate/ops.h"
#include "gate/stats.h"
#include "gate/trace.h"
#include "program/program.h"

DEFINE_STATIC_KEY_FALSE(mdev_bpf_stats_key);

/* Serialises changes of the next two variables and of the key, which depends on them. */
static DEFINE_MUTEX(watch_lock);
static bool counting;
static unsigned int slow_op_us;	/* 0: ops are not reported as slow */
/* How often the key was turned on; an op that began in an earlier session is not counted */
static u64 session;

/* Is this result of an op an error? See mdev_bpf_call_result(). */
static bool is_error(enum mdev_bpf_op op, int ret)
{
	switch (op) {
	case MDEV_BPF_OP_IOCTL:
		return ret < 0 || ret > MDEV_BPF_IOCTL_REVIEW;
	case MDEV_BPF_OP_SAVE:
	case MDEV_BPF_OP_RESTORE:
		return ret < 0 || ret > MDEV_BPF_STREAM_OPAQUE;
	default:
		return ret;
	}
}

static void note_slow(struct mdev_bpf_device *bdev, struct mdev_bpf_stats *stats,
		      enum mdev_bpf_op op, u64 ns, unsigned int limit_us)
{
	struct mdev_bpf_slow slow = { .op = op, .ns = ns };
	const char *name = mdev_bpf_ops_name(op);
	u32 link_id, map_id;

	slow.boot_ns = ktime_get_boottime_ns();
	scoped_guard(spinlock, &stats->lock) {
		stats->last_slow = slow;
		if (ns > stats->worst_slow.ns)
			stats->worst_slow = slow;
	}
	trace_mdev_bpf_slow_op(&bdev->ctx, name, ns);
	mdev_bpf_ops_ids(READ_ONCE(bdev->gate.link), &link_id, &map_id);
	mdev_bpf_notice(bdev, "%s of %s (link %u, map %u) took %llu us, more than %u", name,
			bdev->program->driver.driver.name, link_id, map_id, ns / NSEC_PER_USEC,
			limit_us);
}

/**
 * mdev_bpf_stats_init() - set up the statistics of a new device or queue
 * @stats: the statistics, zeroed
 */
void mdev_bpf_stats_init(struct mdev_bpf_stats *stats)
{
	spin_lock_init(&stats->lock);
}

/**
 * mdev_bpf_stats_begin() - record the time before an op is called
 * @stats: the statistics of the device, or of the queue
 *
 * Context: The gate, or the lane of the queue, held; mdev_bpf_stats_key on.
 */
void mdev_bpf_stats_begin(struct mdev_bpf_stats *stats)
{
	stats->session = READ_ONCE(session);
	stats->start = ktime_get_ns();
}

/**
 * mdev_bpf_stats_end() - count an op that has returned
 * @bdev: the device
 * @stats: as for mdev_bpf_stats_begin()
 * @op: the op
 * @ret: the result of the op; 0 if it returns nothing
 *
 * Context: The gate, or the lane of the queue, held; mdev_bpf_stats_key on.
 */
void mdev_bpf_stats_end(struct mdev_bpf_device *bdev, struct mdev_bpf_stats *stats,
			enum mdev_bpf_op op, int ret)
{
	struct mdev_bpf_op_stats *s = &stats->ops[op];
	unsigned int limit = READ_ONCE(slow_op_us);
	u64 ns;

	/* The key was turned on during the op, perhaps not for the first time */
	if (stats->session != READ_ONCE(session))
		return;
	ns = ktime_get_ns() - stats->start;
	if (READ_ONCE(counting)) {
		WRITE_ONCE(s->calls, s->calls + 1);
		WRITE_ONCE(s->errors, s->errors + is_error(op, ret));
		WRITE_ONCE(s->total_ns, s->total_ns + ns);
		WRITE_ONCE(s->max_ns, max(s->max_ns, ns));
	}
	if (limit && ns > (u64)limit * NSEC_PER_USEC)
		note_slow(bdev, stats, op, ns, limit);
}

/* An op may end at the same time, and then not all of its numbers are found. */
static void add_up(struct mdev_bpf_op_stats *sum, const struct mdev_bpf_op_stats *s)
{
	sum->calls += READ_ONCE(s->calls);
	sum->errors += READ_ONCE(s->errors);
	sum->total_ns += READ_ONCE(s->total_ns);
	sum->max_ns = max(sum->max_ns, READ_ONCE(s->max_ns));
}

/* The calls of an op, those of all queues together */
static struct mdev_bpf_op_stats sum_of(struct mdev_bpf_device *bdev, enum mdev_bpf_op op)
{
	struct mdev_bpf_op_stats sum = {};
	struct mdev_bpf_lane *lane;

	add_up(&sum, &bdev->stats.ops[op]);
	mdev_bpf_queue_for_each(lane, bdev)
		add_up(&sum, &lane->stats.ops[op]);
	return sum;
}

/**
 * mdev_bpf_stats_emit() - what the "stats" file of a device says
 * @bdev: the device
 * @buf: a page
 *
 * Context: Process context.
 *
 * Return: bytes.
 */
int mdev_bpf_stats_emit(struct mdev_bpf_device *bdev, char *buf)
{
	int at = sysfs_emit(buf, "op calls errors total_ns max_ns\n");
	unsigned int i;

	for (i = 0; i < MDEV_BPF_NR_OPS; i++) {
		struct mdev_bpf_op_stats s = sum_of(bdev, i);

		if (s.calls)
			at += sysfs_emit_at(buf, at, "%s %llu %llu %llu %llu\n",
					    mdev_bpf_ops_name(i), s.calls, s.errors,
					    s.total_ns, s.max_ns);
	}
	return at;
}

static int emit_slow(char *buf, int at, const char *which, const struct mdev_bpf_slow *slow)
{
	if (!slow->ns)
		return 0;
	return sysfs_emit_at(buf, at, "%s %s %llu %llu\n", which, mdev_bpf_ops_name(slow->op),
			     slow->ns, slow->boot_ns);
}

static void choose_slow(struct mdev_bpf_stats *stats, struct mdev_bpf_slow *last,
			struct mdev_bpf_slow *worst)
{
	guard(spinlock)(&stats->lock);
	if (stats->last_slow.boot_ns > last->boot_ns)
		*last = stats->last_slow;
	if (stats->worst_slow.ns > worst->ns)
		*worst = stats->worst_slow;
}

/**
 * mdev_bpf_stats_emit_slow() - what the "slow_op" file of a device says
 * @bdev: the device
 * @buf: a page
 *
 * Context: Process context.
 *
 * Return: bytes, 0 if no op was slow.
 */
int mdev_bpf_stats_emit_slow(struct mdev_bpf_device *bdev, char *buf)
{
	struct mdev_bpf_slow last = {}, worst = {};
	struct mdev_bpf_lane *lane;
	int at;

	choose_slow(&bdev->stats, &last, &worst);
	mdev_bpf_queue_for_each(lane, bdev)
		choose_slow(&lane->stats, &last, &worst);
	at = emit_slow(buf, 0, "last", &last);
	return at + emit_slow(buf, at, "worst", &worst);
}

static void update_key(void)
{
	lockdep_assert_held(&watch_lock);
	if (!counting && !slow_op_us) {
		static_branch_disable(&mdev_bpf_stats_key);
		return;
	}
	if (!static_key_enabled(&mdev_bpf_stats_key))
		WRITE_ONCE(session, session + 1);
	static_branch_enable(&mdev_bpf_stats_key);
}

static ssize_t stats_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(counting));
}

static ssize_t stats_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	bool on;
	int ret;

	ret = kstrtobool(buf, &on);
	if (ret)
		return ret;
	guard(mutex)(&watch_lock);
	WRITE_ONCE(counting, on);
	update_key();
	return count;
}

static struct kobj_attribute stats_attr = __ATTR_RW(stats);

static ssize_t slow_op_us_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(slow_op_us));
}

static ssize_t slow_op_us_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	unsigned int us;
	int ret;

	ret = kstrtouint(buf, 0, &us);
	if (ret)
		return ret;
	guard(mutex)(&watch_lock);
	WRITE_ONCE(slow_op_us, us);
	update_key();
	return count;
}

static struct kobj_attribute slow_op_us_attr = __ATTR_RW(slow_op_us);

/* In /sys/kernel/mdev_bpf */
const struct attribute *const mdev_bpf_stats_attrs[] = {
	&stats_attr.attr,
	&slow_op_us_attr.attr,
	NULL,
};
