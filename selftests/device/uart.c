// SPDX-License-Identifier: GPL-2.0-only
/* mtty, register by register, as a 16550A behaves that is looped back to itself. */
#include <linux/serial_reg.h>
#include <stdio.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "slowness.h"

#define FIFO_IIR	UART_IIR_FIFO_ENABLED_16550A
#define IDLE		(UART_LSR_TEMT | UART_LSR_THRE)

/* The port under test: BAR0 or BAR1; most tests run on the first. */
static unsigned int port;

static void load(void)
{
	dev_load(MTTY);
}

static void open_two_ports(void)
{
	port = 0;
	dev_open("mtty-2");
}

static unsigned int rd(unsigned int reg)
{
	return dev_get(port, reg, 1);
}

static void wr(unsigned int reg, unsigned int val)
{
	dev_set(port, reg, 1, val);
}

static void send(unsigned int first, unsigned int nr)
{
	while (nr--)
		wr(UART_TX, first++);
}

static void expect_received(unsigned int first, unsigned int nr)
{
	while (nr--) {
		EXPECT_EQ(rd(UART_LSR) & UART_LSR_DR, UART_LSR_DR);
		EXPECT_EQ(rd(UART_RX), first++);
	}
	EXPECT_EQ(rd(UART_LSR), IDLE);
}

MTAP_TEST(power_on)
{
	EXPECT_EQ(rd(UART_RX), 0);
	EXPECT_EQ(rd(UART_IER), 0);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	EXPECT_EQ(rd(UART_LCR), 0);
	EXPECT_EQ(rd(UART_MCR), 0);
	EXPECT_EQ(rd(UART_LSR), IDLE);
	EXPECT_EQ(rd(UART_MSR) & 0xf0, UART_MSR_DSR | UART_MSR_DCD | UART_MSR_CTS);
	EXPECT_EQ(rd(UART_SCR), 0);
	wr(UART_LCR, UART_LCR_DLAB);
	EXPECT_EQ(rd(UART_DLL), 0);
	EXPECT_EQ(rd(UART_DLM), 0);
}

MTAP_TEST(second_power_on)
{
	port = 1;
	power_on();
}

MTAP_TEST(loopback)
{
	wr(UART_FCR, UART_FCR_ENABLE_FIFO);
	send('a', 16);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR);
	expect_received('a', 16);
	/* Fill and empty the ring again, from its middle */
	send('A', 5);
	EXPECT_EQ(rd(UART_RX), 'A');
	send('F', 11);
	expect_received('B', 15);
	EXPECT_EQ(rd(UART_RX), 0);
	EXPECT_EQ(rd(UART_LSR), IDLE);
}

MTAP_TEST(every_byte)
{
	unsigned int val;

	for (val = 0; val < 256; val++) {
		wr(UART_TX, val);
		EXPECT_EQ(rd(UART_RX), val);
	}
}

/* Without FIFO there is room for one byte; with it for 16; one more is an overrun. */
MTAP_TEST(overrun)
{
	send(1, 1);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR);
	send(2, 1);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR | UART_LSR_OE);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR);
	expect_received(1, 1);

	wr(UART_FCR, UART_FCR_ENABLE_FIFO);
	send(1, 16);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR);
	send(99, 1);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR | UART_LSR_OE);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR);
	expect_received(1, 16);
}

MTAP_TEST(fifo_bits)
{
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	wr(UART_FCR, UART_FCR_ENABLE_FIFO);
	EXPECT_EQ(rd(UART_IIR), FIFO_IIR | UART_IIR_NO_INT);
	wr(UART_FCR, 0);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	/* Without the enable bit the others do nothing. */
	wr(UART_FCR, UART_FCR_TRIGGER_14);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	send(1, 1);
	wr(UART_FCR, UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT);
	expect_received(1, 1);
}

MTAP_TEST(fifo_clear)
{
	static const unsigned int clear[] = {
		UART_FCR_CLEAR_RCVR, UART_FCR_CLEAR_XMIT,
		UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT,
	};
	size_t i;

	wr(UART_FCR, UART_FCR_ENABLE_FIFO);
	for (i = 0; i < ARRAY_SIZE(clear); i++) {
		send(1, 5);
		wr(UART_FCR, UART_FCR_ENABLE_FIFO);
		EXPECT_EQ(rd(UART_LSR), UART_LSR_DR);
		wr(UART_FCR, UART_FCR_ENABLE_FIFO | clear[i]);
		EXPECT_EQ(rd(UART_LSR), IDLE);
		EXPECT_EQ(rd(UART_RX), 0);
	}
	/* Switching FIFOs on or off clears them as well. */
	send(1, 5);
	wr(UART_FCR, 0);
	EXPECT_EQ(rd(UART_LSR), IDLE);
	send(1, 1);
	wr(UART_FCR, UART_FCR_ENABLE_FIFO);
	EXPECT_EQ(rd(UART_LSR), IDLE);
}

