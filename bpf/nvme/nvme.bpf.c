// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NVM Express 1.4 controller with one namespace, which the stock drivers know. The namespace is
 * memory of the device, or a file. Documentation/devices/nvme.rst is its data sheet.
 *
 * The headers are the chapters of the specification: spec.h has its numbers, controller.h the
 * registers' effects, sq.h and cq.h the queues, prp.h guest memory, admin.h and nvm.h the commands.
 * state.h says how it works.
 */
#include "controller.h"

enum { CAP, VS, INTMS, INTMC, CC, CSTS, AQA, ASQ, ACQ, SQTDBL, CQHDBL };	/* registers */

/* A request of any kind has ended. */
int MDEV_BPF_OP(nvme_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);

	if (!s)
		return -EIO;
	if (s->requests)
		s->requests--;
	if (dma->id == NVME_ID(NVME_OF_SHUTDOWN, 0))
		nvme_shutdown_done(dev, s, dma->error);
	if (s->stopping) {
		if (!s->requests)
			nvme_stopped(ctx, dev, s);
		return 0;
	}
	switch (NVME_ID_KIND(dma->id)) {
	case NVME_OF_SLOT:
		return nvme_slot_done(ctx, s, NVME_ID_INDEX(dma->id), dma->error, dma->size);
	case NVME_OF_SQ:
		return nvme_sq_done(ctx, s, NVME_ID_INDEX(dma->id), dma->error);
	case NVME_OF_CQ:
		return nvme_cq_done(ctx, s, NVME_ID_INDEX(dma->id), dma->error);
	}
	return 0;
}

/* The doorbell of a submission queue. With shadow doorbells, its value may be an old one. */
static __always_inline void nvme_tail(unsigned long long *ctx, struct nvme_state *s, __u64 q)
{
	struct nvme_doorbell *doorbell = mdev_bpf_at(s->doorbell, q);
	struct nvme_sq *sq = nvme_sq_get(s, q);

	if (!sq || !doorbell)
		return;
	if (!sq->size) {
		nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_REGISTER);
		return;
	}
	if (s->shadows && q)
		sq->look = 1;
	else if (doorbell->tail < sq->size)
		sq->tail = doorbell->tail;
	else
		nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_VALUE);
	nvme_sq_run(ctx, s, q);
}

/* The doorbell of a completion queue */
static __always_inline void nvme_head(unsigned long long *ctx, struct mdev_bpf_dev *dev,
				      struct nvme_state *s, __u64 c)
{
	struct nvme_doorbell *doorbell = mdev_bpf_at(s->doorbell, c);
	struct nvme_cq *cq = nvme_cq_get(s, c);

	if (!cq || !doorbell)
		return;
	if (!cq->size) {
		nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_REGISTER);
		return;
	}
	if (s->shadows && c)
		cq->look = 1;
	else if (!nvme_cq_taken(dev, s, c, cq, doorbell->head) && cq->job != NVME_CQ_WRITE)
		nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_VALUE);
	if (!c)
		nvme_event_report(ctx, s);
	nvme_cq_run(ctx, s, c);
}

int MDEV_BPF_OP(nvme_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);
	int i;

	if (!s)
		return -EIO;
	if (!nvme_runs(s))
		return 0;
	if (id < NVME_WORK_CQ)
		nvme_tail(ctx, s, id);
	else if (id < NVME_WORK_KICK)
		nvme_head(ctx, dev, s, id - NVME_WORK_CQ);
	else if (id < NVME_WORK_ZERO)
		nvme_sq_run(ctx, s, id - NVME_WORK_KICK);
	else if (id == NVME_WORK_ZERO)
		nvme_zero_work(ctx, dev, s);
	else
		mdev_bpf_for(i, dev, 1, NVME_QUEUES)
			nvme_delete(ctx, s, i);
	return 0;
}

int MDEV_BPF_OP(nvme_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);

	if (!s)
		return -EIO;
	nvme_coalescing_over(dev, s);
	return 0;
}

int MDEV_BPF_OP(nvme_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);

	if (!s)
		return -EIO;
	switch (access->reg) {
	case CC:
		nvme_configure(ctx, dev, s);
		break;
	case INTMS:
		s->intm |= access->val << 8 * (access->offset - NVME_REG_INTMS & 3);
		nvme_line_update(dev, s);
		break;
	case INTMC:
		s->intm &= ~(access->val << 8 * (access->offset - NVME_REG_INTMC & 3));
		nvme_line_update(dev, s);
		break;
	default:
		/* A doorbell of no queue */
		if (access->offset >= NVME_REG_SQTDBL && nvme_runs(s))
			nvme_event(ctx, s, NVME_EVENT_ERROR, NVME_EVENT_DB_REGISTER);
	}
	return 0;
}

/* The SMART log counts power cycles: power comes when the device is opened, */
int MDEV_BPF_OP(nvme_open, struct mdev_bpf_dev *dev)
{
	struct nvme_nvram *nv = nvme_nvram_get(dev);

	if (!nv)
		return -ENOMEM;
	nv->power_cycles++;
	nv->unsafe_shutdowns += nv->running;
	nv->running = 0;
	return 0;
}

/* and goes when it is closed. */
void MDEV_BPF_OP(nvme_close, struct mdev_bpf_dev *dev)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);

	if (!s)
		return;
	nvme_clear(ctx, s);
	s->asq = 0;
	s->acq = 0;
	s->cc = 0;
	s->csts = 0;
	s->aqa = 0;
	s->enabled = 0;
	s->shutdown = 0;
}

