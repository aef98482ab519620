// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports of mtty whose far end is on the host: what the guest's end sees, by the registers, and the
 * host's, by the file of the console.
 */
#include <linux/serial_reg.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"
#include "dev.h"
#include "irqs.h"
#include "slowness.h"

#define CALM	(UART_LSR_TEMT | UART_LSR_THRE)
#define LINES	(UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS)

static struct mdev other = { "" };
static struct vfio other_dev = { .container = -1, .group = -1, .device = -1 };
static int console = -1, console2 = -1;

static int connect_port(const struct mdev *m, const char *port, const char *value)
{
	return sysfs_write(value, MDEV_DEVICES "/%s/params/%s", m->uuid, port);
}

static void load(void)
{
	dev_load(MTTY);
}

/* A card whose first port is connected, and its console, open */
static void before(void)
{
	dev_mdev = mdev_uuid(1);
	ASSERT_EQ(mdev_create(&dev_mdev, "mtty-2"), 0);
	ASSERT_EQ(connect_port(&dev_mdev, "port0", "1"), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	console = console_open(&dev_mdev, "port0");
	ASSERT(console >= 0);
}

static void after(void)
{
	console_close(&console);
	console_close(&console2);
	vfio_close(&other_dev);
	dev_close();
	mdev_remove_all();
	prog_close(&dev_prog2);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = before, .after = after, .teardown = dev_unload,
};

static unsigned int rd(unsigned int reg)
{
	return dev_get(0, reg, 1);
}

static void wr(unsigned int reg, unsigned int val)
{
	dev_set(0, reg, 1, val);
}

static void fifos_on(void)
{
	wr(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT);
}

static void send(const char *text)
{
	while (*text)
		wr(UART_TX, *text++);
}

/* What the port receives, up to @len bytes, each of which is waited for */
static const char *received(const struct vfio *v, unsigned int port, size_t len)
{
	static char text[256];
	size_t i;

	for (i = 0; i < len; i++) {
		if (!mtap_await(vfio_get(v, port, UART_LSR, 1) & UART_LSR_DR))
			break;
		text[i] = vfio_get(v, port, UART_RX, 1);
	}
	text[i] = '\0';
	return text;
}

static bool has_lines(unsigned int lines)
{
	return (rd(UART_MSR) & 0xf0) == lines;
}

MTAP_TEST(one_at_a_time)
{
	EXPECT_EQ(console_open(&dev_mdev, "port0"), -EBUSY);
	console_close(&console);
	console = console_open(&dev_mdev, "port0");
	EXPECT(console >= 0);
}

MTAP_TEST(only_if_connected)
{
	EXPECT_EQ(console_open(&dev_mdev, "port1"), -ENXIO);
	EXPECT_EQ(connect_port(&dev_mdev, "port1", "1"), -EBUSY);
	vfio_close(&dev);
	EXPECT_EQ(connect_port(&dev_mdev, "port1", "1"), 0);
	console2 = console_open(&dev_mdev, "port1");
	EXPECT(console2 >= 0);
	console_close(&console2);
	EXPECT_EQ(connect_port(&dev_mdev, "port1", "0"), 0);
	EXPECT_EQ(console_open(&dev_mdev, "port1"), -ENXIO);
}

MTAP_TEST(only_for_root)
{
	struct stat st;

	ASSERT_EQ(fstat(console, &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0600);
	EXPECT_EQ(st.st_uid, 0);
}

MTAP_TEST(a_card_with_one_port)
{
	other = mdev_uuid(2);
	ASSERT_EQ(mdev_create(&other, "mtty-1"), 0);
	EXPECT_EQ(console_open(&other, "port1"), -ENOENT);
	EXPECT_EQ(console_open(&other, "port0"), -ENXIO);
}

MTAP_TEST(to_the_host)
{
	char byte;

	EXPECT_EQ(read(console, &byte, 1), -1);
	EXPECT_EQ(errno, EAGAIN);
	send("login: ");
	EXPECT_EQ(rd(UART_LSR), CALM);
	EXPECT_STR(console_heard(console), "login: ");
}

MTAP_TEST(from_the_host)
{
	const char *text = "more than the sixteen bytes of a FIFO";

	fifos_on();
	ASSERT_EQ(write(console, text, strlen(text)), (int)strlen(text));
	EXPECT_STR(received(&dev, 0, strlen(text)), text);
	EXPECT_EQ(rd(UART_LSR), CALM);
	EXPECT_STR(console_heard(console), "");
}

static bool interrupted(int event, unsigned int *total)
{
	*total += event_take(event);
	return *total;
}

/* Nobody touches the device: it is the host that makes it interrupt. */
MTAP_TEST(interrupts)
{
	unsigned int total = 0;
	int event = event_new();

	wr(UART_IER, UART_IER_RDI);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, event), 0);
	ASSERT_EQ(write(console, "x", 1), 1);
	EXPECT(mtap_await(interrupted(event, &total)));
	EXPECT_EQ(rd(UART_IIR), UART_IIR_RDI);
	EXPECT_EQ(rd(UART_RX), 'x');
	close(event);
}