/* 1 is the fastest, 65535 the slowest. */
static void set_speed(unsigned int divisor, unsigned int lcr)
{
	wr(UART_LCR, UART_LCR_DLAB | lcr);
	wr(UART_DLL, divisor & 0xff);
	wr(UART_DLM, divisor >> 8);
	wr(UART_LCR, lcr);
}

/* Too slow for a timeout */
MTAP_TEST(trigger_levels)
{
	static const struct {
		unsigned int fcr, level;
	} t[] = {
		{ UART_FCR_TRIGGER_1, 1 }, { UART_FCR_TRIGGER_4, 4 },
		{ UART_FCR_TRIGGER_8, 8 }, { UART_FCR_TRIGGER_14, 14 },
	};
	unsigned int nr;
	size_t i;

	set_speed(65535, UART_LCR_WLEN8);
	wr(UART_IER, UART_IER_RDI);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		wr(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | t[i].fcr);
		EXPECT_EQ(rd(UART_IIR), FIFO_IIR | UART_IIR_NO_INT);
		for (nr = 1; nr <= 16; nr++) {
			send(nr, 1);
			EXPECT_EQ(rd(UART_IIR), FIFO_IIR | (nr < t[i].level ?
				  UART_IIR_NO_INT : UART_IIR_RDI));
		}
		for (nr = 16; nr-- > 0;) {
			rd(UART_RX);
			EXPECT_EQ(rd(UART_IIR), FIFO_IIR | (nr < t[i].level ?
				  UART_IIR_NO_INT : UART_IIR_RDI));
		}
	}
}

/* @start: when the last byte was about to be received, or read */
static void expect_timeout(double start, double characters)
{
	double took;

	EXPECT(mtap_await(rd(UART_IIR) == (FIFO_IIR | UART_IIR_RX_TIMEOUT)));
	took = mtap_now() - start;
	if (took < 4 * characters || took > 4 * characters + 1 * slowness())
		mtap_fail(__FILE__, __LINE__, "%f s for 4 characters of %f s", took, characters);
}

/* Bytes below the trigger level are told of after the time of 4 characters without one. */
MTAP_TEST(timeout)
{
	static const struct {
		unsigned int divisor, lcr;
		double character;
	} t[] = {
		{ 384, UART_LCR_WLEN8, 10 / 300.0 },
		{ 768, UART_LCR_WLEN8, 10 / 150.0 },
		{ 384, UART_LCR_WLEN5, 7 / 300.0 },
		{ 384, UART_LCR_WLEN5 | UART_LCR_STOP, 7.5 / 300.0 },
		{ 384, UART_LCR_WLEN8 | UART_LCR_STOP | UART_LCR_PARITY, 12 / 300.0 },
	};
	double start;
	size_t i;

	wr(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_4);
	wr(UART_IER, UART_IER_RDI);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		set_speed(t[i].divisor, t[i].lcr);
		start = mtap_now();
		send(1, 2);
		expect_timeout(start, t[i].character);
		/* It begins anew when one is read */
		start = mtap_now();
		EXPECT_EQ(rd(UART_RX), 1);
		expect_timeout(start, t[i].character);
		EXPECT_EQ(rd(UART_RX), 2);
		EXPECT_EQ(rd(UART_IIR), FIFO_IIR | UART_IIR_NO_INT);
	}
}

/*
 * Nobody touches the device meanwhile. It is one byte: with several, the time could be over between
 * two of them on a slow machine, and the next one would take the interrupt back.
 */
MTAP_TEST(timeout_interrupts)
{
	int event = event_new();

	ASSERT_EQ(vfio_irq_fd(&dev, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, event), 0);
	set_speed(1, UART_LCR_WLEN8);
	wr(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14);
	wr(UART_IER, UART_IER_RDI);
	send(1, 1);
	EXPECT_EQ(event_wait(event), 1);
	EXPECT_EQ(rd(UART_IIR), FIFO_IIR | UART_IIR_RX_TIMEOUT);
	EXPECT_EQ(rd(UART_RX), 1);
	close(event);
}

