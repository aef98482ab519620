/* SPDX-License-Identifier: GPL-2.0-only */
/* Features: Set Features and Get Features. A reset of the controller restores the defaults. */
#ifndef __NVME_FEATURE_H
#define __NVME_FEATURE_H

#include "event.h"
#include "identify.h"
#include "queue.h"

#define NVME_TEMPERATURE_SELECT(dw11)	((dw11) >> 16 & 0xf)
#define NVME_TEMPERATURE_UNDER(dw11)	((dw11) >> 20 & 3)	/* 0: over, 1: under */

/* Both numbers of queues, less 1: the I/O completion queues above, the submission queues below */
#define NVME_GRANTED_QUEUES		((NVME_QUEUES - 2) << 16 | (NVME_QUEUES - 2))

static __always_inline void nvme_feature_defaults(struct nvme_state *s)
{
	s->arbitration = 0;
	s->over_temperature = NVME_WARNING_KELVIN;
	s->under_temperature = 0;
	s->recovery = 0;
	s->no_cache = 0;
	s->coalescing = 0;
	s->no_coalescing = 0;
	s->atomicity = 0;
	s->event_config = 0;
}

/* The member of a feature that is a plain number; NULL for others */
static __always_inline __u32 *nvme_feature_member(struct nvme_state *s, __u32 feature, __u32 dw11)
{
	switch (feature) {
	case NVME_FEATURE_ARBITRATION:
		return &s->arbitration;
	case NVME_FEATURE_TEMPERATURE:
		return NVME_TEMPERATURE_UNDER(dw11) ? &s->under_temperature : &s->over_temperature;
	case NVME_FEATURE_RECOVERY:
		return &s->recovery;
	case NVME_FEATURE_COALESCING:
		return &s->coalescing;
	case NVME_FEATURE_ATOMICITY:
		return &s->atomicity;
	case NVME_FEATURE_EVENTS:
		return &s->event_config;
	}
	return NULL;
}

/* The bits of such a number that can be set */
static __always_inline __u32 nvme_feature_mask(__u32 feature)
{
	switch (feature) {
	case NVME_FEATURE_ARBITRATION:
		return 0xffffff07;
	case NVME_FEATURE_RECOVERY:
	case NVME_FEATURE_TEMPERATURE:
	case NVME_FEATURE_COALESCING:
		return 0xffff;
	case NVME_FEATURE_ATOMICITY:
		return 1;
	}
	return NVME_SMART_TEMPERATURE | 0xfd;	/* EVENTS: the warnings of SMART */
}

/* Is there such a feature, about what cdw11 and the namespace say? 0, or a status. */
static __always_inline int nvme_feature_check(const struct nvme_state *s,
					      const struct nvme_command *cmd, __u32 feature)
{
	switch (feature) {
	case NVME_FEATURE_TEMPERATURE:
		/* The composite temperature; there are no other sensors. 15: all of them */
		if (NVME_TEMPERATURE_UNDER(cmd->cdw11) > 1 ||
		    (NVME_TEMPERATURE_SELECT(cmd->cdw11) &&
		     NVME_TEMPERATURE_SELECT(cmd->cdw11) != 15))
			return NVME_SC_INVALID_FIELD;
		return 0;
	case NVME_FEATURE_RECOVERY:
		return cmd->nsid == 1 || cmd->nsid == NVME_NSID_ALL ? 0 : NVME_SC_INVALID_NS;
	case NVME_FEATURE_VECTOR:
		return (cmd->cdw11 & 0xffff) < NVME_VECTORS ? 0 : NVME_SC_INVALID_FIELD;
	case NVME_FEATURE_CACHE:
		return s->file ? 0 : NVME_SC_INVALID_FIELD;
	case NVME_FEATURE_ARBITRATION:
	case NVME_FEATURE_POWER:
	case NVME_FEATURE_QUEUES:
	case NVME_FEATURE_COALESCING:
	case NVME_FEATURE_ATOMICITY:
	case NVME_FEATURE_EVENTS:
		return 0;
	}
	return NVME_SC_INVALID_FIELD;
}

/* Interrupt Vector Configuration */
static __always_inline int nvme_set_vector(unsigned long long *ctx, struct nvme_state *s,
					   __u32 dw11)
{
	__u32 bit = 1 << (dw11 & (NVME_VECTORS - 1));

	if (dw11 & NVME_VECTOR_CD)
		s->no_coalescing |= bit;
	else
		s->no_coalescing &= ~bit;
	nvme_tell(ctx, s);
	return NVME_SC_SUCCESS;
}

