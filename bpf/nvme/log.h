/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages: the Get Log Page command. */
#ifndef __NVME_LOG_H
#define __NVME_LOG_H

#include "feature.h"

#define NVME_NS_PER_MINUTE	60000000000ULL
#define NVME_DATA_UNIT		512000

/* Error Information: the last errors, the latest first */
int MDEV_BPF_FUNC(nvme_log_errors, dev, __u64, n)
{
	struct nvme_error *to = nvme_page(dev, n);
	struct nvme_nvram *nv = nvme_nvram_get(dev);

	if (!to || !nv)
		return NVME_SC_INTERNAL;
#pragma unroll
	for (__u64 i = 0; i < NVME_ERRORS; i++)
		if (i < nv->errors)
			to[i] = nv->error[(nv->errors - 1 - i) % NVME_ERRORS];
	return NVME_SC_SUCCESS;
}

/* What all pairs have done. For the time, that of the one that was busy longest counts. */
static __always_inline void nvme_counters_sum(const struct nvme_nvram *nv,
					      struct nvme_counters *sum)
{
#pragma unroll
	for (int i = 1; i < NVME_QUEUES; i++) {
		const struct nvme_counters *c = &nv->counters[i];

		sum->bytes_read += c->bytes_read;
		sum->bytes_written += c->bytes_written;
		sum->reads += c->reads;
		sum->writes += c->writes;
		sum->ended += c->ended;
		if (sum->busy_ns < c->busy_ns)
			sum->busy_ns = c->busy_ns;
	}
}

/* SMART / Health Information */
int MDEV_BPF_FUNC(nvme_log_smart, dev, struct nvme_state *, s, __u64, n)
{
	struct nvme_smart *to = nvme_page(dev, n);
	struct nvme_nvram *nv = nvme_nvram_get(dev);
	struct nvme_counters sum = {};

	if (!s || !to || !nv)
		return NVME_SC_INTERNAL;
	nvme_counters_sum(nv, &sum);
	to->warning = nvme_temperature_warning(s) ? NVME_SMART_TEMPERATURE : 0;
	to->temperature[0] = NVME_TEMPERATURE & 0xff;
	to->temperature[1] = NVME_TEMPERATURE >> 8;
	to->spare = 100;
	to->spare_threshold = 10;
	to->data_read[0] = (sum.bytes_read + NVME_DATA_UNIT - 1) / NVME_DATA_UNIT;
	to->data_written[0] = (sum.bytes_written + NVME_DATA_UNIT - 1) / NVME_DATA_UNIT;
	to->reads[0] = sum.reads;
	to->writes[0] = sum.writes;
	to->busy_minutes[0] = sum.busy_ns / NVME_NS_PER_MINUTE;
	to->power_cycles[0] = nv->power_cycles;
	to->power_on_hours[0] = mdev_bpf_time(dev) / NVME_NS_PER_MINUTE / 60;
	to->unsafe_shutdowns[0] = nv->unsafe_shutdowns;
	to->media_errors[0] = nv->media_errors;
	to->errors[0] = nv->errors;
	return NVME_SC_SUCCESS;
}

/* Firmware Slot Information: one slot, which is the program */
int MDEV_BPF_FUNC(nvme_log_firmware, dev, __u64, n)
{
	struct nvme_firmware *to = nvme_page(dev, n);

	if (!to)
		return NVME_SC_INTERNAL;
	to->active = 1;
	nvme_text(to->slot[0], "1");
	return NVME_SC_SUCCESS;
}

