// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sections of the migration stream. They are also used for the snapshot to which a device
 * returns if restoring fails.
 */
#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "device/device.h"
#include "dma/queue.h"
#include "memory/precopy.h"
#include "memory/protect.h"
#include "migration/stream.h"
#include "migration/stream_dma.h"
#include "migration/stream_param.h"
#include "migration/stream_queue.h"
#include "pci/caps.h"
#include "pci/config.h"
#include "pci/irq.h"
#include "pci/msix.h"
#include "program/program.h"
#include "register/doorbell.h"
#include "work/deferred.h"

static size_t state_size(struct mdev_bpf_device *bdev)
{
	return bdev->state.cur.size;
}

static void state_save(struct mdev_bpf_device *bdev, void *data)
{
	memcpy(data, bdev->state.cur.data, bdev->state.cur.size);
}

/* A state of another version may be shorter. Its version has been checked with the header. */
static bool state_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	return size <= bdev->state.cur.size;
}

static void state_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	memcpy(bdev->state.cur.data, data, size);
	memset(bdev->state.cur.data + size, 0, bdev->state.cur.size - size);
}

static size_t config_size(struct mdev_bpf_device *bdev)
{
	return bdev->config_size;
}

static void config_save(struct mdev_bpf_device *bdev, void *data)
{
	memcpy(data, bdev->config, bdev->config_size);
}

/* Drivers remember the offsets of capabilities, so these must be the same. */
static bool config_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	return size == config_size(bdev) && mdev_bpf_pci_caps_match(bdev, data);
}

static void config_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	mdev_bpf_pci_config_load(bdev, data);
}

/*
 * The mode, the eventfds and the masks of interrupts belong to the user, who sets them up again at
 * the target. Only the level of the lines, and whether they have fired, belong to the device.
 */
static size_t irqs_size(struct mdev_bpf_device *bdev)
{
	return sizeof(struct stream_irqs);
}

static void irqs_save(struct mdev_bpf_device *bdev, void *data)
{
	struct stream_irqs *s = data;
	unsigned int i;
	u32 up = 0, fired = 0;

	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++) {
		if (!bdev->irqs.kinds[i].line)
			continue;
		up |= mdev_bpf_irq_is_up(&bdev->irqs, i) << i;
		fired |= mdev_bpf_irq_has_fired(&bdev->irqs, i) << i;
	}
	s->up = cpu_to_le32(up);
	s->fired = cpu_to_le32(fired);
}

static bool irqs_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_irqs *s = data;

	return size == sizeof(*s) && !(le32_to_cpu(s->up) >> MDEV_BPF_MAX_IRQS) &&
	       !(le32_to_cpu(s->fired) >> MDEV_BPF_MAX_IRQS);
}

static void irqs_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_irqs *s = data;
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++)
		if (bdev->irqs.kinds[i].line)
			mdev_bpf_irq_load(&bdev->irqs, i, le32_to_cpu(s->up) & BIT(i),
					  le32_to_cpu(s->fired) & BIT(i));
}

static size_t time_size(struct mdev_bpf_device *bdev)
{
	return sizeof(struct stream_time);
}

/* The device is frozen, so the remaining time of its timers does not change. */
static void time_save(struct mdev_bpf_device *bdev, void *data)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	struct stream_time *s = data;
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_TIMERS; i++) {
		if (!d->timers[i].paused)
			continue;
		s->timers[i].armed = cpu_to_le32(1);
		s->timers[i].remaining = cpu_to_le64(d->timers[i].remaining);
		s->timers[i].period = cpu_to_le64(d->timers[i].period);
	}
	s->timers_due = cpu_to_le32(d->timers_due);
	s->work_due = cpu_to_le64(d->work_due);
	s->unmask_due = cpu_to_le32(d->unmask_due);
	s->passed = cpu_to_le64(d->passed);
}

static bool timer_check(const struct stream_timer *t)
{
	u64 period = le64_to_cpu(t->period);

	return le32_to_cpu(t->armed) <= 1 && !t->reserved &&
	       le64_to_cpu(t->remaining) <= MDEV_BPF_MAX_DELAY &&
	       (!period || (period >= MDEV_BPF_MIN_PERIOD && period <= MDEV_BPF_MAX_DELAY));
}

