// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's educational device: a register that inverts, one that computes factorials, interrupts on
 * request, and DMA to and from a buffer of 4 KiB. Documentation/devices/edu.rst has its data sheet.
 */
#include "mdev_bpf.bpf.h"
#include "edu.h"

struct edu_state {
	__u32 liveness;
	__u32 factorial;	/* while it is computed: of what */
	__u32 status;
	__u32 irq_status;
	__u64 src;
	__u64 dst;
	__u64 count;
	__u64 cmd;
	__u8 buffer[EDU_BUFFER_SIZE];
};

enum { ID, LIVENESS, FACTORIAL, STATUS, IRQ_STATUS, RAISE, ACK };	/* registers */
enum { DMA_MASK };							/* parameters */

/* The least number whose factorial is a multiple of 2^32, so that a register of it reads as 0 */
#define FACTORIAL_ZERO	34

static __u32 factorial(__u32 n)
{
	__u32 result = n < FACTORIAL_ZERO;

	for (__u32 i = 2; i < FACTORIAL_ZERO; i++)
		if (i <= n)
			result *= i;
	return result;
}

/* With INTx, a level until all bits are acknowledged; with MSI, a message for each call. */
static void raise(struct mdev_bpf_dev *dev, struct edu_state *s, __u32 bits)
{
	s->irq_status |= bits;
	if (!s->irq_status)
		return;
	if (mdev_bpf_irq_mode(dev) == MDEV_BPF_IRQ_MSI)
		mdev_bpf_irq_trigger(dev, 0);
	else
		mdev_bpf_irq_set(dev, 1);
}

static void acknowledge(struct mdev_bpf_dev *dev, struct edu_state *s, __u32 bits)
{
	s->irq_status &= ~bits;
	if (!s->irq_status)
		mdev_bpf_irq_set(dev, 0);
}

/* A transfer is over, or was impossible: the driver is not told which. */
static void dma_end(struct mdev_bpf_dev *dev, struct edu_state *s)
{
	s->cmd &= ~(__u64)EDU_DMA_RUN;
	if (s->cmd & EDU_DMA_IRQ)
		raise(dev, s, EDU_IRQ_DMA);
}

/* One side of a transfer is the buffer. The kfuncs refuse what does not fit into it. */
static void dma_start(struct mdev_bpf_dev *dev, struct edu_state *s)
{
	bool to_guest = s->cmd & EDU_DMA_TO_GUEST;
	__u64 buffer = (to_guest ? s->src : s->dst) - EDU_BUFFER;
	__u64 iova = (to_guest ? s->dst : s->src) & mdev_bpf_param(dev, DMA_MASK);
	__u64 where = MDEV_BPF_STATE(offsetof(struct edu_state, buffer) + buffer);
	int ret;

	if (buffer >= EDU_BUFFER_SIZE || s->count > EDU_BUFFER_SIZE - buffer)
		ret = -EINVAL;
	else if (to_guest)
		ret = mdev_bpf_dma_write(dev, 0, iova, where, s->count);
	else
		ret = mdev_bpf_dma_read(dev, 0, iova, where, s->count);
	if (ret)
		dma_end(dev, s);
}

/* The registers of the transfer, which are as wide as the access */
static __u64 *dma_reg(struct edu_state *s, __u64 offset)
{
	switch (offset) {
	case EDU_DMA_SRC:
		return &s->src;
	case EDU_DMA_DST:
		return &s->dst;
	case EDU_DMA_COUNT:
		return &s->count;
	case EDU_DMA_CMD:
		return &s->cmd;
	}
	return NULL;
}

static void dma_write(struct mdev_bpf_dev *dev, struct edu_state *s,
		      struct mdev_bpf_access *access)
{
	__u64 *reg = dma_reg(s, access->offset);

	if (!reg || access->size < 4 || s->cmd & EDU_DMA_RUN)
		return;
	if (access->offset != EDU_DMA_CMD) {
		*reg = access->val;
	} else if (access->val & EDU_DMA_RUN) {
		*reg = access->val;
		dma_start(dev, s);
	}
}

int MDEV_BPF_OP(edu_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct edu_state *s = mdev_bpf_state(dev, struct edu_state);

	if (!s)
		return -EIO;
	dma_end(dev, s);
	return 0;
}

/* The factorial that was asked for */
int MDEV_BPF_OP(edu_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct edu_state *s = mdev_bpf_state(dev, struct edu_state);

	if (!s)
		return -EIO;
	s->factorial = factorial(s->factorial);
	s->status &= ~EDU_STATUS_BUSY;
	if (s->status & EDU_STATUS_IRQ)
		raise(dev, s, EDU_IRQ_FACTORIAL);
	return 0;
}

