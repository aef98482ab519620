/* SPDX-License-Identifier: GPL-2.0-only */
/* The Identify command. The identity of the controller and its namespace is the device's UUID. */
#ifndef __NVME_IDENTIFY_H
#define __NVME_IDENTIFY_H

#include "event.h"
#include "nvm.h"

#define NVME_PCI_VENDOR		0x1234
#define NVME_PCI_DEVICE		0x4e56

#define NVME_WARNING_KELVIN	343
#define NVME_CRITICAL_KELVIN	353
#define NVME_ABORT_LIMIT	4

/* The page of a slot's buffer, all zero; NULL if there is no memory. */
static __always_inline void *nvme_page(struct mdev_bpf_dev *dev, __u64 n)
{
	if (mdev_bpf_memory_zero(dev, NVME_BUFFER, NVME_BUFFER_OF(0, n), NVME_PAGE))
		return NULL;
	return mdev_bpf_memory_get(dev, NVME_IN_BUFFER(0, n), NVME_PAGE);
}

/* Have @size bytes of a slot's buffer, from @offset on, transferred to the guest. */
static __always_inline int nvme_reply(struct nvme_state *s, __u64 n, __u64 offset, __u64 size)
{
	s->now.op = MDEV_BPF_DMA_WRITE;
	s->now.where = NVME_IN_BUFFER(0, n) + offset;
	s->now.size = size;
	return NVME_TRANSFER;
}

/* Text in a field that blanks fill */
#define nvme_text(field, text) do {						\
	__builtin_memset(field, ' ', sizeof(field));				\
	__builtin_memcpy(field, text, sizeof(text) - 1);			\
} while (0)

/* The last 20 digits of the UUID: "01234567-89ab-cdef-0123-456789abcdef" */
static __always_inline void nvme_serial(struct mdev_bpf_dev *dev, char *sn)
{
#pragma unroll
	for (int i = 0; i < 4; i++) {
		sn[i] = dev->name[14 + i];
		sn[4 + i] = dev->name[19 + i];
	}
#pragma unroll
	for (int i = 0; i < 12; i++)
		sn[8 + i] = dev->name[24 + i];
}

#define NVME_NQN "nqn.2014-08.org.nvmexpress:uuid:"

static __always_inline void nvme_subnqn(struct mdev_bpf_dev *dev, char *nqn)
{
	__builtin_memcpy(nqn, NVME_NQN, sizeof(NVME_NQN) - 1);
#pragma unroll
	for (int i = 0; i < 36; i++)
		nqn[sizeof(NVME_NQN) - 1 + i] = dev->name[i];
}

int MDEV_BPF_FUNC(nvme_identify_controller, dev, struct nvme_state *, s, __u64, n)
{
	struct nvme_id_controller *id = nvme_page(dev, n);

	if (!s || !id)
		return NVME_SC_INTERNAL;
	id->vid = NVME_PCI_VENDOR;
	id->ssvid = NVME_PCI_VENDOR;
	nvme_serial(dev, id->sn);
	nvme_text(id->mn, "mdev-bpf NVMe");
	nvme_text(id->fr, "1");
	id->rab = 3;
	id->mdts = NVME_MDTS;
	id->ver = NVME_VERSION;
	id->cntrltype = 1;
	id->oacs = NVME_OACS_DBBUF;
	id->acl = NVME_ABORT_LIMIT - 1;
	id->aerl = NVME_EVENT_REQUESTS - 1;
	id->frmw = NVME_FRMW_SLOT1_RO | NVME_FRMW_SLOTS(1);
	id->lpa = NVME_LPA_EFFECTS | NVME_LPA_EXTENDED;
	id->elpe = NVME_ERRORS - 1;
	id->wctemp = NVME_WARNING_KELVIN;
	id->cctemp = NVME_CRITICAL_KELVIN;
	id->tnvmcap[0] = s->blocks << s->lba_shift;
	id->sqes = 0x66;
	id->cqes = 0x44;
	id->maxcmd = NVME_MAX_ENTRIES;
	id->nn = 1;
	id->oncs = NVME_ONCS_COMPARE | NVME_ONCS_DSM | NVME_ONCS_WRITE_ZEROES | NVME_ONCS_SELECT;
	id->vwc = NVME_VWC_FLUSH_ALL | (s->file ? NVME_VWC_PRESENT : 0);
	nvme_subnqn(dev, id->subnqn);
	id->psd0_power = 1;
	return nvme_reply(s, n, 0, NVME_ID_SIZE);
}