static bool time_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_time *s = data;
	unsigned int i;

	if (size != sizeof(*s) || le32_to_cpu(s->timers_due) >> MDEV_BPF_MAX_TIMERS ||
	    le32_to_cpu(s->unmask_due) >> MDEV_BPF_MAX_IRQS ||
	    le64_to_cpu(s->passed) > S64_MAX)
		return false;
	for (i = 0; i < MDEV_BPF_MAX_TIMERS; i++)
		if (!timer_check(&s->timers[i]))
			return false;
	return true;
}

/* The device is frozen, so a timer that is started here does not run yet. */
static void time_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	struct mdev_bpf_deferred *d = &bdev->deferred;
	const struct stream_time *s = data;
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_TIMERS; i++) {
		if (s->timers[i].armed)
			mdev_bpf_deferred_timer_start(bdev, i, le64_to_cpu(s->timers[i].remaining),
						      le64_to_cpu(s->timers[i].period));
		else
			mdev_bpf_deferred_timer_stop(bdev, i);
	}
	d->timers_due = le32_to_cpu(s->timers_due);
	mdev_bpf_deferred_work_replace(bdev, le64_to_cpu(s->work_due));
	d->unmask_due = le32_to_cpu(s->unmask_due);
	d->passed = le64_to_cpu(s->passed);
}

/* The table, which drivers read, and the pending vectors, which have no eventfd yet */
static size_t msix_size(struct mdev_bpf_device *bdev)
{
	return bdev->msix ? bdev->msix->table_size + sizeof(bdev->msix->pending) : 0;
}

static void msix_save(struct mdev_bpf_device *bdev, void *data)
{
	struct mdev_bpf_msix *msix = bdev->msix;
	u32 words[BITS_TO_U32(MDEV_BPF_MAX_MSIX)];

	guard(spinlock_irqsave)(&bdev->irqs.lock);
	memcpy(data, msix->table, msix->table_size);
	bitmap_to_arr32(words, msix->pending, MDEV_BPF_MAX_MSIX);
	cpu_to_le32_array(words, ARRAY_SIZE(words));
	memcpy(data + msix->table_size, words, sizeof(words));
}

static bool msix_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	return size == msix_size(bdev);
}

static void msix_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	struct mdev_bpf_msix *msix = bdev->msix;
	unsigned int count = bdev->irqs.kinds[VFIO_PCI_MSIX_IRQ_INDEX].decl.count;
	u32 words[BITS_TO_U32(MDEV_BPF_MAX_MSIX)];

	memcpy(words, data + msix->table_size, sizeof(words));
	le32_to_cpu_array(words, ARRAY_SIZE(words));
	guard(spinlock_irqsave)(&bdev->irqs.lock);
	memcpy(msix->table, data, msix->table_size);
	bitmap_from_arr32(msix->pending, words, MDEV_BPF_MAX_MSIX);
	/* Ignore vectors that the device does not have */
	bitmap_clear(msix->pending, count, MDEV_BPF_MAX_MSIX - count);
}

/* Only devices with memory that can be protected have this section. */
static size_t protect_size(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->regions[i].flags & MDEV_BPF_REGION_PROTECT)
			return sizeof(struct stream_protect) * MDEV_BPF_MAX_REGIONS;
	return 0;
}

static void protect_save(struct mdev_bpf_device *bdev, void *data)
{
	struct stream_protect *s = data;
	struct mdev_bpf_pages pages;
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++) {
		if (!(bdev->regions[i].flags & MDEV_BPF_REGION_PROTECT))
			continue;
		pages = mdev_bpf_protect_get(bdev->memory[i]);
		s[i].first = cpu_to_le64(pages.first);
		s[i].end = cpu_to_le64(pages.end);
	}
}

static bool protect_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_protect *s = data;
	unsigned int i;
	u64 pages;

	if (size != protect_size(bdev))
		return false;
	for (i = 0; i < size / sizeof(*s); i++) {
		pages = bdev->regions[i].flags & MDEV_BPF_REGION_PROTECT ?
			DIV_ROUND_UP_ULL(bdev->memory[i]->size, PAGE_SIZE) : 0;
		if (le64_to_cpu(s[i].first) > le64_to_cpu(s[i].end) ||
		    le64_to_cpu(s[i].end) > pages)
			return false;
	}
	return true;
}

