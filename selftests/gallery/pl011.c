// SPDX-License-Identifier: GPL-2.0-only
/* The PrimeCell UART (bpf/pl011.bpf.c) as a driver on a platform bus sees it. */
#include <termios.h>
#include <unistd.h>

#include "../../bpf/pl011.h"
#include "console.h"
#include "irqs.h"
#include "pair.h"

#define LINE	0	/* VFIO index of the only interrupt */
#define ON	(PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE)

static int line, console = -1;

static void load(void)
{
	dev_load("pl011.bpf.o");
}

static void open_uart(void)
{
	line = event_new();
	pair_open("pl011-1");
}

static void close_uart(void)
{
	console_close(&console);
	pair_close();
	prog_close(&dev_prog2);
	close(line);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_uart, .after = close_uart, .teardown = dev_unload,
};

static __u32 reg(unsigned int offset)
{
	return dev_get(0, offset, 4);
}

static void set_reg(unsigned int offset, __u32 val)
{
	dev_set(0, offset, 4, val);
}

/* 8 bits, FIFOs, looped back */
static void loop(__u32 lcr)
{
	set_reg(PL011_LCR_H, PL011_LCR_8BITS | lcr);
	set_reg(PL011_CR, ON | PL011_CR_LBE);
}

static void send(const char *text)
{
	for (; *text; text++)
		set_reg(PL011_DR, *text);
}

MTAP_TEST(identification)
{
	static const __u8 periph[] = { 0x11, 0x10, 0x24, 0x00 };
	static const __u8 pcell[] = { 0x0d, 0xf0, 0x05, 0xb1 };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = LINE };
	unsigned int i;

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.flags, VFIO_DEVICE_FLAGS_PLATFORM | VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(info.num_regions, 1);
	EXPECT_EQ(info.num_irqs, 1);
	EXPECT_EQ(dev.region[0].size, 0x1000);
	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &irq), 0);
	EXPECT_EQ(irq.flags, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
		  VFIO_IRQ_INFO_AUTOMASKED);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(reg(PL011_PERIPH_ID + 4 * i), periph[i]);
		EXPECT_EQ(reg(PL011_PCELL_ID + 4 * i), pcell[i]);
	}
}

MTAP_TEST(initial_values)
{
	EXPECT_EQ(reg(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE | PL011_FR_CTS | PL011_FR_DSR |
		  PL011_FR_DCD);
	EXPECT_EQ(reg(PL011_CR), PL011_CR_TXE | PL011_CR_RXE);
	EXPECT_EQ(reg(PL011_IFLS), 0x12);
	EXPECT_EQ(reg(PL011_IMSC), 0);
	EXPECT_EQ(reg(PL011_MIS), 0);
	EXPECT_EQ(reg(PL011_LCR_H), 0);
}

MTAP_TEST(masks_of_registers)
{
	set_reg(PL011_IBRD, 0xffffffff);
	EXPECT_EQ(reg(PL011_IBRD), 0xffff);
	set_reg(PL011_FBRD, 0xffffffff);
	EXPECT_EQ(reg(PL011_FBRD), 0x3f);
	set_reg(PL011_IMSC, 0xffffffff);
	EXPECT_EQ(reg(PL011_IMSC), PL011_INT_ALL);
	set_reg(PL011_FR, 0);
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_TXFE, PL011_FR_TXFE);
	set_reg(PL011_PERIPH_ID, 0);
	EXPECT_EQ(reg(PL011_PERIPH_ID), 0x11);
}

MTAP_TEST(loop_back)
{
	loop(PL011_LCR_FEN);
	send("pl011");
	EXPECT_EQ(reg(PL011_FR) & (PL011_FR_RXFE | PL011_FR_TXFE), PL011_FR_TXFE);
	EXPECT_EQ(reg(PL011_DR), 'p');
	EXPECT_EQ(reg(PL011_DR), 'l');
	EXPECT_EQ(dev_get(0, PL011_DR, 1), '0');
	EXPECT_EQ(dev_get(0, PL011_DR, 2), '1');
	EXPECT_EQ(reg(PL011_DR), '1');
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_RXFE, PL011_FR_RXFE);
	/* Only the bits of a character */
	set_reg(PL011_LCR_H, 0);
	set_reg(PL011_DR, 0xff);
	EXPECT_EQ(reg(PL011_DR), 0x1f);
}

