// SPDX-License-Identifier: GPL-2.0-only
/*
 * mtty and the kernel's sample driver mtty.ko, side by side: the same accesses to both, of any
 * kind, in one order that a seed decides. What each reads, and how often it interrupts, has to be
 * what a model of it says: a 16550A that is looped back for ours, and the same with the sample's
 * faults for the sample. So each difference between the two is one that is meant; the table lists
 * the bits that may differ, and why. To show that a fault would be found, the same is done to
 * devices that differ from mtty in a bit of one register.
 *
 * MDEV_TEST_SEED has the seed, MDEV_TEST_LONG=1 makes ten times as many accesses.
 */
#include <linux/serial_reg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dev.h"
#include "irqs.h"

#define NAME		"kmtty"		/* since the sample takes "mtty" */
#define SAMPLE		"mdev/samples/mtty.ko"
#define ACCESSES	100000
#define FIFO		16
#define FIFO_BITS	UART_IIR_FIFO_ENABLED_16550A
#define LOOP_LINES	(UART_MSR_DSR | UART_MSR_DCD)

/* What the models have in common; some members are of one of them only. */
struct port {
	__u8 ier, lcr, mcr, scr, fifo[FIFO];
	__u8 head, tail, count, depth, trigger, enabled;
	bool overrun, thr_empty;
	__u8 lines, deltas;
	__u16 divisor;
};

/* A device, the model of it, and what it has done */
struct side {
	struct vfio *v;
	struct port port[2];
	int event;
	unsigned int fires;	/* by the model */
	bool line;
	int (*read)(struct side *s, struct port *p, unsigned int reg);
	void (*write)(struct side *s, struct port *p, unsigned int reg, __u8 val);
};

static struct vfio native = { .container = -1, .group = -1, .device = -1 };
static bool sample;

#define DIVISOR	"the divisor is stored as written, not ORed, and DLAB does not clear it"
#define BYTES	"one byte without FIFOs; a full FIFO is not empty; clear bits need FIFOs"
#define CAUSES	"one cause, the highest; reading ends THRI; FCR's trigger level; bits of FIFOs"
#define RECEIVED "reading clears an overrun; a full FIFO is not empty; one byte without FIFOs"
#define DELTAS	"deltas are changes, and reading clears them; MCR_LOOP"
#define LSR_BITS (UART_LSR_OE | UART_LSR_DR | UART_LSR_THRE | UART_LSR_TEMT)

/* Bits that may differ when a register is read, and why */
static const struct row {
	unsigned int reg;
	bool dlab;
	__u8 bits;
	const char *why;
} rows[] = {
	{ UART_RX, false, 0xff, BYTES },
	{ UART_DLL, true, 0xff, DIVISOR },
	{ UART_DLM, true, 0xff, DIVISOR },
	{ UART_IIR, false, 0xff, CAUSES },
	{ UART_IIR, true, 0xff, CAUSES },
	{ UART_MCR, false, 0xc0, "MCR has 6 bits" },
	{ UART_MCR, true, 0xc0, "MCR has 6 bits" },
	{ UART_LSR, false, LSR_BITS, RECEIVED },
	{ UART_LSR, true, LSR_BITS, RECEIVED },
	{ UART_MSR, false, 0xff, DELTAS },
	{ UART_MSR, true, 0xff, DELTAS },
};

static unsigned int seen[ARRAY_SIZE(rows)], pulses, wrong;
static bool faulty;	/* a difference is what is wanted */

