// SPDX-License-Identifier: GPL-2.0-only
/*
 * pl011: ARM's PrimeCell UART, as a platform device. All of its registers are declared, and the
 * program is called for those that do something. Section numbers are those of ARM DDI 0183G.
 * Documentation/devices/pl011.rst says what differs from the hardware.
 */
#include "mdev_bpf.bpf.h"
#include "pl011.h"

#define TIMEOUT_BITS	32		/* 2.8.6: how long no character comes */
#define NSEC_PER_SEC	1000000000ULL
#define RX_TIMER	0

struct pl011_fifo {
	__u8 head;
	__u8 count;
	__u16 data[PL011_FIFO_SIZE];	/* with the errors of a character, as in DR */
	__u16 reserved;
};

struct pl011_state {
	__u32 rsr;
	__u32 fr;
	__u32 ilpr;
	__u32 ibrd;
	__u32 fbrd;
	__u32 lcr_h;
	__u32 cr;
	__u32 ifls;
	__u32 imsc;
	__u32 ris;
	__u32 mis;
	__u32 dmacr;
	__u32 overrun;		/* a character was lost since the last that was stored */
	struct pl011_fifo rx;
	struct pl011_fifo tx;
	__u8 far;		/* what is known of the far end */
	__u8 broken;		/* the host has sent a break that is not in rx yet */
	__u16 reserved;
	__u32 lost;		/* characters that the host had no room for */
};

enum { HOST };		/* parameters, and work */

/* pl011_state::far, apart from MDEV_BPF_CONSOLE_*: the far end is on the host */
#define FAR_HOST	0x80

enum {
	DR, RSR, FR, ILPR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, MIS, ICR, DMACR, PERIPH_ID0,
	PERIPH_ID1, PERIPH_ID2, PERIPH_ID3, PCELL_ID0, PCELL_ID1, PCELL_ID2, PCELL_ID3,
};

static __u8 depth(const struct pl011_state *s)
{
	return s->lcr_h & PL011_LCR_FEN ? PL011_FIFO_SIZE : 1;
}

static bool push(struct pl011_fifo *f, __u8 size, __u16 word)
{
	if (f->count >= size)
		return false;
	f->data[(f->head + f->count) & (PL011_FIFO_SIZE - 1)] = word;
	f->count++;
	return true;
}

static __u16 pop(struct pl011_fifo *f)
{
	__u16 word = f->data[f->head & (PL011_FIFO_SIZE - 1)];

	if (!f->count)
		return 0;
	f->head++;
	f->count--;
	return word;
}

/* 3.3.9: characters from which on the receive FIFO interrupts */
static __u8 rx_trigger(const struct pl011_state *s)
{
	if (!(s->lcr_h & PL011_LCR_FEN))
		return 1;
	switch (s->ifls >> 3 & 7) {
	case 0:
		return 2;
	case 1:
		return 4;
	case 2:
		return 8;
	case 3:
		return 12;
	default:
		return 14;
	}
}

/* Do characters go to the host, and come from there? */
static bool to_host(const struct pl011_state *s)
{
	return s->far & FAR_HOST && !(s->cr & PL011_CR_LBE);
}

/*
 * The host is there while somebody has opened the console, and lowers CTS while there is no room
 * for more.
 */
static __u32 host_lines(const struct pl011_state *s)
{
	return (s->far & MDEV_BPF_CONSOLE_OPEN ? PL011_FR_DSR | PL011_FR_DCD : 0) |
	       (s->far & MDEV_BPF_CONSOLE_ROOM ? PL011_FR_CTS : 0);
}

/*
 * 2.7: the modem lines. Looped back, they are what CR says. If nothing is connected, it is as if
 * the far end were there and ready.
 */
static __u32 modem_lines(const struct pl011_state *s)
{
	if (to_host(s))
		return host_lines(s);
	if (!(s->cr & PL011_CR_LBE))
		return PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD;
	return (s->cr & PL011_CR_RTS ? PL011_FR_CTS : 0) |
	       (s->cr & PL011_CR_DTR ? PL011_FR_DSR : 0) |
	       (s->cr & PL011_CR_OUT1 ? PL011_FR_DCD : 0) |
	       (s->cr & PL011_CR_OUT2 ? PL011_FR_RI : 0);
}

/* 2.8.3: each change of a line is an interrupt. */
static __u32 modem_interrupts(__u32 changed)
{
	return (changed & PL011_FR_RI ? PL011_INT_RI : 0) |
	       (changed & PL011_FR_CTS ? PL011_INT_CTS : 0) |
	       (changed & PL011_FR_DCD ? PL011_INT_DCD : 0) |
	       (changed & PL011_FR_DSR ? PL011_INT_DSR : 0);
}