static void protect_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_protect *s = data;
	unsigned int i;

	for (i = 0; i < size / sizeof(*s); i++)
		mdev_bpf_protect_load(bdev, i, le64_to_cpu(s[i].first), le64_to_cpu(s[i].end));
}

/* By tag, in the order of the stream. Sections without a name are handled separately. */
const struct mdev_bpf_section mdev_bpf_stream_sections[SECTION_NR] = {
	[SECTION_STATE] = { "state", 1, 0, state_size, state_save, state_check, state_load },
	[SECTION_CONFIG] = { "config", 1, 0, config_size, config_save, config_check, config_load },
	[SECTION_IRQS] = { "irqs", 1, 0, irqs_size, irqs_save, irqs_check, irqs_load },
	[SECTION_TIME] = { "time", 1, 0, time_size, time_save, time_check, time_load },
	[SECTION_MSIX] = { "msix", 1, 0, msix_size, msix_save, msix_check, msix_load },
	[SECTION_DMA] = {
		"dma", 1, STREAM_DMA_MAX * sizeof(struct stream_dma), mdev_bpf_stream_dma_size,
		mdev_bpf_stream_dma_save, mdev_bpf_stream_dma_check, mdev_bpf_stream_dma_load,
	},
	[SECTION_PARAMS] = {
		"params", 1, 0, mdev_bpf_stream_param_size, mdev_bpf_stream_param_save,
		mdev_bpf_stream_param_check, mdev_bpf_stream_param_load,
	},
	[SECTION_QUEUES] = {
		"queues", 1, 0, mdev_bpf_stream_queue_size, mdev_bpf_stream_queue_save,
		mdev_bpf_stream_queue_check, mdev_bpf_stream_queue_load,
	},
	[SECTION_PROTECT] = {
		"protect", 1, 0, protect_size, protect_save, protect_check, protect_load,
	},
	[SECTION_QUEUE_DMA] = {
		"queue-dma", 1, STREAM_QUEUE_DMA_MAX * sizeof(struct stream_dma),
		mdev_bpf_stream_dma_queues_size, mdev_bpf_stream_dma_queues_save,
		mdev_bpf_stream_dma_queues_check, mdev_bpf_stream_dma_queues_load,
	},
};

/**
 * mdev_bpf_stream_header_crc() - compute the checksum of a header
 * @header: the header, whose member crc is ignored
 *
 * Return: the checksum.
 */
u32 mdev_bpf_stream_header_crc(struct stream_header header)
{
	header.crc = 0;
	return crc32_le(~0, (void *)&header, sizeof(header));
}

/**
 * mdev_bpf_stream_header() - make the header of a device's stream
 * @bdev: the device
 * @header: filled in by this
 *
 * Context: The gate held, so that the version of the state does not change.
 */
void mdev_bpf_stream_header(struct mdev_bpf_device *bdev, struct stream_header *header)
{
	const struct mdev_bpf_ops *decl = &bdev->program->decl;

	mdev_bpf_gate_assert_held(bdev);
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, STREAM_MAGIC, sizeof(header->magic));
	header->version = cpu_to_le32(STREAM_VERSION);
	header->size = cpu_to_le32(sizeof(*header));
	strscpy_pad(header->program, decl->name);
	strscpy_pad(header->type, decl->types[bdev->ctx.type].name);
	header->arg = cpu_to_le64(bdev->ctx.arg);
	header->state_size = cpu_to_le32(bdev->state.cur.size);
	header->state_version = cpu_to_le32(bdev->state.cur.version);
	header->crc = cpu_to_le32(mdev_bpf_stream_header_crc(*header));
}