#define WRONG(fmt, args...)							\
	(wrong++, faulty ? mtap_diag(fmt, ##args) : mtap_fail(__FILE__, __LINE__, fmt, ##args))

static bool dlab(const struct port *p)
{
	return p->lcr & UART_LCR_DLAB;
}

static void put(struct port *p, __u8 val)
{
	p->fifo[p->head++ % FIFO] = val;
	p->head %= FIFO;
	p->count++;
}

static __u8 get(struct port *p)
{
	__u8 val = p->fifo[p->tail];

	p->tail = (p->tail + 1) % FIFO;
	p->count--;
	return val;
}

static void clear(struct port *p)
{
	p->head = 0;
	p->tail = 0;
	p->count = 0;
}

/* --- The sample, with its faults --- */

/* It takes a full FIFO for an empty one. */
static bool native_empty(const struct port *p)
{
	return p->head == p->tail;
}

static __u8 native_iir(const struct port *p)
{
	__u8 iir = 0;

	if (p->ier & UART_IER_RLSI && p->overrun)
		iir |= UART_IIR_RLSI;
	if (p->ier & UART_IER_RDI && p->count >= p->trigger)
		iir |= UART_IIR_RDI;
	if (p->ier & UART_IER_THRI && native_empty(p))
		iir |= UART_IIR_THRI;
	return (iir ?: UART_IIR_NO_INT) | FIFO_BITS;
}

static int native_rbr(struct side *s, struct port *p)
{
	int val = 0;

	if (!native_empty(p))
		val = get(p);
	if (native_empty(p) && p->ier & UART_IER_THRI)
		s->fires++;
	return val;
}

static int native_msr(const struct port *p)
{
	bool cts = !(p->mcr & UART_MCR_AFE) || p->count < p->depth;

	return LOOP_LINES | UART_MSR_DDSR | (cts ? UART_MSR_CTS | UART_MSR_DCTS : 0);
}

static int native_read(struct side *s, struct port *p, unsigned int reg)
{
	switch (reg) {
	case UART_RX:
		return dlab(p) ? p->divisor & 0xff : native_rbr(s, p);
	case UART_IER:
		return dlab(p) ? p->divisor >> 8 : p->ier & 0x0f;
	case UART_IIR:
		return native_iir(p);
	case UART_LCR:
		return p->lcr;
	case UART_MCR:
		return p->mcr;
	case UART_LSR:
		return (p->overrun ? UART_LSR_OE : 0) |
		       (native_empty(p) ? UART_LSR_TEMT | UART_LSR_THRE : UART_LSR_DR);
	case UART_MSR:
		return native_msr(p);
	default:
		return p->scr;
	}
}

static void native_thr(struct side *s, struct port *p, __u8 val)
{
	p->overrun = p->count >= p->depth;
	if (p->overrun) {
		s->fires += !!(p->ier & UART_IER_RLSI);
		return;
	}
	put(p, val);
	if (p->ier & UART_IER_RDI && p->count == p->trigger)
		s->fires++;
}

static void native_write(struct side *s, struct port *p, unsigned int reg, __u8 val)
{
	switch (reg) {
	case UART_TX:
		if (dlab(p))
			p->divisor |= val;
		else
			native_thr(s, p, val);
		break;
	case UART_IER:
		if (dlab(p)) {
			p->divisor |= val << 8;
			break;
		}
		p->ier = val;
		s->fires += val & UART_IER_THRI && native_empty(p);
		break;
	case UART_FCR:
		if (val & (UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT))
			clear(p);
		p->trigger = 1;
		p->depth = val & UART_FCR_ENABLE_FIFO ? FIFO : 1;
		break;
	case UART_LCR:
		p->lcr = val;
		if (dlab(p))
			p->divisor = 0;
		break;
	case UART_MCR:
		p->mcr = val;
		if (p->ier & UART_IER_MSI)
			s->fires += !!(val & UART_MCR_OUT2) +
				    !!(val & (UART_MCR_RTS | UART_MCR_DTR));
		break;
	case UART_SCR:
		p->scr = val;
		break;
	}
}

/* --- A 16550A --- */

static __u8 chip_cause(const struct port *p)
{
	if (p->ier & UART_IER_RLSI && p->overrun)
		return UART_IIR_RLSI;
	if (p->ier & UART_IER_RDI && p->count >= p->trigger)
		return UART_IIR_RDI;
	if (p->ier & UART_IER_THRI && p->thr_empty)
		return UART_IIR_THRI;
	if (p->ier & UART_IER_MSI && p->deltas)
		return UART_IIR_MSI;
	return UART_IIR_NO_INT;
}

static __u8 chip_lines(const struct port *p)
{
	if (p->mcr & UART_MCR_LOOP)
		return (p->mcr & UART_MCR_RTS ? UART_MSR_CTS : 0) |
		       (p->mcr & UART_MCR_DTR ? UART_MSR_DSR : 0) |
		       (p->mcr & UART_MCR_OUT1 ? UART_MSR_RI : 0) |
		       (p->mcr & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
	return LOOP_LINES |
	       (!(p->mcr & UART_MCR_AFE) || p->count < p->depth ? UART_MSR_CTS : 0);
}

/* After each access */
static void chip_settle(struct side *s, struct port *p)
{
	__u8 lines = chip_lines(p), changed = lines ^ p->lines;
	bool line;

	if (lines & UART_MSR_RI)
		changed &= ~UART_MSR_RI;
	p->deltas |= changed >> 4;
	p->lines = lines;
	line = chip_cause(&s->port[0]) != UART_IIR_NO_INT ||
	       chip_cause(&s->port[1]) != UART_IIR_NO_INT;
	s->fires += line && !s->line;
	s->line = line;
}

static int chip_rbr(struct port *p)
{
	int val;

	if (!p->count)
		return 0;
	val = get(p);
	p->thr_empty |= !p->count;
	return val;
}

static int chip_value(struct port *p, unsigned int reg)
{
	int val;

	switch (reg) {
	case UART_RX:
		return dlab(p) ? p->divisor & 0xff : chip_rbr(p);
	case UART_IER:
		return dlab(p) ? p->divisor >> 8 : p->ier;
	case UART_IIR:
		val = chip_cause(p);
		if (val == UART_IIR_THRI)
			p->thr_empty = false;
		return val | (p->enabled ? FIFO_BITS : 0);
	case UART_LCR:
		return p->lcr;
	case UART_MCR:
		return p->mcr;
	case UART_LSR:
		val = (p->overrun ? UART_LSR_OE : 0) |
		      (p->count ? UART_LSR_DR : UART_LSR_TEMT | UART_LSR_THRE);
		p->overrun = false;
		return val;
	case UART_MSR:
		val = p->lines | p->deltas;
		p->deltas = 0;
		return val;
	default:
		return p->scr;
	}
}

static int chip_read(struct side *s, struct port *p, unsigned int reg)
{
	int val = chip_value(p, reg);

	chip_settle(s, p);
	return val;
}

static void chip_fcr(struct port *p, __u8 val)
{
	static const __u8 levels[] = { 1, 4, 8, 14 };
	bool enable = val & UART_FCR_ENABLE_FIFO;

	if (enable != p->enabled ||
	    (enable && val & (UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT))) {
		clear(p);
		p->thr_empty = true;
	}
	p->enabled = enable;
	p->depth = enable ? FIFO : 1;
	p->trigger = enable ? levels[val >> 6] : 1;
}

static void chip_store(struct port *p, unsigned int reg, __u8 val)
{
	switch (reg) {
	case UART_TX:
		if (dlab(p)) {
			p->divisor = (p->divisor & 0xff00) | val;
			break;
		}
		p->thr_empty = false;
		if (p->count < p->depth)
			put(p, val);
		else
			p->overrun = true;
		break;
	case UART_IER:
		if (dlab(p)) {
			p->divisor = (p->divisor & 0x00ff) | val << 8;
			break;
		}
		p->thr_empty |= val & UART_IER_THRI && !(p->ier & UART_IER_THRI) && !p->count;
		p->ier = val & 0x0f;
		break;
	case UART_FCR:
		chip_fcr(p, val);
		break;
	case UART_LCR:
		p->lcr = val;
		break;
	case UART_MCR:
		p->mcr = val & 0x3f;
		break;
	case UART_SCR:
		p->scr = val;
		break;
	}
}

static void chip_write(struct side *s, struct port *p, unsigned int reg, __u8 val)
{
	chip_store(p, reg, val);
	chip_settle(s, p);
}

/* --- Both --- */

static struct side ours = { .v = &dev, .read = chip_read, .write = chip_write };
static struct side theirs = { .v = &native, .read = native_read, .write = native_write };

/* A fault of one register: bits of a member of its row that are not as they should be */
struct fault {
	const char *reg;
	size_t member;
	__u64 bits;
};

#define FAULT(reg, member, bits) { reg, offsetof(struct mdev_bpf_register, member), bits }

static const struct fault faults[] = {
	FAULT("SCR0", write, 0x10),			/* a bit that is not kept */
	FAULT("LCR1", write, UART_LCR_SBC),
	FAULT("LSR0", read_clear, UART_LSR_OE),		/* a read does not clear it */
	FAULT("MSR1", read_clear, UART_MSR_DCTS),
	FAULT("IIR1", read_call, UART_IIR_THRI),	/* nor ends the interrupt */
};

static void mutate(struct mdev_bpf_ops *ops, const struct fault *f)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGISTERS; i++) {
		struct mdev_bpf_register *r = &ops->registers[i];
		__u64 bits;

		if (strcmp(r->name, f->reg))
			continue;
		memcpy(&bits, (char *)r + f->member, sizeof(bits));
		ASSERT_EQ(bits & f->bits, f->bits);
		bits &= ~f->bits;
		memcpy((char *)r + f->member, &bits, sizeof(bits));
		return;
	}
	ASSERT(!"there is such a register");
}

static void load(const struct fault *f)
{
	ASSERT_EQ(prog_open(&dev_prog, MTTY, NULL), 0);
	strcpy(prog_ops(&dev_prog)->name, NAME);
	if (f)
		mutate(prog_ops(&dev_prog), f);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void close_devices(void)
{
	vfio_close(&native);
	dev_close();
	mdev_remove_all();
	dev_unload();
}

static void close_all(void)
{
	close_devices();
	if (sample)
		EXPECT_EQ(system("rmmod mtty"), 0);
	sample = false;
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = close_all,
};

static void power_on(struct side *s)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int i;

	/* Without this, the sample knows nothing of its interrupts */
	ASSERT_EQ(vfio_ioctl(s->v, VFIO_DEVICE_GET_INFO, &info), 0);
	memset(s->port, 0, sizeof(s->port));
	s->line = false;
	for (i = 0; i < 2; i++) {
		s->port[i].depth = s == &ours ? 1 : FIFO;
		s->port[i].trigger = s == &ours;
		s->port[i].thr_empty = true;
		s->port[i].lines = LOOP_LINES | UART_MSR_CTS;
	}
	s->event = event_new();
	ASSERT_EQ(vfio_irq_fd(s->v, MSI, TRIGGER, s->event), 0);
}

static void load_sample(void)
{
	if (!exists(SAMPLE))
		mtap_skip("no %s: the source was not there when this was built", SAMPLE);
	sample = !system("insmod " SAMPLE);
	ASSERT(sample);
}

static void open_both(const struct fault *f)
{
	struct mdev m = mdev_uuid(0xd1);

	load(f);
	ASSERT_EQ(mdev_create(&m, "mtty-2"), 0);
	ASSERT_EQ(vfio_open(&native, &m), 0);
	dev_open(NAME "-2");
	power_on(&ours);
	power_on(&theirs);
}

static int do_read(struct side *s, unsigned int nr, unsigned int reg)
{
	int got = vfio_get(s->v, nr, reg, 1), want = s->read(s, &s->port[nr], reg);

	if (got != want)
		WRONG("%s: port %u, register %u is %#x, not %#x", s == &ours ? "mtty" : "mtty.ko",
		      nr, reg, got, want);
	return got;
}

static void do_write(struct side *s, unsigned int nr, unsigned int reg, __u8 val)
{
	EXPECT_EQ(vfio_set(s->v, nr, reg, 1, val), 0);
	s->write(s, &s->port[nr], reg, val);
}

/* Is there a row for the difference? */
static bool is_meant(unsigned int reg, bool latch, __u8 bits)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].reg != reg || rows[i].dlab != latch || bits & ~rows[i].bits)
			continue;
		seen[i]++;
		return true;
	}
	return false;
}