/* Offsets that are not declared below */
int MDEV_BPF_OP(edu_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct edu_state *s = mdev_bpf_state(dev, struct edu_state);
	__u64 *reg;

	if (!s)
		return -EIO;
	reg = dma_reg(s, access->offset);
	access->val = reg && access->size >= 4 ? *reg : ~0ULL;
	return 0;
}

int MDEV_BPF_OP(edu_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct edu_state *s = mdev_bpf_state(dev, struct edu_state);

	if (!s)
		return -EIO;
	if (access->reg == MDEV_BPF_NO_REGISTER) {
		dma_write(dev, s, access);
		return 0;
	}
	if (access->size != 4)
		return 0;
	if (access->reg == LIVENESS) {
		s->liveness = ~access->val;
	} else if (access->reg == RAISE) {
		raise(dev, s, access->val);
	} else if (access->reg == ACK) {
		acknowledge(dev, s, access->val);
	} else if (access->reg == FACTORIAL && !(s->status & EDU_STATUS_BUSY)) {
		s->factorial = access->val;
		s->status |= EDU_STATUS_BUSY;
		mdev_bpf_work_queue(dev, 0);
	}
	return 0;
}

/* What a guest has copied here is not for the next one. */
void MDEV_BPF_OP(edu_close, struct mdev_bpf_dev *dev)
{
	struct edu_state *s = mdev_bpf_state(dev, struct edu_state);

	if (!s)
		return;
	s->src = 0;
	s->dst = 0;
	s->count = 0;
	s->cmd = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < EDU_BUFFER_SIZE; i += 8)
		WRITE_ONCE(*(__u64 *)&s->buffer[i], 0);
}

int MDEV_BPF_OP(edu_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct edu_state *s = mdev_bpf_state(dev, struct edu_state);

	if (!s)
		return -EIO;
	mdev_bpf_dump_printf(out, "status 0x%x, interrupts 0x%x\n", s->status, s->irq_status);
	mdev_bpf_dump_printf(out, "dma: 0x%llx to 0x%llx, %llu bytes, command 0x%llx\n", s->src,
			     s->dst, s->count, s->cmd);
	return 0;
}

#define EDU_REG(name, offset, member, ...) \
	MDEV_BPF_REG(name, 0, offset, struct edu_state, member, ##__VA_ARGS__)
/* Keeps no value; reads as all ones */
#define EDU_ORDER(reg, where) {								\
	.name = reg, .offset = where, .width = 4, .reset = 0xffffffff,			\
	.flags = MDEV_BPF_REGISTER_CONST | MDEV_BPF_REGISTER_WRITE_CALL			\
}

MDEV_BPF_DEVICE(edu,
		.description = "QEMU's educational device",
		.types = { { .name = "1", .pretty_name = "Educational device" } },
		.state_size = sizeof(struct edu_state),
		.pci = {
			.vendor = 0x1234, .device = 0x11e8, .class_code = 0x00ff00,
			.subsystem_vendor = 0x1af4, .subsystem_device = 0x1100, .revision = 0x10,
		},
		.params = {
			[DMA_MASK] = { .name = "dma_mask", .preset = (1 << 28) - 1 },
		},
		.regions = {
			{ .size = EDU_BAR_SIZE, .access_size = 8, .flags = MDEV_BPF_REGION_RW },
		},
		.registers = {
			[ID] = MDEV_BPF_REG_CONST("ID", 0, EDU_ID, 4, EDU_VERSION),
			[LIVENESS] = EDU_REG("LIVENESS", EDU_LIVENESS, liveness,
					     .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			[FACTORIAL] = EDU_REG("FACTORIAL", EDU_FACTORIAL, factorial,
					      .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			[STATUS] = EDU_REG("STATUS", EDU_STATUS, status, .write = EDU_STATUS_IRQ),
			[IRQ_STATUS] = EDU_REG("IRQ_STATUS", EDU_IRQ_STATUS, irq_status),
			[RAISE] = EDU_ORDER("RAISE", EDU_RAISE),
			[ACK] = EDU_ORDER("ACK", EDU_ACK),
		},
		.irqs = { { .count = 1 }, { .index = 1, .count = 1 } },
		.close = edu_close,
		.region_read = edu_read,
		.region_write = edu_write,
		.work = edu_work,
		.dma_done = edu_dma_done,
		.dump = edu_dump);

char _license[] SEC("license") = "GPL";
