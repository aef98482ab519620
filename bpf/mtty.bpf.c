// SPDX-License-Identifier: GPL-2.0-only
/*
 * mtty: a PCI serial card with one or two 16550A ports, the device of the kernel's sample driver of
 * that name. A port is looped back to itself, or its far end is a console on the host. The stock
 * 8250_pci driver finds ttyS ports on it. Registers are named as in <linux/serial_reg.h>; section
 * numbers are those of the PC16550D data sheet. Documentation/devices/mtty.rst says what differs
 * from the sample.
 */
#include <linux/serial_reg.h>
#include "mdev_bpf.bpf.h"

#define FIFO_SIZE 16
#define MCR_BITS (UART_MCR_AFE | 0x1f)	/* 8.7: the other bits read 0 */
#define LSR_ERRORS (UART_LSR_OE | UART_LSR_BI)

/* mtty_port::far, apart from MDEV_BPF_CONSOLE_*: the far end is on the host */
#define FAR_HOST	0x80

/* The core reads and writes the members that are declared as registers below. */
struct mtty_port {
	__u8 ier;
	__u8 fcr;
	__u8 lcr;
	__u8 mcr;
	__u8 lsr;
	__u8 msr;
	__u8 scr;
	__u8 iir;		/* the cause, and the FIFO bits */
	__u8 thr_empty;		/* the THR-empty interrupt is pending */
	__u8 head;		/* index of the next byte to read in fifo */
	__u8 count;		/* bytes in fifo */
	__u8 fcr_written;	/* FCR as it was written last, for mtty_native.h */
	__u16 divisor;
	__u8 fcr_seen;		/* FCR was written at all */
	__u8 timeout;		/* for 4 characters' time nothing was received or read */
	__u8 fifo[FIFO_SIZE];
	__u8 timed;		/* that time is being measured */
	__u8 far;		/* what is known of the far end */
	__u8 broken;		/* the host has sent a break that is not in fifo yet */
	__u8 sent_head;		/* index of the next byte to send in sent */
	__u8 sent_count;	/* bytes in sent, which wait for CTS */
	__u8 reserved[3];
	__u32 lost;		/* bytes that the host had no room for */
	__u8 sent[FIFO_SIZE];
};

struct mtty_state {
	struct mtty_port port[2];
	__u32 irq;		/* level of the line */
};

static __u8 fifo_depth(const struct mtty_port *p)
{
	return p->fcr & UART_FCR_ENABLE_FIFO ? FIFO_SIZE : 1;
}

/* 8.4: the two top bits of FCR */
static __u8 fifo_trigger(const struct mtty_port *p)
{
	if (!(p->fcr & UART_FCR_ENABLE_FIFO))
		return 1;
	switch (p->fcr & UART_FCR_TRIGGER_MASK) {
	case UART_FCR_R_TRIG_00:
		return 1;
	case UART_FCR_R_TRIG_01:
		return 4;
	case UART_FCR_R_TRIG_10:
		return 8;
	default:
		return 14;
	}
}

/* Do bytes go to the host, and come from there? 8.7: in loop mode they do not. */
static bool to_host(const struct mtty_port *p)
{
	return p->far & FAR_HOST && !(p->mcr & UART_MCR_LOOP);
}

static void fifo_clear_received(struct mtty_port *p)
{
	p->head = 0;
	p->count = 0;
}

/* In a loop, the receiver's FIFO is the transmitter's too. */
static void fifo_clear_sent(struct mtty_port *p)
{
	if (to_host(p))
		p->sent_count = 0;
	else
		fifo_clear_received(p);
	p->thr_empty = 1;
}

static void fifo_put(struct mtty_port *p, __u8 val)
{
	p->fifo[(p->head + p->count) % FIFO_SIZE] = val;
	p->count++;
}

/*
 * The modem lines of a far end on the host: it is there while somebody has opened the console, and
 * lowers CTS while there is no room for more.
 */
static __u8 host_lines(const struct mtty_port *p)
{
	return (p->far & MDEV_BPF_CONSOLE_OPEN ? UART_MSR_DSR | UART_MSR_DCD : 0) |
	       (p->far & MDEV_BPF_CONSOLE_ROOM ? UART_MSR_CTS : 0);
}

/*
 * Modem lines. In a loop, the far end is always connected and ready, and lowers CTS when automatic
 * flow control requires it. 8.7: in loop mode, MCR drives the lines.
 */