/* An EUI-64 that was not assigned by anybody: the last bytes of the UUID, locally administered */
static __always_inline void nvme_eui64(struct mdev_bpf_dev *dev, __u8 *eui)
{
#pragma unroll
	for (int i = 0; i < 8; i++)
		eui[i] = dev->uuid[8 + i];
	eui[0] = (eui[0] & ~1) | 2;
}

static __always_inline void nvme_uuid(struct mdev_bpf_dev *dev, __u8 *to)
{
#pragma unroll
	for (int i = 0; i < 16; i++)
		to[i] = dev->uuid[i];
}

int MDEV_BPF_FUNC(nvme_identify_namespace, dev, struct nvme_state *, s, __u64, n)
{
	struct nvme_id_namespace *id = nvme_page(dev, n);

	if (!s || !id)
		return NVME_SC_INTERNAL;
	id->nsze = s->blocks;
	id->ncap = s->blocks;
	id->nuse = s->blocks;
	id->dlfeat = NVME_DLFEAT_ZEROES | NVME_DLFEAT_DEAC;
	id->nvmcap[0] = s->blocks << s->lba_shift;
	id->nsattr = nvme_read_only(s->file) ? NVME_NSATTR_PROTECTED : 0;
	nvme_uuid(dev, id->nguid);
	nvme_eui64(dev, id->eui64);
	id->lbaf[0] = NVME_LBAF_LBADS(s->lba_shift);
	return nvme_reply(s, n, 0, NVME_ID_SIZE);
}

/* Namespace Identification Descriptor list: type, length, two reserved bytes, and the id */
int MDEV_BPF_FUNC(nvme_identify_descriptors, dev, struct nvme_state *, s, __u64, n)
{
	__u8 *id = nvme_page(dev, n);

	if (!s || !id)
		return NVME_SC_INTERNAL;
	id[0] = NVME_DESCRIPTOR_EUI64;
	id[1] = 8;
	nvme_eui64(dev, id + 4);
	id[12] = NVME_DESCRIPTOR_NGUID;
	id[13] = 16;
	nvme_uuid(dev, id + 16);
	id[32] = NVME_DESCRIPTOR_UUID;
	id[33] = 16;
	nvme_uuid(dev, id + 36);
	return nvme_reply(s, n, 0, NVME_ID_SIZE);
}

/* Active Namespace ID list: those above @nsid */
int MDEV_BPF_FUNC(nvme_identify_active, dev, struct nvme_state *, s, __u64, n, __u32, nsid)
{
	__u32 *id = nvme_page(dev, n);

	if (!s || !id)
		return NVME_SC_INTERNAL;
	if (nsid >= NVME_NSID_ALL - 1)
		return NVME_SC_INVALID_NS;
	if (!nsid)
		id[0] = 1;
	return nvme_reply(s, n, 0, NVME_ID_SIZE);
}

static __always_inline int nvme_identify(unsigned long long *ctx, struct nvme_state *s, __u64 n,
					 const struct nvme_command *cmd)
{
	switch (cmd->cdw10 & 0xff) {
	case NVME_CNS_CONTROLLER:
		return nvme_identify_controller(ctx, s, n);
	case NVME_CNS_ACTIVE:
		return nvme_identify_active(ctx, s, n, cmd->nsid);
	case NVME_CNS_NAMESPACE:
		return cmd->nsid == 1 ? nvme_identify_namespace(ctx, s, n) : NVME_SC_INVALID_NS;
	case NVME_CNS_DESCRIPTORS:
		return cmd->nsid == 1 ? nvme_identify_descriptors(ctx, s, n) : NVME_SC_INVALID_NS;
	}
	return NVME_SC_INVALID_FIELD;
}

#endif /* __NVME_IDENTIFY_H */