/* What follows from everything else: the flags, and the line */
static void update(struct mdev_bpf_dev *dev, struct pl011_state *s)
{
	__u32 lines = modem_lines(s);
	__u32 old = s->fr & (PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD | PL011_FR_RI);

	s->ris |= modem_interrupts(lines ^ old);
	s->fr = lines;
	s->fr |= s->rx.count ? 0 : PL011_FR_RXFE;
	s->fr |= s->rx.count >= depth(s) ? PL011_FR_RXFF : 0;
	s->fr |= s->tx.count ? 0 : PL011_FR_TXFE;
	s->fr |= s->tx.count >= depth(s) ? PL011_FR_TXFF : 0;
	s->mis = s->ris & s->imsc;
	mdev_bpf_irq_line(dev, 0, !!s->mis);
}

/* 2.4.3: how long 32 bits take. A divisor of 0 is not allowed, and is taken for 1. */
static __u64 timeout(const struct pl011_state *s)
{
	__u64 divisor = (__u64)s->ibrd << 6 | s->fbrd;

	return TIMEOUT_BITS * (divisor ?: 64) * (16 * NSEC_PER_SEC / 64) / PL011_CLOCK;
}

/* 2.8.6: the time begins again with each character, and ends with the last that is read. */
static void start_timeout(struct mdev_bpf_dev *dev, struct pl011_state *s)
{
	if (s->rx.count && s->lcr_h & PL011_LCR_FEN)
		mdev_bpf_timer_arm(dev, RX_TIMER, timeout(s), 0);
	else
		mdev_bpf_timer_cancel(dev, RX_TIMER);
}

static bool is_on(const struct pl011_state *s, __u32 part)
{
	return s->cr & PL011_CR_UARTEN && s->cr & part;
}

/* A character has arrived. */
static void receive(struct mdev_bpf_dev *dev, struct pl011_state *s, __u16 word)
{
	if (!is_on(s, PL011_CR_RXE))
		return;
	if (!push(&s->rx, depth(s), word | (s->overrun ? PL011_DR_OE : 0))) {
		s->overrun = 1;
		s->ris |= PL011_INT_OE;
		return;
	}
	s->overrun = 0;
	if (word & PL011_DR_BE)
		s->ris |= PL011_INT_BE;
	if (s->rx.count >= rx_trigger(s))
		s->ris |= PL011_INT_RX;
	start_timeout(dev, s);
}

/* 3.3.8: with CTSEn, a character waits for CTS. Else it is sent, and lost if there is no room. */
static bool host_send(struct mdev_bpf_dev *dev, struct pl011_state *s, __u8 character)
{
	if (mdev_bpf_console_write(dev, HOST, &character, 1) == 1)
		return true;
	s->far &= ~MDEV_BPF_CONSOLE_ROOM;
	if (s->cr & PL011_CR_CTSEN)
		return false;
	s->lost++;
	return true;
}

/* A character leaves, unless it has to wait. Without host or loop, the line ends here. */
static bool send(struct mdev_bpf_dev *dev, struct pl011_state *s, __u16 word)
{
	word &= (1 << (5 + ((s->lcr_h & PL011_LCR_WLEN) >> 5))) - 1;
	if (to_host(s))
		return host_send(dev, s, word);
	if (s->cr & PL011_CR_LBE)
		receive(dev, s, word);
	return true;
}

/* Characters take no time: the transmit FIFO is empty whenever the transmitter may send. */
static void transmit(struct mdev_bpf_dev *dev, struct pl011_state *s)
{
	int i;

	if (!is_on(s, PL011_CR_TXE))
		return;
	for (i = 0; i < PL011_FIFO_SIZE && s->tx.count; i++) {
		if (!send(dev, s, s->tx.data[s->tx.head & (PL011_FIFO_SIZE - 1)]))
			break;
		pop(&s->tx);
		s->ris |= PL011_INT_TX;
	}
}

/*
 * The host sends while RTS is up, and to a driver that uses neither RTS nor DTR. It never sends
 * more than there is room for, which is all that RTSEn is for.
 */
static bool host_may_send(const struct pl011_state *s)
{
	return to_host(s) && is_on(s, PL011_CR_RXE) && s->rx.count < depth(s) &&
	       (s->cr & (PL011_CR_RTS | PL011_CR_RTSEN) || !(s->cr & PL011_CR_DTR));
}