static __u8 msr_lines(const struct mtty_port *p)
{
	__u8 lines = UART_MSR_DSR | UART_MSR_DCD;

	if (p->mcr & UART_MCR_LOOP)
		return (p->mcr & UART_MCR_RTS ? UART_MSR_CTS : 0) |
		       (p->mcr & UART_MCR_DTR ? UART_MSR_DSR : 0) |
		       (p->mcr & UART_MCR_OUT1 ? UART_MSR_RI : 0) |
		       (p->mcr & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
	if (p->far & FAR_HOST)
		return host_lines(p);
	if (!(p->mcr & UART_MCR_AFE) || p->count < fifo_depth(p))
		lines |= UART_MSR_CTS;
	return lines;
}

/* Record changes of the lines in the delta bits. RI counts when it goes down (8.8). */
static void msr_update(struct mtty_port *p)
{
	__u8 lines = msr_lines(p);
	__u8 changed = (lines ^ p->msr) & ~UART_MSR_ANY_DELTA;

	if (lines & UART_MSR_RI)
		changed &= ~UART_MSR_RI;
	/* DDCD, TERI, DDSR and DCTS are in the order of their lines, four bits down */
	p->msr = lines | (p->msr & UART_MSR_ANY_DELTA) | changed >> 4;
}

/*
 * In a loop, the transmitter counts as empty when all bytes have been read: the receiver is the
 * same port, so a sender that waits for this loses nothing.
 */
static bool is_sent(const struct mtty_port *p)
{
	return !(to_host(p) ? p->sent_count : p->count);
}

static void lsr_update(struct mtty_port *p)
{
	p->lsr &= LSR_ERRORS;
	p->lsr |= p->count ? UART_LSR_DR : 0;
	p->lsr |= is_sent(p) ? UART_LSR_TEMT | UART_LSR_THRE : 0;
}

/* Table IV: the enabled cause of highest priority */
static __u8 port_iir(const struct mtty_port *p)
{
	if (p->ier & UART_IER_RLSI && p->lsr & LSR_ERRORS)
		return UART_IIR_RLSI;
	if (p->ier & UART_IER_RDI && p->count >= fifo_trigger(p))
		return UART_IIR_RDI;
	if (p->ier & UART_IER_RDI && p->count && p->timeout)
		return UART_IIR_RX_TIMEOUT;
	if (p->ier & UART_IER_THRI && p->thr_empty)
		return UART_IIR_THRI;
	if (p->ier & UART_IER_MSI && p->msr & UART_MSR_ANY_DELTA)
		return UART_IIR_MSI;
	return UART_IIR_NO_INT;
}

static void iir_update(struct mtty_port *p)
{
	p->iir = port_iir(p);
	if (p->fcr & UART_FCR_ENABLE_FIFO)
		p->iir |= UART_IIR_FIFO_ENABLED_16550A;
}

/* Call this after a change of anything that interrupts depend on. */
static void irq_update(struct mdev_bpf_dev *dev, struct mtty_state *state)
{
	__u32 irq;

	iir_update(&state->port[0]);
	iir_update(&state->port[1]);
	irq = !(state->port[0].iir & state->port[1].iir & UART_IIR_NO_INT);
	if (irq == state->irq)
		return;
	state->irq = irq;
	mdev_bpf_irq_set(dev, irq);
}

/*
 * The time of one character in nanoseconds: a start bit, 5 to 8 bits, parity, and 1, 1.5 or 2 stop
 * bits (8.2), counted in halves. One bit is 1/115200 s for each unit of the divisor (8.3).
 */
static __u64 character_time(const struct mtty_port *p)
{
	__u64 halves = 2 * (1 + 5 + (p->lcr & UART_LCR_WLEN8));

	halves += p->lcr & UART_LCR_PARITY ? 2 : 0;
	halves += !(p->lcr & UART_LCR_STOP) ? 2 : p->lcr & UART_LCR_WLEN8 ? 4 : 3;
	return halves * (p->divisor ?: 1) * 1000000000ULL / (2 * 115200);
}

static bool below_trigger(const struct mtty_port *p)
{
	return p->ier & UART_IER_RDI && p->count && p->count < fifo_trigger(p);
}

/*
 * 8.4.1, the timeout of the receiver: it is told of bytes below the trigger level when none was
 * received and none was read for the time of 4 characters. @moved: one was, or all are gone
 */
static void timeout_update(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr, bool moved)
{
	if (moved)
		p->timeout = 0;
	if (below_trigger(p) && !p->timeout) {
		if (moved || !p->timed)
			mdev_bpf_timer_arm(dev, nr, 4 * character_time(p), 0);
		p->timed = 1;
	} else if (p->timed) {
		mdev_bpf_timer_cancel(dev, nr);
		p->timed = 0;
	}
}

/* See how things are at the far end. */
static void host_look(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr)
{
	int status;

	p->far = 0;
	if (!mdev_bpf_param(dev, nr))
		return;
	status = mdev_bpf_console_status(dev, nr);
	p->far = FAR_HOST | (status & (MDEV_BPF_CONSOLE_OPEN | MDEV_BPF_CONSOLE_ROOM));
	if (status & MDEV_BPF_CONSOLE_BREAK)
		p->broken = 1;
}

/* Return: true if the host has taken the byte. */
static bool host_put(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr, __u8 val)
{
	if (mdev_bpf_console_write(dev, nr, &val, 1) == 1)
		return true;
	p->far &= ~MDEV_BPF_CONSOLE_ROOM;
	return false;
}

/* With automatic flow control, bytes wait for CTS. Else they are sent, and lost. */
static void host_send(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr)
{
	int i;

	for (i = 0; i < FIFO_SIZE && p->sent_count; i++) {
		if (!host_put(dev, p, nr, p->sent[p->sent_head % FIFO_SIZE])) {
			if (p->mcr & UART_MCR_AFE)
				return;
			p->lost++;
		}
		p->sent_head = (p->sent_head + 1) % FIFO_SIZE;
		if (!--p->sent_count)
			p->thr_empty = 1;
	}
}

/*
 * The far end sends while RTS is up, and to a driver that uses neither RTS nor DTR. It never sends
 * more than there is room for.
 */
static bool host_may_send(const struct mtty_port *p)
{
	return to_host(p) && (p->mcr & UART_MCR_RTS || !(p->mcr & UART_MCR_DTR)) &&
	       p->count < fifo_depth(p);
}

/* 8.6.4: a break is a zero byte and a bit in LSR, which is that of the byte that is read next. */
static bool host_receive(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr)
{
	__u8 before = p->count, val = 0;
	int i;

	if (p->broken && !p->count && host_may_send(p)) {
		p->broken = 0;
		p->lsr |= UART_LSR_BI;
		fifo_put(p, 0);
	}
	for (i = 0; i < FIFO_SIZE && !p->broken && host_may_send(p); i++) {
		if (mdev_bpf_console_read(dev, nr, &val, 1) != 1)
			break;
		fifo_put(p, val);
	}
	return p->count != before;
}

/* Call this after a change of what the host may send, or of what was received or sent. */
static void port_update(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr, bool moved)
{
	if (p->far & FAR_HOST)
		moved |= host_receive(dev, p, nr);
	lsr_update(p);
	msr_update(p);
	timeout_update(dev, p, nr, moved);
}

static __u8 read_rbr(struct mtty_port *p)
{
	__u8 val;

	if (!p->count)
		return 0;
	val = p->fifo[p->head % FIFO_SIZE];
	p->head = (p->head + 1) % FIFO_SIZE;
	if (!--p->count && !to_host(p))
		p->thr_empty = 1;
	return val;
}

static void write_thr(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr, __u8 val)
{
	p->thr_empty = 0;
	if (!to_host(p)) {
		/* A byte arrives immediately */
		if (p->count < fifo_depth(p))
			fifo_put(p, val);
		else
			p->lsr |= UART_LSR_OE;
		return;
	}
	if (p->sent_count < fifo_depth(p)) {
		p->sent[(p->sent_head + p->sent_count) % FIFO_SIZE] = val;
		p->sent_count++;
	} else {
		p->lost++;
	}
	host_send(dev, p, nr);
}

static void write_ier(struct mtty_port *p, __u8 val)
{
	/* 8.5: enabling it while the transmitter is empty makes it pending */
	if (val & UART_IER_THRI && !(p->ier & UART_IER_THRI) && is_sent(p))
		p->thr_empty = 1;
	p->ier = val & 0x0f;
}

static void write_fcr(struct mtty_port *p, __u8 val)
{
	__u8 enable = val & UART_FCR_ENABLE_FIFO;
	bool all = enable != (p->fcr & UART_FCR_ENABLE_FIFO);

	if (all || (enable && val & UART_FCR_CLEAR_XMIT))
		fifo_clear_sent(p);
	if (all || (enable && val & UART_FCR_CLEAR_RCVR)) {
		fifo_clear_received(p);
		if (!to_host(p))
			p->thr_empty = 1;
	}
	/* The clear bits clear themselves; the others cannot be set without FIFOs */
	p->fcr = enable ? val & (UART_FCR_TRIGGER_MASK | UART_FCR_ENABLE_FIFO) : 0;
	p->fcr_written = val;
	p->fcr_seen = 1;
}

/* LSR and MSR need nothing more: the core has read them and cleared their bits. */
static void port_read(struct mdev_bpf_dev *dev, struct mtty_port *p,
		      struct mdev_bpf_access *access)
{
	int dlab = p->lcr & UART_LCR_DLAB;

	switch (access->offset) {
	case UART_RX:
		access->val = dlab ? p->divisor & 0xff : read_rbr(p);
		if (!dlab)
			port_update(dev, p, access->region, true);
		break;
	case UART_IER:
		access->val = dlab ? p->divisor >> 8 : p->ier;
		break;
	case UART_IIR:
		if ((access->val & UART_IIR_ID) == UART_IIR_THRI)
			p->thr_empty = 0;
		break;
	}
}

static void port_write(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr, __u8 reg, __u8 val)
{
	int dlab = p->lcr & UART_LCR_DLAB;
	bool moved = false;

	switch (reg) {
	case UART_TX:
		if (dlab)
			p->divisor = (p->divisor & 0xff00) | val;
		else
			write_thr(dev, p, nr, val);
		moved = !dlab && !to_host(p);
		break;
	case UART_IER:
		if (dlab)
			p->divisor = (p->divisor & 0x00ff) | val << 8;
		else
			write_ier(p, val);
		break;
	case UART_FCR:
		write_fcr(p, val);
		break;
	}
	port_update(dev, p, nr, moved);
}

/* BAR0 is the first port, BAR1 the second. */
int MDEV_BPF_OP(mtty_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);

	if (!state)
		return -EIO;
	port_read(dev, &state->port[access->region & 1], access);
	irq_update(dev, state);
	return 0;
}