MTAP_TEST(modem_lines)
{
	EXPECT(mtap_await(has_lines(LINES)));
	rd(UART_MSR);
	console_close(&console);
	EXPECT(mtap_await(has_lines(UART_MSR_CTS)));
	wr(UART_IER, UART_IER_MSI);
	console = console_open(&dev_mdev, "port0");
	ASSERT(console >= 0);
	EXPECT(mtap_await(rd(UART_IIR) == UART_IIR_MSI));
	EXPECT_EQ(rd(UART_MSR), LINES | UART_MSR_DDSR | UART_MSR_DDCD);
}

MTAP_TEST(nobody_there)
{
	unsigned int i;

	console_close(&console);
	EXPECT(mtap_await(has_lines(UART_MSR_CTS)));
	for (i = 0; i < MDEV_BPF_CONSOLE_SIZE + 100; i++)
		wr(UART_TX, 'x');
	EXPECT_EQ(rd(UART_LSR), CALM);
	EXPECT_EQ(rd(UART_MSR) & 0xf0, UART_MSR_CTS);
	console = console_open(&dev_mdev, "port0");
	EXPECT_STR(console_heard(console), "");
	EXPECT(mtap_await(has_lines(LINES)));
	send("now");
	EXPECT_STR(console_heard(console), "now");
}

/* What somebody has not read is not for whom comes next. */
MTAP_TEST(left_unread)
{
	send("secret");
	console_close(&console);
	console = console_open(&dev_mdev, "port0");
	EXPECT_STR(console_heard(console), "");
}

static void fill_console(void)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_CONSOLE_SIZE; i++)
		wr(UART_TX, 'a' + i % 26);
	EXPECT(has_lines(LINES));
}

/* What was in the buffer; more may come as soon as there is room. */
static unsigned int drain_console(void)
{
	static char all[MDEV_BPF_CONSOLE_SIZE];
	ssize_t len, total = 0;

	while ((len = read(console, all + total, sizeof(all) - total)) > 0)
		total += len;
	EXPECT_EQ(all[0], 'a');
	EXPECT_EQ(all[25], 'z');
	return total;
}

/* It does not block the guest: CTS goes down, and what is sent nevertheless is lost. */
MTAP_TEST(host_does_not_read)
{
	fill_console();
	rd(UART_MSR);
	send("lost");
	EXPECT_EQ(rd(UART_LSR), CALM);
	EXPECT_EQ(rd(UART_MSR), UART_MSR_DCD | UART_MSR_DSR | UART_MSR_DCTS);
	EXPECT_EQ(drain_console(), MDEV_BPF_CONSOLE_SIZE);
	EXPECT(mtap_await(rd(UART_MSR) & UART_MSR_CTS));
	send("not lost");
	EXPECT_STR(console_heard(console), "not lost");
}

/* With automatic flow control the transmitter waits for CTS. */
MTAP_TEST(flow_control)
{
	unsigned int i;

	fifos_on();
	wr(UART_MCR, UART_MCR_AFE | UART_MCR_RTS | UART_MCR_DTR);
	fill_console();
	wr(UART_IER, UART_IER_THRI);
	for (i = 0; i < 16; i++)
		wr(UART_TX, 'A' + i);
	EXPECT_EQ(rd(UART_LSR), 0);
	EXPECT_EQ(rd(UART_IIR) & UART_IIR_NO_INT, UART_IIR_NO_INT);
	EXPECT_EQ(drain_console(), MDEV_BPF_CONSOLE_SIZE);
	EXPECT(mtap_await(rd(UART_LSR) == CALM));
	EXPECT_EQ(rd(UART_IIR) & UART_IIR_ID, UART_IIR_THRI);
	EXPECT_STR(console_heard(console), "ABCDEFGHIJKLMNOP");
}

static unsigned int fill_input(void)
{
	unsigned int total = 0;
	char byte;

	for (;; total++) {
		byte = total;
		if (write(console, &byte, 1) != 1)
			break;
	}
	EXPECT_EQ(errno, EAGAIN);
	return total;
}