static unsigned int fired(struct side *s)
{
	unsigned int n = event_take(s->event), want = s->fires;

	s->fires = 0;
	if (n != want)
		WRONG("%s: %u interrupts, not %u", s == &ours ? "mtty" : "mtty.ko", n, want);
	return n;
}

/* Slow enough that no character timeout comes: those of the chip are what device/uart is about. */
static __u8 any_value(unsigned int reg)
{
	static const __u8 fcr[] = { 0x01, 0x01, 0x41, 0x81, 0xc1, 0x07, 0xc7, 0x03, 0x05, 0x00 };

	switch (reg) {
	case UART_IER:
		return rand() | (dlab(&ours.port[0]) || dlab(&ours.port[1]) ? 0xf0 : 0);
	case UART_FCR:
		return rand() % 8 ? fcr[rand() % ARRAY_SIZE(fcr)] : rand();
	case UART_LCR:
		return rand() % 4 ? rand() & ~UART_LCR_DLAB : rand();
	default:
		return rand();
	}
}

static void access_both(void)
{
	/* Bytes are sent and received more often than registers are set up */
	static const __u8 regs[] = { 0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7 };
	unsigned int nr = rand() % 2, reg = regs[rand() % ARRAY_SIZE(regs)];
	bool latch = dlab(&ours.port[nr]);
	int a, b;

	if (rand() % 2) {
		__u8 val = any_value(reg);

		do_write(&ours, nr, reg, val);
		do_write(&theirs, nr, reg, val);
	} else {
		a = do_read(&ours, nr, reg);
		b = do_read(&theirs, nr, reg);
		if (a != b && !is_meant(reg, latch, a ^ b))
			WRONG("register %u, DLAB %d: %#x, and %#x of the sample", reg, latch, a, b);
	}
	pulses += fired(&ours) != fired(&theirs);
}