/* What is written while the transmitter is off waits for it. */
MTAP_TEST(transmitter_off)
{
	set_reg(PL011_LCR_H, PL011_LCR_8BITS | PL011_LCR_FEN);
	set_reg(PL011_CR, PL011_CR_LBE | PL011_CR_TXE | PL011_CR_RXE);
	send("0123456789abcdef");
	EXPECT_EQ(reg(PL011_FR) & (PL011_FR_TXFF | PL011_FR_TXFE | PL011_FR_RXFE),
		  PL011_FR_TXFF | PL011_FR_RXFE);
	set_reg(PL011_CR, ON | PL011_CR_LBE);
	EXPECT_EQ(reg(PL011_FR) & (PL011_FR_TXFF | PL011_FR_TXFE | PL011_FR_RXFF),
		  PL011_FR_TXFE | PL011_FR_RXFF);
	EXPECT_EQ(reg(PL011_DR), '0');
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_RXFF, 0);
}

/* The 17th character is lost, and the next that is stored says so. */
MTAP_TEST(overrun)
{
	int i;

	loop(PL011_LCR_FEN);
	send("0123456789abcdefX");
	EXPECT_EQ(reg(PL011_RIS) & PL011_INT_OE, PL011_INT_OE);
	for (i = 0; i < PL011_FIFO_SIZE; i++)
		EXPECT_EQ(reg(PL011_DR) & ~0xff, 0);
	EXPECT_EQ(reg(PL011_RSR), 0);
	send("Y");
	EXPECT_EQ(reg(PL011_DR), PL011_DR_OE | 'Y');
	EXPECT_EQ(reg(PL011_RSR), 8);
	set_reg(PL011_RSR, 0);
	EXPECT_EQ(reg(PL011_RSR), 0);
	set_reg(PL011_ICR, PL011_INT_OE);
	EXPECT_EQ(reg(PL011_RIS) & PL011_INT_OE, 0);
	/* Without FIFOs, there is room for one */
	loop(0);
	send("ab");
	EXPECT_EQ(reg(PL011_RIS) & PL011_INT_OE, PL011_INT_OE);
	EXPECT_EQ(reg(PL011_DR), 'a');
}

MTAP_TEST(break_condition)
{
	loop(PL011_LCR_FEN);
	set_reg(PL011_LCR_H, PL011_LCR_8BITS | PL011_LCR_FEN | PL011_LCR_BRK);
	EXPECT_EQ(reg(PL011_RIS) & PL011_INT_BE, PL011_INT_BE);
	EXPECT_EQ(reg(PL011_DR), PL011_DR_BE);
	EXPECT_EQ(reg(PL011_RSR), 4);
}

/* From the level of IFLS on, until what is left is below it */
MTAP_TEST(receive_level)
{
	static const unsigned int levels[] = { 2, 4, 8, 12, 14 };
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		loop(0);
		loop(PL011_LCR_FEN);
		set_reg(PL011_IFLS, i << 3);
		for (n = 1; n < levels[i]; n++)
			send("x");
		EXPECT_EQ(reg(PL011_RIS) & PL011_INT_RX, 0);
		send("x");
		EXPECT_EQ(reg(PL011_RIS) & PL011_INT_RX, PL011_INT_RX);
		reg(PL011_DR);
		EXPECT_EQ(reg(PL011_RIS) & PL011_INT_RX, 0);
	}
}

/* A level: it is up as long as a cause is not masked. VFIO masks the line when it fires. */
MTAP_TEST(line_and_mask)
{
	ASSERT_EQ(vfio_irq_fd(&dev, LINE, TRIGGER, line), 0);
	loop(PL011_LCR_FEN);
	set_reg(PL011_IFLS, 0);
	send("ab");
	EXPECT_EQ(reg(PL011_MIS), 0);
	EXPECT_EQ(event_take(line), 0);
	set_reg(PL011_IMSC, PL011_INT_RX);
	EXPECT_EQ(reg(PL011_MIS), PL011_INT_RX);
	EXPECT_EQ(event_take(line), 1);
	ASSERT_EQ(vfio_irq_none(&dev, LINE, UNMASK, 1), 0);
	EXPECT_EQ(event_take(line), 1);
	reg(PL011_DR);
	ASSERT_EQ(vfio_irq_none(&dev, LINE, UNMASK, 1), 0);
	EXPECT_EQ(event_take(line), 0);
	/* All characters are sent: another cause, until ICR */
	set_reg(PL011_IMSC, PL011_INT_TX);
	EXPECT_EQ(event_take(line), 1);
	set_reg(PL011_ICR, PL011_INT_TX);
	EXPECT_EQ(reg(PL011_MIS), 0);
	ASSERT_EQ(vfio_irq_none(&dev, LINE, UNMASK, 1), 0);
	EXPECT_EQ(event_take(line), 0);
}