/**
 * mdev_bpf_stream_snapshot_alloc() - allocate memory for a snapshot of a device
 * @bdev: the device
 * @snap: zeroed; it is zeroed again after an error
 *
 * Context: Process context, the gate not held.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_stream_snapshot_alloc(struct mdev_bpf_device *bdev, struct mdev_bpf_snapshot *snap)
{
	const struct mdev_bpf_section *s = mdev_bpf_stream_sections;
	unsigned int i;

	for (i = 0; i < SECTION_NR; i++) {
		if (s[i].name)
			snap->room[i] = s[i].most ?: s[i].size(bdev);
		if (!snap->room[i])
			continue;
		snap->data[i] = kvmalloc(snap->room[i], GFP_KERNEL_ACCOUNT);
		if (!snap->data[i]) {
			mdev_bpf_stream_snapshot_free(snap);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * mdev_bpf_stream_snapshot_fits() - does a snapshot still have enough memory?
 * @bdev: the device
 * @snap: the snapshot, allocated
 *
 * Context: The gate held.
 *
 * Return: false if the program was replaced by one with a larger state.
 */
bool mdev_bpf_stream_snapshot_fits(struct mdev_bpf_device *bdev,
				   const struct mdev_bpf_snapshot *snap)
{
	mdev_bpf_gate_assert_held(bdev);
	/* The size of all other sections is constant for a device, or has a constant maximum */
	return bdev->state.cur.size <= snap->room[SECTION_STATE] &&
	       mdev_bpf_stream_queue_size(bdev) <= snap->room[SECTION_QUEUES];
}

/**
 * mdev_bpf_stream_snapshot_take() - copy the state of a device that has stopped
 * @bdev: the device
 * @snap: the snapshot, which has enough memory
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_snapshot_take(struct mdev_bpf_device *bdev, struct mdev_bpf_snapshot *snap)
{
	const struct mdev_bpf_section *s = mdev_bpf_stream_sections;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_doorbell_put(bdev);
	mdev_bpf_doorbell_put_queues(bdev);
	for (i = 0; i < SECTION_NR; i++) {
		snap->size[i] = s[i].name ? s[i].size(bdev) : 0;
		if (!snap->size[i])
			continue;
		memset(snap->data[i], 0, snap->size[i]);
		s[i].save(bdev, snap->data[i]);
	}
}

/**
 * mdev_bpf_stream_snapshot_load() - replace the state of a device by that of a snapshot
 * @bdev: the device, which has stopped
 * @snap: a snapshot of this device, or one whose sections have been checked
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_stream_snapshot_load(struct mdev_bpf_device *bdev,
				   const struct mdev_bpf_snapshot *snap)
{
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < SECTION_NR; i++)
		if (snap->size[i] || mdev_bpf_stream_sections[i].most || i == SECTION_STATE)
			mdev_bpf_stream_sections[i].load(bdev, snap->data[i], snap->size[i]);
}

/**
 * mdev_bpf_stream_snapshot_free() - free the sections of a snapshot
 * @snap: the snapshot, which is zeroed
 */
void mdev_bpf_stream_snapshot_free(struct mdev_bpf_snapshot *snap)
{
	unsigned int i;

	for (i = 0; i < SECTION_NR; i++)
		kvfree(snap->data[i]);
	memset(snap, 0, sizeof(*snap));
}

/**
 * mdev_bpf_stream_unknown_lines() - assume that all lines had fired
 * @bdev: the device, stopped
 *
 * For an opaque stream, which does not say which lines had fired. An additional interrupt does no
 * harm, but a missing one may stop the guest.
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_unknown_lines(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++)
		if (bdev->irqs.kinds[i].line)
			mdev_bpf_irq_load(&bdev->irqs, i, mdev_bpf_irq_is_up(&bdev->irqs, i), true);
}

/**
 * mdev_bpf_stream_estimate() - compute the rest of a device's stream if it stopped now
 * @bdev: the device
 *
 * Context: The gate held.
 *
 * Return: the number of bytes. An opaque stream may have another size.
 */
size_t mdev_bpf_stream_estimate(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_section *s = mdev_bpf_stream_sections;
	size_t size = sizeof(struct stream_header) + sizeof(struct stream_section) +
		      sizeof(struct stream_end);
	size_t bytes;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < SECTION_NR; i++) {
		bytes = s[i].name ? s[i].size(bdev) : 0;
		if (bytes)
			size += sizeof(struct stream_section) + bytes;
	}
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->memory[i])
			size += mdev_bpf_precopy_bytes(bdev->memory[i], PASS_REST);
	return size;
}
