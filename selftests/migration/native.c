// SPDX-License-Identifier: GPL-2.0-only
/*
 * The serial card's stream in the format of the kernel's sample driver: byte for byte, and from
 * that driver to ours and back where it was built.
 */
#include <linux/serial_reg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"
#include "mig.h"

#define NATIVE	"mtty_native.bpf.o"
#define SAMPLE	"mdev/samples/mtty.ko"
#define HEADER	24
#define PORT	36
#define S(name)	VFIO_DEVICE_STATE_##name

static struct vfio b = { .container = -1, .group = -1, .device = -1 };
static struct mdev mdev_b;
static bool sample;
static unsigned char stream[4096], copy[4096];
static ssize_t len;

/* Under a name of its own, since the sample takes "mtty". */
static void load(void)
{
	ASSERT_EQ(prog_open(&dev_prog, NATIVE, NULL), 0);
	strcpy(prog_ops(&dev_prog)->name, "kmtty");
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void open_devices(void)
{
	dev_open("kmtty-2");
	mdev_b = mdev_uuid(0xd1);
	ASSERT_EQ(mdev_create(&mdev_b, "kmtty-2"), 0);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
}

static void close_devices(void)
{
	vfio_close(&b);
	dev_close();
	if (sample)
		EXPECT_EQ(system("rmmod mtty"), 0);
	sample = false;
}

static unsigned int rd(struct vfio *v, unsigned int port, unsigned int reg)
{
	return vfio_get(v, port, reg, 1);
}

static void wr(struct vfio *v, unsigned int port, unsigned int reg, unsigned int val)
{
	ASSERT_EQ(vfio_set(v, port, reg, 1, val), 0);
}

static void go(struct vfio *v)
{
	ASSERT_EQ(mig_set(v, S(RUNNING), NULL), 0);
}

/* Registers, a divisor, and three bytes in a FIFO whose start is not at 0 */
static void set_up(struct vfio *v, unsigned int port)
{
	unsigned int i;

	wr(v, port, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_R_TRIG_10);
	for (i = 0; i < 14; i++) {
		wr(v, port, UART_TX, 0xa0 + i);
		EXPECT_EQ(rd(v, port, UART_RX), 0xa0 + i);
	}
	for (i = 0; i < 3; i++)
		wr(v, port, UART_TX, 0x31 + i);
	wr(v, port, UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	wr(v, port, UART_DLL, 0x0c);
	wr(v, port, UART_DLM, 0x01);
	wr(v, port, UART_LCR, UART_LCR_WLEN8);
	wr(v, port, UART_MCR, UART_MCR_DTR | UART_MCR_OUT2);
	wr(v, port, UART_SCR, 0x5a + port);
	wr(v, port, UART_IER, UART_IER_RDI);
}

static void expect_set_up(struct vfio *v, unsigned int port)
{
	unsigned int i;

	EXPECT_EQ(rd(v, port, UART_LCR), UART_LCR_WLEN8);
	EXPECT_EQ(rd(v, port, UART_MCR), UART_MCR_DTR | UART_MCR_OUT2);
	EXPECT_EQ(rd(v, port, UART_SCR), 0x5a + port);
	EXPECT_EQ(rd(v, port, UART_IER), UART_IER_RDI);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(rd(v, port, UART_LSR) & UART_LSR_DR, UART_LSR_DR);
		EXPECT_EQ(rd(v, port, UART_RX), 0x31 + i);
	}
	EXPECT_EQ(rd(v, port, UART_LSR) & UART_LSR_DR, 0);
}

/* The stream that set_up() on both ports has to make, written down by hand */
static void golden(unsigned char *s)
{
	static const unsigned char header[HEADER] = {
		0x4e, 0x2c, 0x3e, 0x8c, 0x89, 0x09, 0x9d, 0x7e, 1, 0, 0, 0, 0, 0, 0, 0, 2,
	};
	static const unsigned char port[PORT] = {
		[1] = 0x01, [3] = 0x03, [4] = 0x09, [7] = 0x5a,
		/* The ring: 14 bytes that were read, then three, of which one is at its start */
		0x33, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad,
		0x31, 0x32,
		[24] = 1, [25] = 14, [26] = 3, [30] = 0x0c, [31] = 0x01,
		[32] = 0x83, [33] = 16, [34] = 1,
	};

	memcpy(s, header, HEADER);
	memcpy(s + HEADER, port, PORT);
	memcpy(s + HEADER + PORT, port, PORT);
	s[HEADER + PORT + 7] = 0x5b;
}

static void save(struct vfio *v, ssize_t want)
{
	len = mig_save(v, stream, sizeof(stream));
	ASSERT_EQ(len, want);
}

static void expect_stream(const unsigned char *want)
{
	ssize_t i;

	for (i = 0; i < len; i++)
		if (stream[i] != want[i])
			mtap_fail(__FILE__, __LINE__, "byte %zd is %#x, expected %#x", i, stream[i],
				  want[i]);
}

MTAP_TEST(byte_for_byte)
{
	set_up(&dev, 0);
	set_up(&dev, 1);
	save(&dev, HEADER + 2 * PORT);
	golden(copy);
	expect_stream(copy);
}

MTAP_TEST(at_power_on)
{
	static const unsigned char port[PORT] = { [33] = 16 };

	save(&dev, HEADER + 2 * PORT);
	EXPECT(!memcmp(stream + HEADER, port, PORT));
	EXPECT(!memcmp(stream + HEADER + PORT, port, PORT));
}

MTAP_TEST(takes_it)
{
	int fd = event_new();

	golden(copy);
	ASSERT_EQ(vfio_irq_fds(&dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &fd), 0);
	ASSERT_EQ(mig_load(&dev, copy, HEADER + 2 * PORT), 0);
	EXPECT_EQ(event_take(fd), 0);
	go(&dev);
	EXPECT_EQ(event_take(fd), 1);
	expect_set_up(&dev, 0);
	expect_set_up(&dev, 1);
	close(fd);
}

/* State that the sample's stream has no field for is kept between two devices of ours. */
MTAP_TEST(nothing_is_lost)
{
	/* The transmitter's interrupt was acknowledged; modem lines changed and were not read */
	wr(&dev, 0, UART_IER, UART_IER_THRI | UART_IER_MSI);
	EXPECT_EQ(rd(&dev, 0, UART_IIR) & 0x0f, UART_IIR_THRI);
	EXPECT_EQ(rd(&dev, 0, UART_IIR) & 0x0f, UART_IIR_NO_INT);
	wr(&dev, 1, UART_MCR, UART_MCR_LOOP);
	save(&dev, HEADER + 2 * PORT);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(rd(&b, 0, UART_IIR) & 0x0f, UART_IIR_NO_INT);
	EXPECT_EQ(rd(&b, 1, UART_MSR), UART_MSR_DCTS | UART_MSR_DDSR | UART_MSR_DDCD);
	EXPECT_EQ(rd(&b, 1, UART_MSR), 0);
}

static void refuses(size_t at, unsigned char val, size_t size)
{
	int ret;

	golden(copy);
	copy[at] = val;
	ret = mig_load(&b, copy, size);
	if (ret != -EINVAL)
		mtap_fail(__FILE__, __LINE__, "%#x at %zu, %zu bytes: %d", val, at, size, ret);
	EXPECT_EQ(rd(&b, 0, UART_SCR), 0x77);
	go(&b);
}

MTAP_TEST(refuses_others)
{
	size_t size = HEADER + 2 * PORT;

	wr(&b, 0, UART_SCR, 0x77);
	refuses(0, 0, size);
	refuses(8, 2, size);
	refuses(12, 1, size);
	refuses(16, 1, size);
	refuses(20, 1, size);
	refuses(0, 0x4e, size - 1);
	refuses(0, 0x4e, size + 1);
	refuses(0, 0x4e, HEADER + PORT);
	refuses(HEADER + 24, 16, size);
	refuses(HEADER + 25, 13, size);
	refuses(HEADER + 26, 19, size);
	refuses(HEADER + PORT + 26, 4, size);
	refuses(HEADER + 27, 1, size);
	refuses(HEADER + 28, 2, size);
}

/* From the C driver to ours, and on to another of the C driver's: what arrives is the same. */
MTAP_TEST(from_c_and_back)
{
	struct mdev c1 = mdev_uuid(0xc1), c2 = mdev_uuid(0xc2);
	struct vfio v1, v2;

	if (!exists(SAMPLE))
		mtap_skip("no %s: the source was not there when this was built", SAMPLE);
	sample = !system("insmod " SAMPLE);
	ASSERT(sample);
	ASSERT_EQ(mdev_create(&c1, "mtty-2"), 0);
	ASSERT_EQ(mdev_create(&c2, "mtty-2"), 0);
	ASSERT_EQ(vfio_open(&v1, &c1), 0);
	set_up(&v1, 0);
	set_up(&v1, 1);
	save(&v1, HEADER + 2 * PORT);
	vfio_close(&v1);
	golden(copy);
	expect_stream(copy);
	ASSERT_EQ(mig_load(&dev, stream, len), 0);
	save(&dev, HEADER + 2 * PORT);
	expect_stream(copy);
	ASSERT_EQ(vfio_open(&v2, &c2), 0);
	EXPECT_EQ(mig_load(&v2, stream, len), 0);
	go(&v2);
	expect_set_up(&v2, 0);
	expect_set_up(&v2, 1);
	vfio_close(&v2);
	go(&dev);
	expect_set_up(&dev, 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_devices, .after = close_devices, .teardown = dev_unload,
};