/* Then the host waits, and all of it arrives. */
MTAP_TEST(guest_does_not_read)
{
	struct pollfd p = { .fd = console, .events = POLLOUT };
	unsigned int total, i, wrong = 0;

	fifos_on();
	/* DTR without RTS: do not send */
	wr(UART_MCR, UART_MCR_DTR);
	total = fill_input();
	EXPECT_EQ(total, MDEV_BPF_CONSOLE_SIZE);
	EXPECT_EQ(poll(&p, 1, 0), 0);
	EXPECT_EQ(rd(UART_LSR), CALM);
	wr(UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	for (i = 0; i < total; i++)
		wrong += rd(UART_RX) != (i & 0xff);
	EXPECT_EQ(wrong, 0);
	EXPECT_EQ(rd(UART_LSR), CALM);
}

MTAP_TEST(a_break)
{
	wr(UART_IER, UART_IER_RLSI);
	EXPECT_EQ(tcsendbreak(console, 0), 0);
	EXPECT(mtap_await(rd(UART_IIR) == UART_IIR_RLSI));
	EXPECT_EQ(rd(UART_LSR), CALM | UART_LSR_DR | UART_LSR_BI);
	EXPECT_EQ(rd(UART_LSR), CALM | UART_LSR_DR);
	EXPECT_EQ(rd(UART_RX), 0);
	EXPECT_EQ(rd(UART_LSR), CALM);
	ASSERT_EQ(write(console, "h", 1), 1);
	EXPECT_STR(received(&dev, 0, 1), "h");
}

/* 8.7: the card's own loop has nothing to do with the host. */
MTAP_TEST(loop_mode)
{
	wr(UART_MCR, UART_MCR_LOOP);
	ASSERT_EQ(write(console, "host", 4), 4);
	send("l");
	EXPECT_EQ(rd(UART_RX), 'l');
	EXPECT_EQ(rd(UART_LSR), CALM);
	EXPECT_STR(console_heard(console), "");
	wr(UART_MCR, 0);
	EXPECT_STR(received(&dev, 0, 4), "host");
}

#define FIRST	1000
#define FILES	2000
#define GROUPS	50

/* Have FILES * GROUPS watchers wait for the console: one for each number of the file and group. */
static void watch(int *groups)
{
	const struct rlimit limit = { FIRST + FILES, FIRST + FILES };
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT };
	unsigned int i;
	int fd;

	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (i = 0; i < GROUPS; i++)
		ASSERT((groups[i] = epoll_create1(EPOLL_CLOEXEC)) >= 0);
	for (fd = FIRST; fd < FIRST + FILES; fd++) {
		ASSERT_EQ(dup2(console, fd), fd);
		for (i = 0; i < GROUPS; i++)
			ASSERT_EQ(epoll_ctl(groups[i], EPOLL_CTL_ADD, fd, &e), 0);
		/* The watchers stay as long as the file is open by another number */
		close(fd);
	}
}

/*
 * Whoever has the console can have any number of watchers. Waking them is not a part of an op: that
 * would take too long, and the device would fail.
 */
MTAP_TEST(many_watchers)
{
	int groups[GROUPS];
	double began, took = 1;
	unsigned int i;

	watch(groups);
	dev_op_limit(10);
	for (i = 0; i < 20; i++) {
		began = mtap_now();
		wr(UART_TX, 'a' + i);
		began = mtap_now() - began;
		took = began < took ? began : took;
	}
	mtap_diag("%u watchers: a byte takes %.0f us", FILES * GROUPS, took * 1e6);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	EXPECT(took < slowness() * 0.002);
	EXPECT_STR(console_heard(console), "abcdefghijklmnopqrst");
	for (i = 0; i < GROUPS; i++)
		close(groups[i]);
}

/* The second port, and another card */
MTAP_TEST(separate)
{
	vfio_close(&dev);
	ASSERT_EQ(connect_port(&dev_mdev, "port1", "1"), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	console2 = console_open(&dev_mdev, "port1");
	ASSERT(console2 >= 0);
	dev_set(1, UART_TX, 1, '1');
	dev_set(0, UART_TX, 1, '0');
	EXPECT_STR(console_heard(console), "0");
	EXPECT_STR(console_heard(console2), "1");
	console_close(&console2);

	other = mdev_uuid(2);
	ASSERT_EQ(mdev_create(&other, "mtty-1"), 0);
	ASSERT_EQ(connect_port(&other, "port0", "1"), 0);
	console2 = console_open(&other, "port0");
	ASSERT(console2 >= 0);
	ASSERT_EQ(write(console2, "b", 1), 1);
	ASSERT_EQ(write(console, "a", 1), 1);
	ASSERT_EQ(vfio_open(&other_dev, &other), 0);
	EXPECT_STR(received(&other_dev, 0, 1), "b");
	EXPECT_STR(received(&dev, 0, 1), "a");
}

/* What waits on the host's side outlives a reset, and the device that is closed. */
MTAP_TEST(reset)
{
	wr(UART_MCR, UART_MCR_DTR);
	ASSERT_EQ(write(console, "one", 3), 3);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_STR(received(&dev, 0, 3), "one");
	EXPECT(has_lines(LINES));
	vfio_close(&dev);
	ASSERT_EQ(write(console, "two", 3), 3);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_STR(received(&dev, 0, 3), "two");
}

MTAP_TEST(replaced)
{
	send("old ");
	ASSERT_EQ(prog_open(&dev_prog2, "mtty_native.bpf.o", NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	send("new");
	EXPECT_STR(console_heard(console), "old new");
	ASSERT_EQ(write(console, "x", 1), 1);
	EXPECT_STR(received(&dev, 0, 1), "x");
}

MTAP_TEST(removed)
{
	struct pollfd p = { .fd = console, .events = POLLIN | POLLOUT };
	char byte;

	send("last words");
	vfio_close(&dev);
	ASSERT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT(p.revents & POLLHUP);
	EXPECT_EQ(write(console, "x", 1), -1);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_STR(console_heard(console), "last words");
	EXPECT_EQ(read(console, &byte, 1), 0);
	EXPECT_EQ(tcsendbreak(console, 0), 0);
	EXPECT_EQ(console_open(&dev_mdev, "port0"), -ENOENT);
}