MTAP_TEST(ier)
{
	wr(UART_IER, 0xff);
	EXPECT_EQ(rd(UART_IER), 0x0f);
	wr(UART_IER, 0x05);
	EXPECT_EQ(rd(UART_IER), 0x05);
	wr(UART_IER, 0);
	EXPECT_EQ(rd(UART_IER), 0);
	/* There is data, but its interrupt is not enabled. */
	send(1, 1);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	wr(UART_IER, UART_IER_RDI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_RDI);
}

/* All four causes at once: each is shown once those of higher priority have been handled. */
MTAP_TEST(iir_priority)
{
	rd(UART_MSR);
	wr(UART_IER, 0x0f);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_THRI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	send(1, 2);
	wr(UART_MCR, UART_MCR_LOOP);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_RLSI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_RLSI);
	EXPECT_EQ(rd(UART_LSR), UART_LSR_DR | UART_LSR_OE);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_RDI);
	EXPECT_EQ(rd(UART_RX), 1);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_THRI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_MSI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_MSI);
	rd(UART_MSR);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
}

/* Enabling it while the transmitter is empty is how drivers get the first one. */
MTAP_TEST(thr_empty)
{
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	wr(UART_IER, UART_IER_THRI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_THRI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	wr(UART_IER, 0);
	wr(UART_IER, UART_IER_THRI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_THRI);
	wr(UART_IER, 0);
	send(1, 1);
	wr(UART_IER, UART_IER_THRI);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_NO_INT);
	EXPECT_EQ(rd(UART_RX), 1);
	EXPECT_EQ(rd(UART_IIR), UART_IIR_THRI);
}