int MDEV_BPF_OP(mtty_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);

	if (!state)
		return -EIO;
	port_write(dev, &state->port[access->region & 1], access->region & 1, access->offset,
		   access->val);
	irq_update(dev, state);
	return 0;
}

/* The time of 4 characters has passed. */
int MDEV_BPF_OP(mtty_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);
	struct mtty_port *p;

	if (!state)
		return -EIO;
	p = &state->port[id & 1];
	p->timed = 0;
	p->timeout = below_trigger(p);
	irq_update(dev, state);
	return 0;
}

static void port_look(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr)
{
	host_look(dev, p, nr);
	if (to_host(p))
		host_send(dev, p, nr);
	port_update(dev, p, nr, false);
}

/* Something has happened at the far end of a port. */
int MDEV_BPF_OP(mtty_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);

	if (!state)
		return -EIO;
	port_look(dev, &state->port[id & 1], id & 1);
	irq_update(dev, state);
	return 0;
}

/* By now the administrator has said where the ports are connected to. */
int MDEV_BPF_OP(mtty_open, struct mdev_bpf_dev *dev)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);

	if (!state)
		return -EIO;
	port_look(dev, &state->port[0], 0);
	port_look(dev, &state->port[1], 1);
	irq_update(dev, state);
	return 0;
}