static void host_receive(struct mdev_bpf_dev *dev, struct pl011_state *s)
{
	__u8 character = 0;
	int i;

	if (s->broken && host_may_send(s)) {
		s->broken = 0;
		receive(dev, s, PL011_DR_BE);
	}
	for (i = 0; i < PL011_FIFO_SIZE && host_may_send(s); i++) {
		if (mdev_bpf_console_read(dev, HOST, &character, 1) != 1)
			break;
		receive(dev, s, character);
	}
}

/* See how things are at the far end. */
static void host_look(struct mdev_bpf_dev *dev, struct pl011_state *s)
{
	int status;

	s->far = 0;
	if (!mdev_bpf_param(dev, HOST))
		return;
	status = mdev_bpf_console_status(dev, HOST);
	s->far = FAR_HOST | (status & (MDEV_BPF_CONSOLE_OPEN | MDEV_BPF_CONSOLE_ROOM));
	if (status & MDEV_BPF_CONSOLE_BREAK)
		s->broken = 1;
}

/* Do all that can be done now. */
static void run(struct mdev_bpf_dev *dev, struct pl011_state *s)
{
	transmit(dev, s);
	host_receive(dev, s);
	update(dev, s);
}

static __u32 read_data(struct mdev_bpf_dev *dev, struct pl011_state *s)
{
	__u16 word = pop(&s->rx);

	s->rsr = word >> 8;
	if (s->rx.count < rx_trigger(s))
		s->ris &= ~PL011_INT_RX;
	if (!s->rx.count)
		s->ris &= ~PL011_INT_RT;
	start_timeout(dev, s);
	return word;
}

/* 3.3.7: FEN changes what the FIFOs are; what is in them is lost. BRK holds the line low. */
static void line_control(struct mdev_bpf_dev *dev, struct pl011_state *s, __u32 changed)
{
	if (changed & PL011_LCR_FEN) {
		s->rx.count = 0;
		s->tx.count = 0;
		s->ris &= ~(PL011_INT_RX | PL011_INT_RT);
		start_timeout(dev, s);
	}
	if (changed & s->lcr_h & PL011_LCR_BRK && s->cr & PL011_CR_LBE)
		receive(dev, s, PL011_DR_BE);
}

int MDEV_BPF_OP(pl011_init, struct mdev_bpf_dev *dev)
{
	struct pl011_state *s = mdev_bpf_state(dev, struct pl011_state);

	if (!s)
		return -EIO;
	host_look(dev, s);
	s->fr = modem_lines(s);
	update(dev, s);
	return 0;
}

/* Something has happened at the far end, or may have. */
static int look_and_run(struct mdev_bpf_dev *dev)
{
	struct pl011_state *s = mdev_bpf_state(dev, struct pl011_state);

	if (!s)
		return -EIO;
	host_look(dev, s);
	run(dev, s);
	return 0;
}

/* By now the administrator has said where the line ends. */
int MDEV_BPF_OP(pl011_open, struct mdev_bpf_dev *dev)
{
	return look_and_run(dev);
}

int MDEV_BPF_OP(pl011_work, struct mdev_bpf_dev *dev, __u32 id)
{
	return look_and_run(dev);
}

/* Only DR */
int MDEV_BPF_OP(pl011_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct pl011_state *s = mdev_bpf_state(dev, struct pl011_state);

	if (!s)
		return -EIO;
	if (access->reg != DR || access->offset != PL011_DR)
		return 0;
	access->val = read_data(dev, s);
	run(dev, s);
	return 0;
}

int MDEV_BPF_OP(pl011_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct pl011_state *s = mdev_bpf_state(dev, struct pl011_state);

	if (!s)
		return -EIO;
	if (access->reg == DR && access->offset == PL011_DR)
		push(&s->tx, depth(s), access->val & 0xff);
	else if (access->reg == RSR)
		s->rsr = 0;
	else if (access->reg == LCR_H)
		line_control(dev, s, s->lcr_h ^ access->old);
	else if (access->reg == ICR)
		s->ris &= ~(access->val << 8 * (access->offset & 3));
	run(dev, s);
	return 0;
}

/* 2.8.6: characters wait, and no other has come. */
int MDEV_BPF_OP(pl011_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct pl011_state *s = mdev_bpf_state(dev, struct pl011_state);

	if (!s)
		return -EIO;
	if (s->rx.count)
		s->ris |= PL011_INT_RT;
	update(dev, s);
	return 0;
}