/* Ours has been slow from the beginning, too. */
static void slow_down(void)
{
	unsigned int nr;

	for (nr = 0; nr < 2; nr++) {
		do_write(&ours, nr, UART_LCR, UART_LCR_DLAB);
		do_write(&theirs, nr, UART_LCR, UART_LCR_DLAB);
		do_write(&ours, nr, UART_DLM, 0xff);
		do_write(&theirs, nr, UART_DLM, 0xff);
		do_write(&ours, nr, UART_LCR, 0);
		do_write(&theirs, nr, UART_LCR, 0);
	}
}

/* Access both up to @n times, until something is wrong. Return: how often it was. */
static unsigned int access_many(unsigned int n)
{
	const char *text = getenv("MDEV_TEST_SEED");
	unsigned int seed = text ? strtoul(text, NULL, 0) : (unsigned int)time(NULL), done = 0;

	wrong = 0;
	slow_down();
	mtap_diag("seed %u, %u accesses", seed, n);
	srand(seed);
	while (done < n && !wrong) {
		access_both();
		done++;
	}
	return done;
}

MTAP_TEST(like_the_sample)
{
	const char *longer = getenv("MDEV_TEST_LONG");
	unsigned int n = longer && *longer == '1' ? 10 * ACCESSES : ACCESSES, i, done;

	faulty = false;
	load_sample();
	open_both(NULL);
	done = access_many(n);
	if (done < n)
		mtap_diag("after %u accesses", done);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		mtap_diag("register %u, DLAB %d: %u differences: %s", rows[i].reg, rows[i].dlab,
			  seen[i], rows[i].why);
	mtap_diag("interrupts: %u differences: a level, not pulses", pulses);
}

MTAP_TEST(a_fault_is_found)
{
	unsigned int i, done;

	faulty = true;
	load_sample();
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		open_both(&faults[i]);
		done = access_many(ACCESSES);
		mtap_diag("%s: %s after %u accesses", faults[i].reg, wrong ? "found" : "not found",
			  done);
		EXPECT(wrong);
		close_devices();
	}
}