/* Number of Queues: before any is created. All are granted, whatever the driver asks for. */
static __always_inline int nvme_set_queues(const struct nvme_state *s, struct nvme_slot *slot)
{
	__u32 dw11 = slot->cmd.cdw11;

	if ((dw11 & 0xffff) == 0xffff || dw11 >> 16 == 0xffff)
		return NVME_SC_INVALID_FIELD;
	if (s->created)
		return NVME_SC_SEQUENCE;
	slot->result = NVME_GRANTED_QUEUES;
	return NVME_SC_SUCCESS;
}

static __always_inline int nvme_set_feature(unsigned long long *ctx, struct nvme_state *s,
					    struct nvme_slot *slot)
{
	__u32 feature = slot->cmd.cdw10 & 0xff, dw11 = slot->cmd.cdw11;
	__u32 *member;
	int ret = nvme_feature_check(s, &slot->cmd, feature);

	if (ret)
		return ret;
	if (slot->cmd.cdw10 & NVME_FEATURE_SAVE)
		return NVME_SC_NOT_SAVEABLE;
	switch (feature) {
	case NVME_FEATURE_VECTOR:
		return nvme_set_vector(ctx, s, dw11);
	case NVME_FEATURE_QUEUES:
		return nvme_set_queues(s, slot);
	case NVME_FEATURE_CACHE:
		s->no_cache = !(dw11 & 1);
		nvme_tell(ctx, s);
		return NVME_SC_SUCCESS;
	case NVME_FEATURE_POWER:
		/* There is power state 0 only. */
		return dw11 & 0x1f ? NVME_SC_INVALID_FIELD : NVME_SC_SUCCESS;
	}
	member = nvme_feature_member(s, feature, dw11);
	if (!member)
		return NVME_SC_INVALID_FIELD;
	*member = dw11 & nvme_feature_mask(feature);
	if (feature == NVME_FEATURE_COALESCING)
		nvme_tell(ctx, s);
	if (feature == NVME_FEATURE_TEMPERATURE || feature == NVME_FEATURE_EVENTS)
		nvme_temperature_event(ctx, s);
	return NVME_SC_SUCCESS;
}

static __always_inline __u32 nvme_feature_default(__u32 feature, __u32 dw11)
{
	switch (feature) {
	case NVME_FEATURE_TEMPERATURE:
		return NVME_TEMPERATURE_UNDER(dw11) ? 0 : NVME_WARNING_KELVIN;
	case NVME_FEATURE_CACHE:
		return 1;
	case NVME_FEATURE_QUEUES:
		return NVME_GRANTED_QUEUES;
	case NVME_FEATURE_VECTOR:
		return dw11 & 0xffff;
	}
	return 0;
}

static __always_inline __u32 nvme_feature_current(struct nvme_state *s, __u32 feature, __u32 dw11)
{
	__u32 *member = nvme_feature_member(s, feature, dw11);

	switch (feature) {
	case NVME_FEATURE_VECTOR:
		return (dw11 & 0xffff) |
		       (s->no_coalescing & 1 << (dw11 & (NVME_VECTORS - 1)) ? NVME_VECTOR_CD : 0);
	case NVME_FEATURE_CACHE:
		return !s->no_cache;
	}
	return member ? *member : nvme_feature_default(feature, dw11);
}

static __always_inline int nvme_get_feature(struct nvme_state *s, struct nvme_slot *slot)
{
	__u32 feature = slot->cmd.cdw10 & 0xff, dw11 = slot->cmd.cdw11;
	int ret = nvme_feature_check(s, &slot->cmd, feature);

	if (ret)
		return ret;
	switch (slot->cmd.cdw10 >> 8 & 7) {
	case NVME_SELECT_CURRENT:
		slot->result = nvme_feature_current(s, feature, dw11);
		return NVME_SC_SUCCESS;
	case NVME_SELECT_DEFAULT:
	case NVME_SELECT_SAVED:		/* nothing is saved: the default */
		slot->result = nvme_feature_default(feature, dw11);
		return NVME_SC_SUCCESS;
	case NVME_SELECT_SUPPORTED:
		slot->result = NVME_SUPPORTED_CHANGEABLE |
			(feature == NVME_FEATURE_RECOVERY ? NVME_SUPPORTED_NAMESPACE : 0);
		return NVME_SC_SUCCESS;
	}
	return NVME_SC_INVALID_FIELD;
}

#endif /* __NVME_FEATURE_H */