/* Fewer characters than the level interrupt when no other comes for 32 bits. */
MTAP_TEST(receive_timeout)
{
	ASSERT_EQ(vfio_irq_fd(&dev, LINE, TRIGGER, line), 0);
	set_reg(PL011_IBRD, 13);
	set_reg(PL011_IMSC, PL011_INT_RT);
	loop(PL011_LCR_FEN);
	send("a");
	EXPECT_EQ(event_wait(line), 1);
	EXPECT_EQ(reg(PL011_MIS), PL011_INT_RT);
	EXPECT_EQ(reg(PL011_DR), 'a');
	EXPECT_EQ(reg(PL011_RIS) & PL011_INT_RT, 0);
}

MTAP_TEST(modem_lines)
{
	loop(PL011_LCR_FEN);
	EXPECT_EQ(reg(PL011_FR) & (PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD | PL011_FR_RI), 0);
	EXPECT_EQ(reg(PL011_RIS) & 0xf, PL011_INT_CTS | PL011_INT_DSR | PL011_INT_DCD);
	set_reg(PL011_ICR, 0xf);
	set_reg(PL011_CR, ON | PL011_CR_LBE | PL011_CR_RTS | PL011_CR_OUT2);
	EXPECT_EQ(reg(PL011_FR) & (PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD | PL011_FR_RI),
		  PL011_FR_CTS | PL011_FR_RI);
	EXPECT_EQ(reg(PL011_RIS) & 0xf, PL011_INT_CTS | PL011_INT_RI);
}

/* Characters and interrupts that wait go along. */
MTAP_TEST(migrates)
{
	loop(PL011_LCR_FEN);
	send("go");
	set_reg(PL011_IMSC, PL011_INT_TX);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	ASSERT_EQ(vfio_irq_fd(&b, LINE, TRIGGER, line), 0);
	go(&b);
	EXPECT_EQ(event_wait(line), 1);
	EXPECT_EQ(vfio_get(&b, 0, PL011_DR, 4), 'g');
	EXPECT_EQ(vfio_get(&b, 0, PL011_DR, 4), 'o');
	EXPECT_EQ(vfio_get(&b, 0, PL011_MIS, 4), PL011_INT_TX);
	go(a);
}

/* --- A host at the far end --- */

static void connect_host(void)
{
	pair_set("console", "1");
	set_reg(PL011_LCR_H, PL011_LCR_8BITS | PL011_LCR_FEN);
	set_reg(PL011_CR, ON);
	console = console_open(&dev_mdev, "console");
	ASSERT(console >= 0);
}

static bool lines_are(__u32 lines)
{
	return (reg(PL011_FR) & (PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD)) == lines;
}

/* What arrives, each character after it is there */
static void expect_received(const char *text)
{
	for (; *text; text++) {
		EXPECT(mtap_await(!(reg(PL011_FR) & PL011_FR_RXFE)));
		EXPECT_EQ(reg(PL011_DR), *text);
	}
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_RXFE, PL011_FR_RXFE);
}

MTAP_TEST(text_of_both)
{
	connect_host();
	send("login: ");
	EXPECT_STR(console_heard(console), "login: ");
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_RXFE, PL011_FR_RXFE);
	console_say(console, "more than the sixteen characters of a FIFO");
	expect_received("more than the sixteen characters of a FIFO");
	EXPECT_STR(console_heard(console), "");
}

/* Nobody touches the device: it is the host that makes it interrupt. */
MTAP_TEST(host_interrupts)
{
	connect_host();
	ASSERT_EQ(vfio_irq_fd(&dev, LINE, TRIGGER, line), 0);
	set_reg(PL011_IMSC, PL011_INT_RX);
	console_say(console, "12345678");
	EXPECT_EQ(event_wait(line), 1);
	expect_received("12345678");
}

