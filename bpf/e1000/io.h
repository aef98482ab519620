/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What accesses to registers start, and the I/O ports (13.3.1): IO_ADDR is the offset of a
 * register, IO_DATA accesses it as BAR 0 does.
 */
#ifndef __E1000_IO_H
#define __E1000_IO_H

#include "control.h"
#include "registers.h"

/* A register of the list, as accesses by IO_DATA need it */
struct e1000_row {
	__u32 offset, count, stride, state_stride;
	__u32 write, write_one_clear, read_clear, write_call, read_call, flags, work;
};

#define E1000_ROW_IO(name, at, ...)		\
	[E1000_##name] = { .offset = at, ##__VA_ARGS__ },
static const struct e1000_row e1000_rows[] = { E1000_ROWS(E1000_ROW_IO) };

/* Register @reg was written, @val to it; the core has stored what can be written. */
int MDEV_BPF_FUNC(e1000_written, dev, __u64, reg, __u32, val, __u32, old)
{
	struct e1000_state *s = mdev_bpf_state(dev, struct e1000_state);

	if (!s)
		return -EIO;
	switch (reg) {
	case E1000_CTRL:
		e1000_control(ctx, dev, s);
		break;
	case E1000_EECD:
		e1000_eecd(s, old);
		break;
	case E1000_EERD:
		e1000_eerd(s, val);
		break;
	case E1000_MDIC:
		e1000_mdic(dev, s, val);
		break;
	case E1000_ICS:
		E1000_VALUE(s, ICR) |= val & E1000_ICR_WRITE;
		break;
	case E1000_IMS:
		E1000_VALUE(s, IMS) |= val & E1000_ICR_WRITE;
		break;
	case E1000_IMC:
		E1000_VALUE(s, IMS) &= ~val;
		break;
	case E1000_RCTL:
		if (!(E1000_VALUE(s, RCTL) & E1000_RCTL_EN))
			e1000_stop_receiver(dev, s);
		break;
	case E1000_TCTL:
		if (!(E1000_VALUE(s, TCTL) & E1000_TCTL_EN))
			e1000_stop_transmitter(dev, s);
		else
			e1000_tx_run(ctx, s);
		break;
	case E1000_RDTR:
		if (val & E1000_RDTR_FPD)
			e1000_interrupt_now(dev, s, E1000_RX);
		break;
	}
	e1000_line_update(dev, s);
	return 0;
}

/* Find the register that begins at an offset: its row, or E1000_REGISTERS. */
static __always_inline __u64 e1000_find(__u32 offset)
{
	for (__u64 i = 0; i < E1000_REGISTERS; i++) {
		const struct e1000_row *row = &e1000_rows[i];
		__u32 stride = row->stride ?: 4, count = row->count ?: 1, at = offset - row->offset;

		if (at < count * stride && !(at & (stride - 1)))
			return i;
	}
	return E1000_REGISTERS;
}

static __always_inline __u32 e1000_io_read(struct mdev_bpf_dev *dev, struct e1000_state *s)
{
	__u32 *value = mdev_bpf_at(s->reg, s->io_addr / 4), val;
	__u64 n = e1000_find(s->io_addr);

	barrier_var(n);
	if (!value || n >= E1000_REGISTERS)
		return 0;
	val = *value;
	*value &= ~e1000_rows[n].read_clear;
	if (n == E1000_ICR)
		e1000_line_update(dev, s);
	return val;
}

static __always_inline void e1000_io_write(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					   struct e1000_state *s, __u32 val)
{
	__u32 *value = mdev_bpf_at(s->reg, s->io_addr / 4), old;
	__u64 n = e1000_find(s->io_addr);
	const struct e1000_row *row;

	barrier_var(n);
	if (!value || n >= E1000_REGISTERS)
		return;
	row = &e1000_rows[n];
	old = *value;
	*value = ((old & ~row->write) | (val & row->write)) & ~(row->write_one_clear & val);
	if (row->flags & MDEV_BPF_REGISTER_DOORBELL)
		mdev_bpf_work_queue(dev, row->work);
	else if (row->flags & MDEV_BPF_REGISTER_WRITE_CALL || row->write_call)
		e1000_written(ctx, n, val, old);
}

#endif /* __E1000_IO_H */