/* Set what is not zero after a master reset (8.1). The modem lines are up, without delta bits. */
static void port_init(struct mdev_bpf_dev *dev, struct mtty_port *p, __u32 nr)
{
	host_look(dev, p, nr);
	p->thr_empty = 1;
	p->msr = msr_lines(p);
	lsr_update(p);
	iir_update(p);
}

/* The device-specific bytes of configuration space of this card */
static void write_config(struct mdev_bpf_dev *dev)
{
	mdev_bpf_config_write(dev, 0x40, 4, 0x80000023);
	mdev_bpf_config_write(dev, 0x44, 4, 0x00000023);
	mdev_bpf_config_write(dev, 0x48, 4, 0x00000023);
	mdev_bpf_config_write(dev, 0x4c, 4, 0x00000023);
	mdev_bpf_config_write(dev, 0x60, 4, 0x20494350);	/* "PCI " */
	mdev_bpf_config_write(dev, 0x64, 4, 0x69726553);	/* "Seri" */
	mdev_bpf_config_write(dev, 0x68, 4, 0x552f6c61);	/* "al/U" */
	mdev_bpf_config_write(dev, 0x6c, 4, 0x00545241);	/* "ART" */
}

/* Called at creation and at reset, when the state is all zeros. */
int MDEV_BPF_OP(mtty_init, struct mdev_bpf_dev *dev)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);

	if (!state)
		return -EIO;
	port_init(dev, &state->port[0], 0);
	port_init(dev, &state->port[1], 1);
	write_config(dev);
	return 0;
}