int MDEV_BPF_OP(pl011_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct pl011_state *s = mdev_bpf_state(dev, struct pl011_state);

	if (!s)
		return -EIO;
	mdev_bpf_dump_printf(out, "received %u, to send %u of %u\n", s->rx.count, s->tx.count,
			     depth(s));
	mdev_bpf_dump_printf(out, "control 0x%x, interrupts 0x%x, mask 0x%x\n", s->cr, s->ris,
			     s->imsc);
	if (s->far & FAR_HOST)
		mdev_bpf_dump_printf(out, "host: open %u, room %u, %u lost\n",
				     !!(s->far & MDEV_BPF_CONSOLE_OPEN),
				     !!(s->far & MDEV_BPF_CONSOLE_ROOM), s->lost);
	return 0;
}

#define PL011_REG(name, offset, member, ...) \
	MDEV_BPF_REG(name, 0, offset, struct pl011_state, member, ##__VA_ARGS__)
#define PL011_ID(name, offset, value)	MDEV_BPF_REG_CONST(name, 0, offset, 4, value)
/* Holds no value of its own */
#define PL011_PORT(reg, where, calls)	\
	{ .name = reg, .offset = where, .width = 4, .flags = MDEV_BPF_REGISTER_CONST | (calls) }

MDEV_BPF_DEVICE(pl011,
		.description = "PrimeCell UART on a platform bus",
		.device_api = "vfio-platform",
		.types = { { .name = "1", .pretty_name = "PL011, r1p4" } },
		.state_size = sizeof(struct pl011_state),
		.params = {
			[HOST] = { .name = "console", .kind = MDEV_BPF_PARAM_CONSOLE,
				   .work = HOST },
		},
		.regions = { { .size = 0x1000, .flags = MDEV_BPF_REGION_RW } },
		.registers = {
			[DR] = PL011_PORT("DR", PL011_DR, MDEV_BPF_REGISTER_READ_CALL |
					  MDEV_BPF_REGISTER_WRITE_CALL),
			[RSR] = PL011_REG("RSR", PL011_RSR, rsr,
					  .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			[FR] = PL011_REG("FR", PL011_FR, fr),
			[ILPR] = PL011_REG("ILPR", PL011_ILPR, ilpr, .write = 0xff),
			[IBRD] = PL011_REG("IBRD", PL011_IBRD, ibrd, .write = 0xffff),
			[FBRD] = PL011_REG("FBRD", PL011_FBRD, fbrd, .write = 0x3f),
			[LCR_H] = PL011_REG("LCR_H", PL011_LCR_H, lcr_h, .write = 0xff,
					    .write_call = PL011_LCR_FEN | PL011_LCR_BRK),
			[CR] = PL011_REG("CR", PL011_CR, cr, .reset = PL011_CR_TXE | PL011_CR_RXE,
					 .write = 0xff87, .write_call = 0xff87),
			[IFLS] = PL011_REG("IFLS", PL011_IFLS, ifls, .reset = 0x12, .write = 0x3f),
			[IMSC] = PL011_REG("IMSC", PL011_IMSC, imsc, .write = PL011_INT_ALL,
					   .write_call = PL011_INT_ALL),
			[RIS] = PL011_REG("RIS", PL011_RIS, ris),
			[MIS] = PL011_REG("MIS", PL011_MIS, mis),
			[ICR] = PL011_PORT("ICR", PL011_ICR, MDEV_BPF_REGISTER_WRITE_CALL),
			[DMACR] = PL011_REG("DMACR", PL011_DMACR, dmacr, .write = 7),
			[PERIPH_ID0] = PL011_ID("PERIPH_ID0", PL011_PERIPH_ID, 0x11),
			[PERIPH_ID1] = PL011_ID("PERIPH_ID1", PL011_PERIPH_ID + 4, 0x10),
			[PERIPH_ID2] = PL011_ID("PERIPH_ID2", PL011_PERIPH_ID + 8, 0x24),
			[PERIPH_ID3] = PL011_ID("PERIPH_ID3", PL011_PERIPH_ID + 12, 0x00),
			[PCELL_ID0] = PL011_ID("PCELL_ID0", PL011_PCELL_ID, 0x0d),
			[PCELL_ID1] = PL011_ID("PCELL_ID1", PL011_PCELL_ID + 4, 0xf0),
			[PCELL_ID2] = PL011_ID("PCELL_ID2", PL011_PCELL_ID + 8, 0x05),
			[PCELL_ID3] = PL011_ID("PCELL_ID3", PL011_PCELL_ID + 12, 0xb1),
		},
		.irqs = { { .count = 1, .flags = MDEV_BPF_IRQ_LEVEL } },
		.init = pl011_init,
		.open = pl011_open,
		.work = pl011_work,
		.region_read = pl011_read,
		.region_write = pl011_write,
		.timer = pl011_timer,
		.dump = pl011_dump);

char _license[] SEC("license") = "GPL";
