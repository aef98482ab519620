// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network card: Intel's 82540EM, which stock drivers know. A cable connects it to another card.
 * Documentation/devices/e1000.rst is its data sheet.
 *
 * The headers are the parts of the card. spec.h has the numbers of the manual, registers.h the list
 * of registers, io.h their effects; receive.h and transmit.h the two directions, ring.h what they
 * have in common. state.h says how it works.
 */
#include "io.h"

/* A request of a direction has ended. */
int MDEV_BPF_OP(e1000_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);
	__u64 direction = dma->id;
	struct e1000_ring *r = s ? mdev_bpf_at(s->ring, direction) : NULL;

	if (!r)
		return -EIO;
	r->busy = 0;
	if (r->stale) {
		r->stale = 0;
		e1000_reset_over(s);
	} else if (dma->error == -ECANCELED) {
		/* The state was converted in the meantime. */
		return e1000_request(ctx, direction);
	} else if (direction == E1000_TX) {
		e1000_tx_next(ctx, dev, s, dma->error);
	} else {
		e1000_rx_next(ctx, dev, s, dma->error);
	}
	/* What was transmitted may have come back. */
	e1000_tx_run(ctx, s);
	e1000_rx_run(ctx, s);
	return 0;
}

/* TDT or RDT was written, or something has happened at the cable. */
int MDEV_BPF_OP(e1000_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	if (!s)
		return -EIO;
	if (id == E1000_WORK_TX) {
		e1000_tx_run(ctx, s);
		return 0;
	}
	e1000_link_update(dev, s);
	e1000_take(ctx);
	e1000_rx_run(ctx, s);
	return 0;
}

int MDEV_BPF_OP(e1000_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	if (!s)
		return -EIO;
	if (id == E1000_TIMER_RX)
		e1000_interrupt_now(dev, s, E1000_RX);
	else if (id == E1000_TIMER_TX)
		e1000_interrupt_now(dev, s, E1000_TX);
	else
		e1000_line_update(dev, s);
	return 0;
}

/* BAR 0: only ICR, which was read and is clear now. */
int MDEV_BPF_OP(e1000_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	if (!s)
		return -EIO;
	if (access->region == E1000_BAR)
		e1000_line_update(dev, s);
	else if (access->offset == E1000_IO_ADDR)
		access->val = s->io_addr;
	else if (access->offset == E1000_IO_DATA && access->size == 4)
		access->val = e1000_io_read(dev, s);
	return 0;
}

int MDEV_BPF_OP(e1000_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	if (!s)
		return -EIO;
	if (access->region == E1000_BAR) {
		__u32 shift = 8 * (access->offset & 3);

		if (access->reg < E1000_REGISTERS)
			e1000_written(ctx, access->reg, access->val << shift, access->old << shift);
	} else if (access->offset == E1000_IO_ADDR) {
		s->io_addr = access->val & (E1000_BAR_SIZE - 1);
	} else if (access->offset == E1000_IO_DATA && access->size == 4) {
		e1000_io_write(ctx, dev, s, access->val);
	}
	return 0;
}

/* Bus mastering may be on now. */
int MDEV_BPF_OP(e1000_config_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	if (access->offset == PCI_COMMAND) {
		mdev_bpf_work_queue(dev, E1000_WORK_TX);
		mdev_bpf_work_queue(dev, E1000_WORK_RX);
	}
	return 0;
}

/* Also called for a reset */
int MDEV_BPF_OP(e1000_init, struct mdev_bpf_dev *dev)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	return s ? e1000_power_on(ctx, dev, s) : -EIO;
}

/* The parameters may be others now, and so may be the user. */
int MDEV_BPF_OP(e1000_open, struct mdev_bpf_dev *dev)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	return s ? e1000_power_on(ctx, dev, s) : -EIO;
}

static __always_inline void e1000_dump_ring(struct mdev_bpf_dump *out, struct e1000_state *s,
					    __u32 direction)
{
	struct e1000_ring *r = &s->ring[direction];

	mdev_bpf_dump_printf(out, "%u: head %u, tail %u, size %u, step %u, busy %u, stale %u\n",
			     direction, E1000_RING_REG(s, direction, H),
			     E1000_RING_REG(s, direction, T),
			     E1000_RING_REG(s, direction, LEN) / E1000_DESC_SIZE, r->step, r->busy,
			     r->stale);
}

int MDEV_BPF_OP(e1000_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	if (!s)
		return -EIO;
	mdev_bpf_dump_printf(out, "link %u, status 0x%x, icr 0x%x, ims 0x%x, line %u\n", s->link,
			     E1000_VALUE(s, STATUS), E1000_VALUE(s, ICR), E1000_VALUE(s, IMS),
			     s->line);
	mdev_bpf_dump_printf(out, "directions: %u transmit, %u receive\n", E1000_TX, E1000_RX);
	e1000_dump_ring(out, s, E1000_TX);
	e1000_dump_ring(out, s, E1000_RX);
	mdev_bpf_dump_printf(out, "frames: %u wait, %u sent, %u received, %u missed\n",
			     s->last - s->first, E1000_VALUE(s, GPTC), E1000_VALUE(s, GPRC),
			     E1000_VALUE(s, MPC));
	return 0;
}

MDEV_BPF_DEVICE(e1000,
		.description = "Intel 82540EM network card",
		.types = { { .name = "1", .pretty_name = "Gigabit Ethernet" } },
		.state_size = sizeof(struct e1000_state),
		.pci = {
			.vendor = E1000_PCI_VENDOR, .device = E1000_PCI_DEVICE,
			.subsystem_vendor = E1000_PCI_VENDOR, .subsystem_device = E1000_PCI_DEVICE,
			.class_code = 0x020000, .revision = 2,
			.flags = MDEV_BPF_PCI_PM | MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		},
		.params = {
			[E1000_PARAM_MAC] = {
				.name = "mac", .kind = MDEV_BPF_PARAM_TEXT, .max = 17,
			},
			[E1000_PARAM_CABLE] = {
				.name = "cable", .kind = MDEV_BPF_PARAM_CABLE,
				.flags = MDEV_BPF_PARAM_LOCAL, .work = E1000_WORK_RX,
			},
		},
		.regions = {
			{ .index = E1000_BAR, .size = E1000_BAR_SIZE,
			  .flags = MDEV_BPF_REGION_RW },
			{ .index = E1000_IO_BAR, .size = E1000_IO_SIZE,
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO },
			{ .index = E1000_RX_MEMORY, .size = E1000_RX_SIZE,
			  .flags = MDEV_BPF_REGION_MEMORY },
			{ .index = E1000_TX_MEMORY, .size = E1000_TX_SIZE,
			  .flags = MDEV_BPF_REGION_MEMORY },
		},
		.registers = { E1000_ROWS(E1000_ROW_REG) },
		.irqs = { { .index = 0, .count = 1 }, { .index = 1, .count = 1 } },
		.init = e1000_init,
		.open = e1000_open,
		.region_read = e1000_read,
		.region_write = e1000_write,
		.config_write = e1000_config_write,
		.timer = e1000_timer,
		.work = e1000_work,
		.dma_done = e1000_dma_done,
		.dump = e1000_dump);

char _license[] SEC("license") = "GPL";
