// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dump of a device, as text for people: data of the core, and then the text of the program.
 */
#include <linux/bitmap.h>
#include <linux/btf.h>
#include <linux/ctype.h>
#include <linux/sysfs.h>

#include "device/device.h"
#include "device/dump.h"
#include "device/failure.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "gate/ops.h"
#include "memory/protect.h"
#include "pci/irq.h"
#include "program/kfunc.h"
#include "queue/queue.h"
#include "validate/api.h"

/* The end of a text that did not fit; there is always room for this. */
#define CUT "\n[cut]\n"

static bool is_armed(const struct mdev_bpf_timer *timer)
{
	return timer->paused || hrtimer_active(&timer->hrtimer);
}

static u64 timers_armed(const struct mdev_bpf_deferred *d)
{
	unsigned int i;
	u64 armed = 0;

	for (i = 0; i < MDEV_BPF_MAX_TIMERS; i++)
		if (is_armed(&d->timers[i]))
			armed |= BIT(i);
	return armed;
}

/* The numbers of the bits that are set, as " what 0,3-5" or " what none" */
static int dump_bits(char *buf, int at, const char *what, u64 bits)
{
	DECLARE_BITMAP(map, 64);

	if (!bits)
		return sysfs_emit_at(buf, at, " %s none", what);
	bitmap_from_u64(map, bits);
	return sysfs_emit_at(buf, at, " %s %64pbl", what, map);
}

static int dump_deferred(struct mdev_bpf_device *bdev, char *buf, int at)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	int n = sysfs_emit_at(buf, at, "timers:");

	n += dump_bits(buf, at + n, "armed", timers_armed(d));
	n += dump_bits(buf, at + n, "due", READ_ONCE(d->timers_due));
	n += sysfs_emit_at(buf, at + n, "\nwork:");
	n += dump_bits(buf, at + n, "due", READ_ONCE(d->work_due));
	n += sysfs_emit_at(buf, at + n, "\n");
	if (!bdev->queues.nr)
		return n;
	n += sysfs_emit_at(buf, at + n, "queues: %u,", bdev->queues.nr);
	n += dump_bits(buf, at + n, "due", mdev_bpf_queue_due(bdev));
	return n + sysfs_emit_at(buf, at + n, "\n");
}

/* Why the device's time stands still, by bit, MDEV_BPF_FROZEN_* */
static const char *const frozen_names[] = { "closed", "detached", "failed", "stopped" };

static int dump_time(struct mdev_bpf_device *bdev, char *buf, int at)
{
	unsigned int frozen = bdev->deferred.frozen, i;
	int n = sysfs_emit_at(buf, at, "time: %llu ns, %s", mdev_bpf_deferred_time(bdev),
			      frozen ? "stands still:" : "passes");

	for (i = 0; i < ARRAY_SIZE(frozen_names); i++)
		if (frozen & BIT(i))
			n += sysfs_emit_at(buf, at + n, " %s", frozen_names[i]);
	return n + sysfs_emit_at(buf, at + n, "\n");
}

static int dump_irqs(struct mdev_bpf_device *bdev, char *buf, int at)
{
	static const char *const modes[] = { "off", "INTx", "MSI", "MSI-X" };
	unsigned int mode = mdev_bpf_irq_get_mode(&bdev->irqs), i;
	u32 up = 0, fired = 0;

	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++) {
		up |= mdev_bpf_irq_is_up(&bdev->irqs, i) << i;
		fired |= mdev_bpf_irq_has_fired(&bdev->irqs, i) << i;
	}
	if (!bdev->api->pci)
		return sysfs_emit_at(buf, at, "interrupts: lines up %#x, fired %#x\n", up, fired);
	return sysfs_emit_at(buf, at, "interrupts: %s, line %s%s\n",
			     mode < ARRAY_SIZE(modes) ? modes[mode] : "?", up ? "up" : "down",
			     fired ? ", has fired" : "");
}

static int dump_protected(struct mdev_bpf_device *bdev, char *buf, int at)
{
	struct mdev_bpf_pages pages;
	unsigned int i;
	int n = 0;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++) {
		if (!(bdev->regions[i].flags & MDEV_BPF_REGION_PROTECT))
			continue;
		pages = mdev_bpf_protect_get(bdev->memory[i]);
		if (!pages.end)
			continue;
		n += sysfs_emit_at(buf, at + n, "protected: region %u, pages %lu to %lu\n", i,
				   pages.first, pages.end - 1);
	}
	return n;
}

static int dump_core(struct mdev_bpf_device *bdev, char *buf)
{
	int at;

	guard(mdev_bpf_gate)(bdev);
	at = sysfs_emit(buf, "state: %s\n", mdev_bpf_failure_state(bdev));
	at += sysfs_emit_at(buf, at, "open: %d\n",
			    atomic_read(&bdev->use) == MDEV_BPF_USE_OPEN);
	at += dump_irqs(bdev, buf, at);
	at += dump_deferred(bdev, buf, at);
	at += dump_time(bdev, buf, at);
	at += dump_protected(bdev, buf, at);
	if (bdev->failure.active)
		at += sysfs_emit_at(buf, at, "failure: %s, code %d: %s\n",
				    mdev_bpf_ops_name(bdev->failure.op), bdev->failure.code,
				    bdev->failure.text);
	return at;
}

static void call_dump(struct mdev_bpf_device *bdev, struct mdev_bpf_dump *dump)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_DUMP);

	if (!IS_ERR(call.ops))
		mdev_bpf_call_op(&call, dump, dump);
}

/**
 * mdev_bpf_dump_emit() - write the content of the "dump" file
 * @bdev: the device
 * @buf: a page
 *
 * Context: Process context.
 *
 * Return: the number of bytes.
 */
int mdev_bpf_dump_emit(struct mdev_bpf_device *bdev, char *buf)
{
	struct mdev_bpf_dump_ctx ctx = { .buf = buf, .used = dump_core(bdev, buf) };

	ctx.dump.room = PAGE_SIZE - sizeof(CUT) - ctx.used;
	call_dump(bdev, &ctx.dump);
	/* End the last line if the program has not */
	if (buf[ctx.used - 1] != '\n')
		buf[ctx.used++] = '\n';
	return ctx.used;
}

static char printable(char c)
{
	return c == '\n' || c == '\t' || (isascii(c) && isprint(c)) ? c : '?';
}

__bpf_kfunc_start_defs();

__bpf_kfunc int mdev_bpf_dump_text(struct mdev_bpf_dump *out, const char *text, u32 text__sz)
{
	struct mdev_bpf_dump_ctx *ctx = container_of(out, struct mdev_bpf_dump_ctx, dump);
	size_t i, len;

	if (ctx->cut)
		return -ENOSPC;
	/* A program may pass 1 MB repeatedly: look at no more than there is room for */
	len = strnlen(text, min_t(u64, text__sz, ctx->dump.room + 1));
	for (i = 0; i < len && ctx->dump.room; i++, ctx->dump.room--)
		ctx->buf[ctx->used++] = printable(READ_ONCE(text[i]));
	if (i == len)
		return 0;
	ctx->cut = true;
	memcpy(ctx->buf + ctx->used, CUT, sizeof(CUT) - 1);
	ctx->used += sizeof(CUT) - 1;
	return -ENOSPC;
}

__bpf_kfunc_end_defs();
