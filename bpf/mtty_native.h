/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The migration stream of the kernel's sample driver mtty, version 1.0: a header, then each
 * port as it is in that driver's memory on a little endian machine.
 *
 * The sample does not know two things: changes of modem lines that have not been read yet, and
 * whether the interrupt of an empty transmitter has been seen. They are stored in bytes that the
 * sample neither uses nor checks, and only if they do not follow from the other bytes. So a stream
 * that has come from the sample goes back to it unchanged, except for bits that IER and MCR do not
 * have. Neither this stream nor that of the sample contains configuration space.
 */
#ifndef MTTY_NATIVE_H
#define MTTY_NATIVE_H

#define NATIVE_MAGIC	0x7e9d09898c3e2c4eULL
#define NATIVE_MAJOR	1

/* In the place of IIR, which the sample leaves zero */
#define NATIVE_THR	0x80	/* bit 0 says whether the interrupt is pending */
#define NATIVE_THR_EMPTY 0x01

/* 24 bytes */
struct native_header {
	__u64 magic;
	__u32 major;
	__u32 minor;
	__u32 nr_ports;
	__u32 flags;
};

/* 36 bytes */
struct native_port {
	__u8 reg[8];
	__u8 fifo[FIFO_SIZE];
	__u8 head;		/* the next byte to write */
	__u8 tail;		/* the next byte to read */
	__u8 count;
	__u8 dlab;
	__u8 overrun;
	__u8 pad;
	__u16 divisor;
	__u8 fcr;
	__u8 max_fifo_size;
	__u8 trigger;
	__u8 pad2;
};

static void to_native(struct native_port *n, const struct mtty_port *p)
{
	__builtin_memset(n, 0, sizeof(*n));
	n->reg[UART_IER] = p->ier;
	n->reg[UART_LCR] = p->lcr;
	n->reg[UART_MCR] = p->mcr;
	n->reg[UART_SCR] = p->scr;
	n->reg[UART_MSR] = p->msr & UART_MSR_ANY_DELTA;
	if (p->thr_empty != !p->count)
		n->reg[UART_IIR] = NATIVE_THR | (p->thr_empty ? NATIVE_THR_EMPTY : 0);
	__builtin_memcpy(n->fifo, p->fifo, sizeof(n->fifo));
	n->head = (p->head + p->count) % FIFO_SIZE;
	n->tail = p->head;
	n->count = p->count;
	n->dlab = !!(p->lcr & UART_LCR_DLAB);
	n->overrun = !!(p->lsr & UART_LSR_OE);
	n->divisor = p->divisor;
	n->fcr = p->fcr_written;
	/* Until FCR is written, the sample has a FIFO but no trigger level */
	n->max_fifo_size = !p->fcr_seen || p->fcr ? FIFO_SIZE : 1;
	n->trigger = p->fcr_seen;
}

/* Could the sample have been in this state? */
static int native_ok(const struct native_port *n)
{
	return n->head < FIFO_SIZE && n->tail < FIFO_SIZE && n->count <= FIFO_SIZE &&
	       (n->head - n->tail - n->count) % FIFO_SIZE == 0 && n->overrun <= 1 &&
	       n->dlab == !!(n->reg[UART_LCR] & UART_LCR_DLAB);
}

static void from_native(struct mtty_port *p, const struct native_port *n)
{
	__u8 enable = n->fcr & UART_FCR_ENABLE_FIFO;

	p->ier = n->reg[UART_IER] & 0x0f;
	p->fcr = enable ? n->fcr & (UART_FCR_TRIGGER_MASK | UART_FCR_ENABLE_FIFO) : 0;
	p->fcr_written = n->fcr;
	p->fcr_seen = !!n->trigger;
	p->lcr = n->reg[UART_LCR];
	p->mcr = n->reg[UART_MCR] & MCR_BITS;
	p->scr = n->reg[UART_SCR];
	p->head = n->tail;
	p->count = n->count;
	p->divisor = n->divisor;
	__builtin_memcpy(p->fifo, n->fifo, sizeof(p->fifo));
	p->thr_empty = !p->count;
	if (n->reg[UART_IIR] & NATIVE_THR)
		p->thr_empty = n->reg[UART_IIR] & NATIVE_THR_EMPTY;
	p->msr = msr_lines(p) | (n->reg[UART_MSR] & UART_MSR_ANY_DELTA);
	p->lsr = n->overrun ? UART_LSR_OE : 0;
	/* Bytes have been there for longer than the time of 4 characters */
	p->timeout = 1;
	p->timed = 0;
	p->sent_count = 0;
	lsr_update(p);
}

/* The types are in the order of their ports. */
static __u32 nr_ports(struct mdev_bpf_dev *dev)
{
	return dev->type ? 2 : 1;
}

int MDEV_BPF_OP(mtty_save, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);
	struct native_header header = {
		.magic = NATIVE_MAGIC, .major = NATIVE_MAJOR, .nr_ports = nr_ports(dev),
	};
	struct native_port port;
	int ret;

	if (!state)
		return -EIO;
	ret = mdev_bpf_stream_put(stream, &header, sizeof(header));
	to_native(&port, &state->port[0]);
	if (!ret)
		ret = mdev_bpf_stream_put(stream, &port, sizeof(port));
	to_native(&port, &state->port[1]);
	if (!ret && header.nr_ports > 1)
		ret = mdev_bpf_stream_put(stream, &port, sizeof(port));
	return ret ? ret : MDEV_BPF_STREAM_OPAQUE;
}

static int get_port(struct mdev_bpf_stream *stream, __u64 offset, struct mtty_port *p)
{
	struct native_port port;

	if (mdev_bpf_stream_get(stream, offset, &port, sizeof(port)) || !native_ok(&port))
		return -EINVAL;
	from_native(p, &port);
	return 0;
}

int MDEV_BPF_OP(mtty_restore, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);
	struct native_header h;
	__u32 ports = nr_ports(dev);

	if (!state)
		return -EIO;
	if (!stream->opaque)
		return stream->version == 1 ? MDEV_BPF_STREAM_CORE : -EINVAL;
	if (stream->size != sizeof(h) + ports * sizeof(struct native_port) ||
	    mdev_bpf_stream_get(stream, 0, &h, sizeof(h)) || h.magic != NATIVE_MAGIC ||
	    h.major != NATIVE_MAJOR || h.minor || h.flags || h.nr_ports != ports)
		return -EINVAL;
	if (get_port(stream, sizeof(h), &state->port[0]) ||
	    (ports > 1 && get_port(stream, sizeof(h) + sizeof(struct native_port),
				   &state->port[1])))
		return -EINVAL;
	state->irq = ~0;	/* neither up nor down, so that the line is set */
	irq_update(dev, state);
	return MDEV_BPF_STREAM_OPAQUE;
}

#endif /* MTTY_NATIVE_H */