MTAP_TEST(divisor)
{
	wr(UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	wr(UART_DLL, 0x34);
	wr(UART_DLM, 0x12);
	EXPECT_EQ(rd(UART_DLL), 0x34);
	EXPECT_EQ(rd(UART_DLM), 0x12);
	/* It can be set again without touching LCR, and is not ORed. */
	wr(UART_DLL, 0x01);
	wr(UART_DLM, 0x00);
	EXPECT_EQ(rd(UART_DLL), 0x01);
	EXPECT_EQ(rd(UART_DLM), 0x00);
	/* Behind the latch bit are other registers, which stay as they were. */
	wr(UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(rd(UART_LCR), UART_LCR_WLEN8);
	EXPECT_EQ(rd(UART_LSR), IDLE);
	EXPECT_EQ(rd(UART_IER), 0);
	wr(UART_IER, 0x0d);
	wr(UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	EXPECT_EQ(rd(UART_DLL), 0x01);
	EXPECT_EQ(rd(UART_DLM), 0x00);
	wr(UART_DLM, 0x55);
	wr(UART_LCR, 0);
	EXPECT_EQ(rd(UART_IER), 0x0d);
}

MTAP_TEST(plain_registers)
{
	unsigned int val;

	for (val = 0; val < 256; val += 17) {
		wr(UART_LCR, val);
		EXPECT_EQ(rd(UART_LCR), val);
		wr(UART_SCR, 255 - val);
		EXPECT_EQ(rd(UART_SCR), 255 - val);
		EXPECT_EQ(rd(UART_LCR), val);
	}
	wr(UART_LCR, 0);
	wr(UART_MCR, 0x1f);
	EXPECT_EQ(rd(UART_MCR), 0x1f);
	wr(UART_MCR, UART_MCR_OUT2 | UART_MCR_RTS | UART_MCR_DTR);
	EXPECT_EQ(rd(UART_MCR), UART_MCR_OUT2 | UART_MCR_RTS | UART_MCR_DTR);
}

MTAP_TEST(status_is_read_only)
{
	unsigned int msr;

	rd(UART_MSR);
	msr = rd(UART_MSR);
	wr(UART_LSR, 0xff);
	wr(UART_MSR, 0);
	EXPECT_EQ(rd(UART_LSR), IDLE);
	EXPECT_EQ(rd(UART_MSR), msr);
	wr(UART_MSR, 0xff);
	EXPECT_EQ(rd(UART_MSR), msr);
}

/* Delta bits are set once and cleared by reading. */
MTAP_TEST(msr_deltas)
{
	const unsigned int lines = UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;

	EXPECT_EQ(rd(UART_MSR) & 0xf0, lines);
	EXPECT_EQ(rd(UART_MSR), lines);
	wr(UART_MCR, UART_MCR_LOOP);
	EXPECT_EQ(rd(UART_MSR), UART_MSR_DDCD | UART_MSR_DDSR | UART_MSR_DCTS);
	EXPECT_EQ(rd(UART_MSR), 0);
	wr(UART_MCR, 0);
	EXPECT_EQ(rd(UART_MSR), lines | UART_MSR_DDCD | UART_MSR_DDSR | UART_MSR_DCTS);
	/* RTS and DTR go to the far end and change nothing here. */
	wr(UART_MCR, UART_MCR_RTS | UART_MCR_DTR | UART_MCR_OUT2);
	EXPECT_EQ(rd(UART_MSR), lines);
}

/* In loop mode each modem output is an input. */
MTAP_TEST(mcr_loop)
{
	static const struct {
		unsigned int mcr, msr;
	} t[] = {
		{ UART_MCR_RTS, UART_MSR_CTS }, { UART_MCR_DTR, UART_MSR_DSR },
		{ UART_MCR_OUT1, UART_MSR_RI }, { UART_MCR_OUT2, UART_MSR_DCD },
		{ 0x0f, 0xf0 }, { 0, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		wr(UART_MCR, UART_MCR_LOOP | t[i].mcr);
		EXPECT_EQ(rd(UART_MSR) & 0xf0, t[i].msr);
	}
	/* The ring indicator counts when it ends. */
	rd(UART_MSR);
	wr(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT1);
	EXPECT_EQ(rd(UART_MSR), UART_MSR_RI);
	wr(UART_MCR, UART_MCR_LOOP);
	EXPECT_EQ(rd(UART_MSR), UART_MSR_TERI);
	send('x', 1);
	EXPECT_EQ(rd(UART_RX), 'x');
}

/* Automatic flow control: the far end holds CTS down while the FIFO is full. */
MTAP_TEST(flow_control)
{
	wr(UART_FCR, UART_FCR_ENABLE_FIFO);
	wr(UART_MCR, UART_MCR_AFE | UART_MCR_RTS);
	rd(UART_MSR);
	send(1, 15);
	EXPECT_EQ(rd(UART_MSR) & UART_MSR_CTS, UART_MSR_CTS);
	send(16, 1);
	EXPECT_EQ(rd(UART_MSR) & (UART_MSR_CTS | UART_MSR_DCTS), UART_MSR_DCTS);
	rd(UART_RX);
	EXPECT_EQ(rd(UART_MSR) & (UART_MSR_CTS | UART_MSR_DCTS), UART_MSR_CTS | UART_MSR_DCTS);
}

MTAP_TEST(two_ports)
{
	wr(UART_SCR, 0x11);
	send('1', 1);
	port = 1;
	EXPECT_EQ(rd(UART_SCR), 0);
	EXPECT_EQ(rd(UART_LSR), IDLE);
	wr(UART_SCR, 0x22);
	wr(UART_LCR, UART_LCR_DLAB);
	wr(UART_DLL, 0x77);
	wr(UART_LCR, 0);
	send('2', 1);
	port = 0;
	EXPECT_EQ(rd(UART_SCR), 0x11);
	expect_received('1', 1);
	wr(UART_LCR, UART_LCR_DLAB);
	EXPECT_EQ(rd(UART_DLL), 0);
	port = 1;
	expect_received('2', 1);
}

MTAP_TEST(one_port)
{
	struct mdev m = mdev_uuid(2);
	struct vfio one;
	int ret;

	ASSERT_EQ(mdev_create(&m, "mtty-1"), 0);
	ret = vfio_open(&one, &m);
	if (!ret) {
		EXPECT_EQ(one.region[0].size, 8);
		EXPECT_EQ(one.region[1].size, 0);
		EXPECT_EQ(vfio_get(&one, 0, UART_LSR, 1), IDLE);
		EXPECT_EQ(vfio_get(&one, 1, UART_LSR, 1), -EINVAL);
		EXPECT_EQ(vfio_set(&one, 1, UART_SCR, 1, 0), -EINVAL);
		EXPECT_EQ(vfio_get(&one, 2, 0, 1), -EINVAL);
		EXPECT_EQ(vfio_get(&one, 0, 8, 1), -EINVAL);
	}
	vfio_close(&one);
	EXPECT_EQ(ret, 0);
}

/* Registers are bytes: a wide access is one to each in turn. */
MTAP_TEST(wide_access)
{
	unsigned char regs[8];

	wr(UART_SCR, 0xa5);
	wr(UART_LCR, UART_LCR_WLEN8);
	ASSERT_EQ(vfio_pread(&dev, 0, 0, regs, sizeof(regs)), 8);
	EXPECT_EQ(regs[UART_LCR], UART_LCR_WLEN8);
	EXPECT_EQ(regs[UART_LSR], IDLE);
	EXPECT_EQ(regs[UART_SCR], 0xa5);
	dev_set(0, UART_LSR, 2, 0xffff);
	dev_set(0, UART_MSR, 2, 0x5a00);
	EXPECT_EQ(rd(UART_SCR), 0x5a);
}

static void set_everything(void)
{
	wr(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14);
	wr(UART_LCR, UART_LCR_DLAB);
	wr(UART_DLL, 3);
	wr(UART_DLM, 4);
	wr(UART_LCR, UART_LCR_WLEN8);
	wr(UART_IER, 0x0f);
	wr(UART_MCR, UART_MCR_OUT2);
	wr(UART_SCR, 0x5a);
	send('q', 3);
}

MTAP_TEST(reset)
{
	set_everything();
	port = 1;
	set_everything();
	EXPECT_EQ(vfio_reset(&dev), 0);
	power_on();
	port = 0;
	power_on();
}

MTAP_TEST(survives_close)
{
	set_everything();
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(rd(UART_SCR), 0x5a);
	EXPECT_EQ(rd(UART_IER), 0x0f);
	EXPECT_EQ(rd(UART_LCR), UART_LCR_WLEN8);
	EXPECT_EQ(rd(UART_MCR), UART_MCR_OUT2);
	expect_received('q', 3);
}

/* A new device starts with zeroed state, even in memory that another device has used. */
MTAP_TEST(new_device)
{
	set_everything();
	dev_close();
	dev_open("mtty-2");
	power_on();
}

MTAP_TEST(identity)
{
	const unsigned int cfg = VFIO_PCI_CONFIG_REGION_INDEX;
	char text[16];

	EXPECT_EQ(dev_get(cfg, 0, 4), 0x32534348);
	EXPECT_EQ(dev_get(cfg, 8, 4), 0x07000210);
	EXPECT_EQ(dev_get(cfg, 0x2c, 4), 0x32534348);
	EXPECT_EQ(dev_get(cfg, 0x10, 4), 1);
	EXPECT_EQ(dev_get(cfg, 0x14, 4), 1);
	EXPECT_EQ(dev_get(cfg, 0x18, 4), 0);
	dev_set(cfg, 0x10, 4, 0xffffffff);
	EXPECT_EQ(dev_get(cfg, 0x10, 4), 0xfffffff9);
	EXPECT_EQ(dev_get(cfg, 0x3d, 1), 1);
	EXPECT_EQ(dev_get(cfg, 0x40, 4), 0x80000023);
	EXPECT_EQ(dev_get(cfg, 0x44, 4), 0x23);
	EXPECT_EQ(dev_get(cfg, 0x48, 4), 0x23);
	EXPECT_EQ(dev_get(cfg, 0x4c, 4), 0x23);
	ASSERT_EQ(vfio_pread(&dev, cfg, 0x60, text, sizeof(text)), sizeof(text));
	EXPECT_STR(text, "PCI Serial/UART");
}

/* The causes drive the line, which a listener sees until they are gone. */
MTAP_TEST(interrupt_line)
{
	int event = event_new();

	rd(UART_MSR);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, event), 0);
	send('x', 1);
	EXPECT_EQ(event_take(event), 0);
	wr(UART_IER, UART_IER_RDI);
	EXPECT_EQ(event_take(event), 1);
	vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1);
	EXPECT_EQ(event_take(event), 1);
	EXPECT_EQ(rd(UART_RX), 'x');
	vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1);
	EXPECT_EQ(event_take(event), 0);
	/* The line is shared by both ports. */
	port = 1;
	wr(UART_IER, UART_IER_THRI);
	EXPECT_EQ(event_take(event), 1);
	close(event);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_two_ports, .after = dev_close, .teardown = dev_unload,
};