/* Commands Supported and Effects */
int MDEV_BPF_FUNC(nvme_log_effects, dev, __u64, n)
{
	struct nvme_effects *to = nvme_page(dev, n);

	if (!to)
		return NVME_SC_INTERNAL;
	to->admin[NVME_ADMIN_DELETE_SQ] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_CREATE_SQ] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_GET_LOG] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_DELETE_CQ] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_CREATE_CQ] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_IDENTIFY] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_ABORT] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_SET_FEATURES] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_GET_FEATURES] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_ASYNC_EVENT] = NVME_EFFECT_SUPPORTED;
	to->admin[NVME_ADMIN_DBBUF] = NVME_EFFECT_SUPPORTED;
	to->io[NVME_IO_FLUSH] = NVME_EFFECT_SUPPORTED | NVME_EFFECT_CONTENT;
	to->io[NVME_IO_WRITE] = NVME_EFFECT_SUPPORTED | NVME_EFFECT_CONTENT;
	to->io[NVME_IO_READ] = NVME_EFFECT_SUPPORTED;
	to->io[NVME_IO_COMPARE] = NVME_EFFECT_SUPPORTED;
	to->io[NVME_IO_WRITE_ZEROES] = NVME_EFFECT_SUPPORTED | NVME_EFFECT_CONTENT;
	to->io[NVME_IO_DSM] = NVME_EFFECT_SUPPORTED | NVME_EFFECT_CONTENT;
	return NVME_SC_SUCCESS;
}

/* Prepare a log in the slot's buffer: 0 with its size, or a status. */
static __always_inline int nvme_log_prepare(unsigned long long *ctx, struct nvme_state *s, __u64 n,
					    __u32 log, __u64 *size)
{
	*size = 512;
	switch (log) {
	case NVME_LOG_ERROR:
		*size = NVME_ERRORS * sizeof(struct nvme_error);
		return nvme_log_errors(ctx, n);
	case NVME_LOG_SMART:
		return nvme_log_smart(ctx, s, n);
	case NVME_LOG_FIRMWARE:
		return nvme_log_firmware(ctx, n);
	case NVME_LOG_EFFECTS:
		*size = sizeof(struct nvme_effects);
		return nvme_log_effects(ctx, n);
	}
	return NVME_SC_INVALID_LOG;
}

/* The driver has read a log: unless it says otherwise, its events can be reported again. */
static __always_inline void nvme_log_unmask(unsigned long long *ctx, struct nvme_state *s,
					    const struct nvme_slot *slot)
{
	__u32 log = slot->cmd.cdw10 & 0xff;

	if (slot->cmd.cdw10 & NVME_LOG_RETAIN)
		return;
	if (log == NVME_LOG_ERROR)
		s->event_masked &= ~(1 << NVME_EVENT_ERROR);
	else if (log == NVME_LOG_SMART)
		s->event_masked &= ~(1 << NVME_EVENT_SMART);
	nvme_event_report(ctx, s);
}

int MDEV_BPF_FUNC(nvme_get_log, dev, struct nvme_state *, s, __u64, n)
{
	const struct nvme_slot *slot;
	__u64 offset, length, size;
	__u32 log;
	int ret;

	if (!s)
		return NVME_SC_INTERNAL;
	slot = &s->now;
	log = slot->cmd.cdw10 & 0xff;
	length = ((slot->cmd.cdw10 >> 16 | (__u64)(slot->cmd.cdw11 & 0xffff) << 16) + 1) * 4;
	offset = slot->cmd.cdw12 | (__u64)slot->cmd.cdw13 << 32;
	/* The logs are those of the controller, not of a namespace. */
	if (slot->cmd.nsid && slot->cmd.nsid != NVME_NSID_ALL && log == NVME_LOG_SMART)
		return NVME_SC_INVALID_FIELD;
	ret = nvme_log_prepare(ctx, s, n, log, &size);
	if (ret)
		return ret;
	if (offset >= size || offset & 3)
		return NVME_SC_INVALID_FIELD;
	if (length > NVME_MAX_TRANSFER)
		return NVME_SC_INVALID_FIELD;
	/* What is behind the end of the log reads as zeros. */
	if (offset + length > NVME_PAGE &&
	    mdev_bpf_memory_zero(dev, NVME_BUFFER, NVME_BUFFER_OF(0, n) + NVME_PAGE,
				 NVME_MAX_TRANSFER))
		return NVME_SC_INTERNAL;
	s->now.then = NVME_THEN_UNMASK;
	return nvme_reply(s, n, offset, length);
}

#endif /* __NVME_LOG_H */