int MDEV_BPF_OP(nvme_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_dump_printf(out, "controller: cc %#x, csts %#x, requests %u, stopping %u\n",
			     s->cc, s->csts, s->requests, s->stopping);
	mdev_bpf_dump_printf(out, "namespace: %llu blocks of %u bytes, file %#x\n", s->blocks,
			     1 << s->lba_shift, s->file);
	mdev_bpf_dump_printf(out, "slots: io %#llx, admin %#llx, starved %#x\n", s->io_used,
			     s->admin_used, s->starved);
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(s, i);
		struct nvme_cq *cq = nvme_cq_get(s, i);

		if (sq && sq->size)
			mdev_bpf_dump_printf(out, "sq %u: head %u, tail %u, commands %u, job %u\n",
					     i, sq->head, sq->tail, sq->commands, sq->job);
		if (cq && cq->size)
			mdev_bpf_dump_printf(out, "cq %u: head %u, tail %u, written %u, job %u\n",
					     i, cq->head, cq->tail, cq->written, cq->job);
	}
	return 0;
}

#define DOORBELL(name, offset, member, id)						\
	MDEV_BPF_REG(name, NVME_BAR, offset, struct nvme_state, doorbell[0].member,	\
		     .count = NVME_QUEUES, .stride = NVME_REG_DB_STRIDE,		\
		     .state_stride = sizeof(struct nvme_doorbell), .write = 0xffff,	\
		     .flags = MDEV_BPF_REGISTER_DOORBELL, .work = id)

MDEV_BPF_DEVICE(nvme,
		.description = "An NVM Express disk, in memory or in a file",
		.types = { { .name = "1", .pretty_name = "NVMe disk" } },
		.state_size = sizeof(struct nvme_state),
		.pci = {
			.vendor = NVME_PCI_VENDOR, .device = NVME_PCI_DEVICE,
			.subsystem_vendor = NVME_PCI_VENDOR, .class_code = 0x010802,
			.flags = MDEV_BPF_PCI_PM | MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		},
		.params = {
			[NVME_PARAM_SIZE] = {
				.name = "size", .min = 1ULL << 20, .max = 1ULL << 40,
				.preset = 64ULL << 20,
			},
			[NVME_PARAM_DISK] = { .name = "disk", .kind = MDEV_BPF_PARAM_FILE },
			[NVME_PARAM_LBA_SHIFT] = {
				.name = "lba_shift", .min = 9, .max = 12, .preset = 9,
			},
		},
		.regions = {
			{ .index = NVME_BAR, .size = NVME_BAR_SIZE, .access_size = 8,
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_64BIT },
			{ .index = NVME_STORE, .size = 1ULL << 20, .size_param = NVME_PARAM_SIZE,
			  .flags = MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_KEEP |
				   MDEV_BPF_REGION_SIZE_PARAM },
			{ .index = NVME_BUFFER, .size = NVME_SLOTS * NVME_BUFFER_SIZE,
			  .flags = MDEV_BPF_REGION_MEMORY },
			{ .index = NVME_NVRAM, .size = NVME_PAGE,
			  .flags = MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_KEEP |
				   MDEV_BPF_REGION_POPULATE },
		},
		.registers = {
			[CAP] = MDEV_BPF_REG_CONST("CAP", NVME_BAR, NVME_REG_CAP, 8,
						   NVME_CAP_MQES(NVME_MAX_ENTRIES - 1) |
						   NVME_CAP_CQR | NVME_CAP_TO(60) |
						   NVME_CAP_CSS_NVM),
			[VS] = MDEV_BPF_REG_CONST("VS", NVME_BAR, NVME_REG_VS, 4, NVME_VERSION),
			[INTMS] = MDEV_BPF_REG("INTMS", NVME_BAR, NVME_REG_INTMS,
					       struct nvme_state, intm,
					       .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			[INTMC] = MDEV_BPF_REG("INTMC", NVME_BAR, NVME_REG_INTMC,
					       struct nvme_state, intm,
					       .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			[CC] = MDEV_BPF_REG("CC", NVME_BAR, NVME_REG_CC, struct nvme_state, cc,
					    .write = NVME_CC_WRITE, .write_call = NVME_CC_CALL),
			[CSTS] = MDEV_BPF_REG("CSTS", NVME_BAR, NVME_REG_CSTS,
					      struct nvme_state, csts),
			[AQA] = MDEV_BPF_REG("AQA", NVME_BAR, NVME_REG_AQA, struct nvme_state, aqa,
					     .write = 0x0fff0fff),
			[ASQ] = MDEV_BPF_REG("ASQ", NVME_BAR, NVME_REG_ASQ, struct nvme_state, asq,
					     .write = ~0xfffULL),
			[ACQ] = MDEV_BPF_REG("ACQ", NVME_BAR, NVME_REG_ACQ, struct nvme_state, acq,
					     .write = ~0xfffULL),
			[SQTDBL] = DOORBELL("SQTDBL", NVME_REG_SQTDBL, tail, NVME_WORK_SQ),
			[CQHDBL] = DOORBELL("CQHDBL", NVME_REG_CQHDBL, head, NVME_WORK_CQ),
		},
		.irqs = {
			{ .index = 0, .count = 1 },
			{ .index = 2, .count = NVME_VECTORS,
			  .table = NVME_MSIX_TABLE, .pba = NVME_MSIX_PBA },
		},
		.open = nvme_open,
		.close = nvme_close,
		.region_write = nvme_write,
		.timer = nvme_timer,
		.work = nvme_work,
		.dma_done = nvme_dma_done,
		.dump = nvme_dump);

char _license[] SEC("license") = "GPL";