/* The host is there while the console is open. */
MTAP_TEST(host_lines)
{
	connect_host();
	EXPECT(mtap_await(lines_are(PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD)));
	set_reg(PL011_ICR, PL011_INT_ALL);
	console_close(&console);
	EXPECT(mtap_await(lines_are(PL011_FR_CTS)));
	EXPECT_EQ(reg(PL011_RIS) & 0xf, PL011_INT_DSR | PL011_INT_DCD);
	/* Nobody is there to take it: it is lost, and the driver does not notice. */
	send("lost");
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_TXFE, PL011_FR_TXFE);
	console = console_open(&dev_mdev, "console");
	EXPECT_STR(console_heard(console), "");
}

static void fill_console(void)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_CONSOLE_SIZE; i++)
		set_reg(PL011_DR, 'a');
}

/* What was in the buffer; more may come as soon as there is room. */
static unsigned int drain_console(void)
{
	static char all[MDEV_BPF_CONSOLE_SIZE];
	ssize_t n, total = 0;

	while ((n = read(console, all + total, sizeof(all) - total)) > 0)
		total += n;
	return total;
}

/* A host that does not read does not block the driver: CTS goes down, and text is lost. */
MTAP_TEST(host_does_not_read)
{
	connect_host();
	fill_console();
	EXPECT(lines_are(PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD));
	send("lost");
	EXPECT(lines_are(PL011_FR_DSR | PL011_FR_DCD));
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_TXFE, PL011_FR_TXFE);
	EXPECT_HAS(dev_dump(), "4 lost");
	EXPECT_EQ(drain_console(), MDEV_BPF_CONSOLE_SIZE);
	EXPECT(mtap_await(lines_are(PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD)));
	send("not lost");
	EXPECT_STR(console_heard(console), "not lost");
}

/* With CTSEn, it waits in the FIFO. */
MTAP_TEST(host_flow_control)
{
	connect_host();
	set_reg(PL011_CR, ON | PL011_CR_CTSEN);
	fill_console();
	send("0123456789abcdef");
	EXPECT_EQ(reg(PL011_FR) & (PL011_FR_TXFF | PL011_FR_TXFE), PL011_FR_TXFF);
	EXPECT_EQ(drain_console(), MDEV_BPF_CONSOLE_SIZE);
	EXPECT(mtap_await(reg(PL011_FR) & PL011_FR_TXFE));
	EXPECT_STR(console_heard(console), "0123456789abcdef");
	EXPECT_HAS(dev_dump(), " 0 lost");
}

/* DTR without RTS: do not send. */
MTAP_TEST(driver_does_not_read)
{
	connect_host();
	set_reg(PL011_CR, ON | PL011_CR_DTR);
	console_say(console, "wait");
	EXPECT(mtap_await(lines_are(PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD)));
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_RXFE, PL011_FR_RXFE);
	set_reg(PL011_CR, ON | PL011_CR_DTR | PL011_CR_RTS);
	expect_received("wait");
}

MTAP_TEST(host_break)
{
	connect_host();
	EXPECT_EQ(tcsendbreak(console, 0), 0);
	EXPECT(mtap_await(reg(PL011_RIS) & PL011_INT_BE));
	EXPECT_EQ(reg(PL011_DR), PL011_DR_BE);
	console_say(console, "h");
	expect_received("h");
}

/* The UART's own loop has nothing to do with the host. */
MTAP_TEST(loop_without_host)
{
	connect_host();
	set_reg(PL011_CR, ON | PL011_CR_LBE);
	console_say(console, "host");
	send("l");
	EXPECT_EQ(reg(PL011_DR), 'l');
	EXPECT_EQ(reg(PL011_FR) & PL011_FR_RXFE, PL011_FR_RXFE);
	EXPECT_STR(console_heard(console), "");
	set_reg(PL011_CR, ON);
	expect_received("host");
}

/* What the host has sent waits for the driver, also over a reset and another program. */
MTAP_TEST(host_waits)
{
	connect_host();
	set_reg(PL011_CR, 0);
	console_say(console, "text");
	ASSERT_EQ(vfio_reset(&dev), 0);
	ASSERT_EQ(prog_open(&dev_prog2, "pl011.bpf.o", NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	set_reg(PL011_LCR_H, PL011_LCR_8BITS | PL011_LCR_FEN);
	set_reg(PL011_CR, ON);
	expect_received("text");
	send("new");
	EXPECT_STR(console_heard(console), "new");
}