static void port_dump(struct mdev_bpf_dump *out, const struct mtty_port *p, __u32 nr)
{
	mdev_bpf_dump_printf(out, "port %u: IER %02x IIR %02x FCR %02x LCR %02x MCR %02x\n", nr,
			     p->ier, p->iir, p->fcr, p->lcr, p->mcr);
	mdev_bpf_dump_printf(out, "  MSR %02x SCR %02x divisor %u, %u bytes in FIFO, overrun %u\n",
			     p->msr, p->scr, p->divisor, p->count, !!(p->lsr & UART_LSR_OE));
	if (p->far & FAR_HOST)
		mdev_bpf_dump_printf(out, "  host: open %u, room %u, %u bytes held, %u lost\n",
				     !!(p->far & MDEV_BPF_CONSOLE_OPEN),
				     !!(p->far & MDEV_BPF_CONSOLE_ROOM), p->sent_count, p->lost);
}

int MDEV_BPF_OP(mtty_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct mtty_state *state = mdev_bpf_state(dev, struct mtty_state);

	if (!state)
		return -EIO;
	port_dump(out, &state->port[0], 0);
	if (dev->type)
		port_dump(out, &state->port[1], 1);
	return 0;
}

/* mtty_native.bpf.c sets this to add its ops for migration */
#ifdef MTTY_NATIVE
#include "mtty_native.h"
#define MTTY_MIGRATION .save = mtty_save, .restore = mtty_restore
#else
#define MTTY_MIGRATION
#endif

/*
 * Registers 0 and 1 are not here: DLAB says what they are. IIR, which is FCR for writes, changes by
 * a read that finds the THR-empty interrupt in it, whose bit 1 only RLSI has, too.
 */
#define PORT(nr, only)									\
	MDEV_BPF_REG("IIR" #nr, nr, UART_IIR, struct mtty_state, port[nr].iir,		\
		     .read_call = UART_IIR_THRI,					\
		     .flags = MDEV_BPF_REGISTER_WRITE_CALL, .types = only),		\
	MDEV_BPF_REG("LCR" #nr, nr, UART_LCR, struct mtty_state, port[nr].lcr,		\
		     .write = 0xff, .types = only),					\
	MDEV_BPF_REG("MCR" #nr, nr, UART_MCR, struct mtty_state, port[nr].mcr,		\
		     .write = MCR_BITS, .write_call = MCR_BITS, .types = only),		\
	MDEV_BPF_REG("LSR" #nr, nr, UART_LSR, struct mtty_state, port[nr].lsr,		\
		     .read_clear = LSR_ERRORS, .read_call = LSR_ERRORS, .types = only),	\
	MDEV_BPF_REG("MSR" #nr, nr, UART_MSR, struct mtty_state, port[nr].msr,		\
		     .read_clear = UART_MSR_ANY_DELTA, .read_call = UART_MSR_ANY_DELTA, \
		     .types = only),							\
	MDEV_BPF_REG("SCR" #nr, nr, UART_SCR, struct mtty_state, port[nr].scr,		\
		     .write = 0xff, .types = only)

MDEV_BPF_DEVICE(mtty,
		.device_api = "vfio-pci",
		.types = {
			{ .name = "1", .pretty_name = "Single port serial", .units = 1 },
			{ .name = "2", .pretty_name = "Dual port serial", .units = 2 },
		},
		.max_instances = 24,	/* ports */
		.state_size = sizeof(struct mtty_state),
		.state_version = 1,
		.pci = {
			.vendor = 0x4348, .device = 0x3253,
			.subsystem_vendor = 0x4348, .subsystem_device = 0x3253,
			.class_code = 0x070002, .revision = 0x10,
		},
		.params = {	/* by port; so are timers and work */
			{ .name = "port0", .kind = MDEV_BPF_PARAM_CONSOLE, .work = 0 },
			{ .name = "port1", .kind = MDEV_BPF_PARAM_CONSOLE, .work = 1,
			  .types = 1 << 1 },
		},
		.regions = {
			{ .size = 8, .access_size = 1,
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO },
			{ .index = 1, .size = 8, .access_size = 1,
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO,
			  .types = 1 << 1 },
		},
		.registers = { PORT(0, 0), PORT(1, 1 << 1) },
		.irqs = { { .count = 1 }, { .index = 1, .count = 1 } },
		.init = mtty_init,
		.region_read = mtty_read,
		.region_write = mtty_write,
		.open = mtty_open,
		.timer = mtty_timer,
		.work = mtty_work,
		.dump = mtty_dump,
		MTTY_MIGRATION);

char _license[] SEC("license") = "GPL";
