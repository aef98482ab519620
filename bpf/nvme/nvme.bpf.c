// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NVM Express 1.4 controller with one namespace, which the stock drivers know. The namespace is
 * memory of the device, or a file. Documentation/devices/nvme.rst is its data sheet.
 *
 * The headers are the chapters of the specification: spec.h has its numbers, controller.h the
 * registers' effects, pair.h, sq.h and cq.h the queues, prp.h guest memory, admin.h and nvm.h the
 * commands. state.h says how it works.
 */
#include "pair.h"
#include "serve.h"

enum { CAP, VS, INTMS, INTMC, CC, CSTS, AQA, ASQ, ACQ, SQTDBL, CQHDBL };	/* registers */

/* A pair of queues was rung. */
int MDEV_BPF_OP(nvme_queue, struct mdev_bpf_queue *lane)
{
	struct nvme_pair *s = mdev_bpf_q_state(lane, struct nvme_pair);

	if (!s)
		return -EIO;
	if (s->stopping)
		nvme_pair_stop(lane, s);
	else if (s->runs)
		nvme_pair_rung(ctx, lane, s);
	return 0;
}

/* A request of a pair has ended. */
int MDEV_BPF_OP(nvme_queue_done, struct mdev_bpf_queue *lane, struct mdev_bpf_dma *dma)
{
	struct nvme_pair *s = mdev_bpf_q_state(lane, struct nvme_pair);

	if (!s)
		return -EIO;
	if (s->requests)
		s->requests--;
	if (s->stopping)
		nvme_pair_stop(lane, s);
	else
		nvme_pair_done(ctx, lane, s, dma);
	return 0;
}

/* The flush of a shutdown has ended: the only request that is not one of a pair. */
int MDEV_BPF_OP(nvme_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);

	if (!s)
		return -EIO;
	if (s->requests)
		s->requests--;
	nvme_shutdown_done(dev, s, dma->error);
	if (s->stopping)
		nvme_try_stop(ctx, dev, s);
	return 0;
}

int MDEV_BPF_OP(nvme_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);

	return s ? nvme_serve(ctx, s, id) : -EIO;
}

int MDEV_BPF_OP(nvme_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct nvme_state *s = mdev_bpf_state(dev, struct nvme_state);

	if (!s)
		return -EIO;
	nvme_coalescing_over(dev);
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
	struct nvme_counters sum = {};

	if (!nv)
		return -ENOMEM;
	nvme_counters_sum(nv, &sum);
	nv->power_cycles++;
	/* Also after a shutdown there may have been something that a loss of power can harm. */
	nv->unsafe_shutdowns += nv->running || nv->ended != sum.ended;
	nv->ended = sum.ended;
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

static __always_inline void nvme_dump_pair(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out,
					   __u64 c)
{
	struct nvme_pair *p = nvme_pair_get(dev, c);
	int i;

	if (!p || !p->cq.size)
		return;
	mdev_bpf_dump_printf(out, "pair %llu: slots %#x, starved %#x, requests %u\n", c, p->used,
			     p->starved, p->requests);
	mdev_bpf_dump_printf(out, "cq %llu: head %u, tail %u, written %u, job %u\n", c,
			     p->cq.head, p->cq.tail, p->cq.written, p->cq.job);
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		struct nvme_sq *sq = nvme_sq_get(p, i);

		if (sq && sq->size)
			mdev_bpf_dump_printf(out, "sq %u: head %u, tail %u, commands %u, job %u\n",
					     i, sq->head, sq->tail, sq->commands, sq->job);
	}
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
	mdev_bpf_for(i, dev, 0, NVME_QUEUES)
		nvme_dump_pair(dev, out, i);
	return 0;
}

#define DOORBELL(name, offset, member)							\
	MDEV_BPF_QUEUE_REG(name, NVME_BAR, offset, struct nvme_pair, doorbell.member,	\
			   .count = NVME_QUEUES, .stride = NVME_REG_DB_STRIDE, .write = 0xffff)

MDEV_BPF_DEVICE(nvme,
		.description = "An NVM Express disk, in memory or in a file",
		.types = { { .name = "1", .pretty_name = "NVMe disk" } },
		.state_size = sizeof(struct nvme_state),
		.queues = NVME_QUEUES,
		.queue_state_size = sizeof(struct nvme_pair),
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
			{ .index = NVME_BUFFER, .size = NVME_TAILS + NVME_PAGE,
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
			[SQTDBL] = DOORBELL("SQTDBL", NVME_REG_SQTDBL, tail),
			[CQHDBL] = DOORBELL("CQHDBL", NVME_REG_CQHDBL, head),
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
		.queue = nvme_queue,
		.queue_done = nvme_queue_done,
		.dump = nvme_dump);

char _license[] SEC("license") = "GPL";
