// SPDX-License-Identifier: GPL-2.0-only
/* Kernel clients: a device answers them as it answers VFIO, and they release it when asked. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/serial_reg.h>

#include "client/client_test.h"
#include "guest.h"

#define MODULE	"client/kmod/mdev_bpf_client_test.ko"
#define POS(region, off) ((off_t)(region) << MDEV_BPF_OFFSET_SHIFT | (off))

static int client;

static int client_do(unsigned long cmd, const void *arg)
{
	return ioctl(client, cmd, arg) ? -errno : 0;
}

static struct client_events client_events(void)
{
	struct client_events ev = {};

	EXPECT_EQ(client_do(CLIENT_EVENTS, &ev), 0);
	return ev;
}

static int client_set_irq(__u32 mode)
{
	return client_do(CLIENT_SET_IRQ, &mode);
}

static void client_connect(void)
{
	ASSERT_EQ(client_do(CLIENT_OPEN, dev_mdev.uuid), 0);
}

static int client_get(unsigned int region, __u64 off)
{
	__u8 val = 0;

	return pread(client, &val, 1, POS(region, off)) == 1 ? val : -errno;
}

static int client_set(unsigned int region, __u64 off, __u8 val)
{
	return pwrite(client, &val, 1, POS(region, off)) == 1 ? 0 : -errno;
}

#define R(reg)		{ 'r', reg, 0 }
#define W(reg, val)	{ 'w', reg, val }

/* Steps on a UART: each is a write, or a read whose answer must be the same for both. */
static const struct {
	char op;
	__u8 reg;
	__u8 val;
} steps[] = {
	R(UART_LSR), R(UART_IIR), R(UART_MSR), R(UART_MSR),
	W(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_R_TRIG_10), R(UART_IIR),
	W(UART_LCR, UART_LCR_DLAB | 3), W(UART_DLL, 12), W(UART_DLM, 1),
	R(UART_DLL), R(UART_DLM), W(UART_LCR, 3), R(UART_LCR),
	W(UART_IER, UART_IER_RDI | UART_IER_THRI), R(UART_IIR), R(UART_IIR),
	W(UART_TX, 'a'), W(UART_TX, 'b'), R(UART_IIR), R(UART_LSR),
	R(UART_RX), R(UART_LSR), R(UART_RX), R(UART_RX),
	R(UART_IIR), W(UART_MCR, UART_MCR_LOOP | UART_MCR_RTS), R(UART_MSR),
	W(UART_SCR, 0x5a), R(UART_SCR), R(UART_MCR),
};

/* Run @steps by @get and @set; answers go to @out. */
static void run_steps(int (*get)(unsigned int, __u64), int (*set)(unsigned int, __u64, __u8),
		      int *out)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		out[i] = steps[i].op == 'r' ? get(0, steps[i].reg) :
					      set(0, steps[i].reg, steps[i].val);
}

static int dev_get_byte(unsigned int region, __u64 off)
{
	return vfio_get(&dev, region, off, 1);
}

static int dev_set_byte(unsigned int region, __u64 off, __u8 val)
{
	return vfio_set(&dev, region, off, 1, val);
}

MTAP_TEST(same_answers_as_vfio)
{
	int by_vfio[ARRAY_SIZE(steps)], by_client[ARRAY_SIZE(steps)];
	__u8 config_vfio[256], config_client[256];
	size_t i;

	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	run_steps(dev_get_byte, dev_set_byte, by_vfio);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(vfio_pread(&dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, config_vfio, 256), 256);
	vfio_close(&dev);

	client_connect();
	run_steps(client_get, client_set, by_client);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		if (by_vfio[i] < 0 || by_vfio[i] != by_client[i])
			mtap_fail(__FILE__, __LINE__, "step %zu: VFIO %d, client %d", i,
				  by_vfio[i], by_client[i]);
	EXPECT_EQ(client_get(0, UART_SCR), 0x5a);
	EXPECT_EQ(client_do(CLIENT_RESET, NULL), 0);
	EXPECT_EQ(client_get(0, UART_SCR), 0);
	EXPECT_EQ(pread(client, config_client, 256, POS(VFIO_PCI_CONFIG_REGION_INDEX, 0)), 256);
	EXPECT_EQ(memcmp(config_vfio, config_client, 256), 0);
}

MTAP_TEST(bounds)
{
	__u8 buf[16];

	client_connect();
	EXPECT_EQ(pread(client, buf, 16, POS(0, 4)), 4);
	EXPECT_EQ(client_get(0, 8), -EINVAL);
	EXPECT_EQ(client_get(2, 0), -EINVAL);
	EXPECT_EQ(client_get(15, 0), -EINVAL);
	EXPECT_EQ(client_get(16, 0), -EINVAL);
	EXPECT_EQ(client_set(0, 8, 0), -EINVAL);
	EXPECT_EQ(client_set_irq(3), -EINVAL);
}

MTAP_TEST(unknown_uuid)
{
	struct mdev none = mdev_uuid(999);

	EXPECT_EQ(client_do(CLIENT_OPEN, none.uuid), -ENODEV);
}

MTAP_TEST(intx_callback)
{
	client_connect();
	ASSERT_EQ(client_set_irq(MDEV_BPF_IRQ_INTX), 0);
	EXPECT_EQ(client_events().irqs, 0);
	EXPECT_EQ(client_set(0, UART_IER, UART_IER_THRI), 0);
	EXPECT_EQ(client_events().irqs, 1);
	/* masked by the interrupt; still up at unmask */
	EXPECT_EQ(client_set(0, UART_IER, 0), 0);
	EXPECT_EQ(client_set(0, UART_IER, UART_IER_THRI), 0);
	EXPECT_EQ(client_events().irqs, 0);
	EXPECT_EQ(client_do(CLIENT_UNMASK, NULL), 0);
	EXPECT_EQ(client_events().irqs, 1);
	EXPECT_EQ(client_get(0, UART_IIR), UART_IIR_THRI);
	EXPECT_EQ(client_do(CLIENT_UNMASK, NULL), 0);
	EXPECT_EQ(client_events().irqs, 0);
}

MTAP_TEST(msi_callback)
{
	struct client_events ev;

	client_connect();
	ASSERT_EQ(client_set_irq(MDEV_BPF_IRQ_MSI), 0);
	EXPECT_EQ(client_set(0, UART_IER, UART_IER_THRI), 0);
	EXPECT_EQ(client_set(0, UART_IER, 0), 0);
	EXPECT_EQ(client_set(0, UART_IER, UART_IER_THRI), 0);
	ev = client_events();
	EXPECT_EQ(ev.irqs, 2);
	EXPECT_EQ(ev.vectors, 1);
	EXPECT_EQ(client_set_irq(MDEV_BPF_IRQ_OFF), 0);
	EXPECT_EQ(client_set(0, UART_IER, 0), 0);
	EXPECT_EQ(client_set(0, UART_IER, UART_IER_THRI), 0);
	EXPECT_EQ(client_events().irqs, 0);
}

/* There is no guest behind a client, so there is no memory for DMA. */
MTAP_TEST(no_guest_memory)
{
	__u64 go, result = 0;
	struct mdev m = mdev_uuid(0xd1);

	ASSERT_EQ(prog_up(&dev_prog2, KDMA), 0);
	ASSERT_EQ(mdev_create(&m, "kdma-1"), 0);
	ASSERT_EQ(client_do(CLIENT_OPEN, m.uuid), 0);
	for (go = MDEV_BPF_DMA_READ; go <= MDEV_BPF_DMA_PIN; go++) {
		__u64 where = MDEV_BPF_STATE(KDMA_DATA), size = 8;

		EXPECT_EQ(pwrite(client, &where, 8, POS(KDMA_REG, KDMA_WHERE)), 8);
		EXPECT_EQ(pwrite(client, &size, 8, POS(KDMA_REG, KDMA_SIZE)), 8);
		EXPECT_EQ(pwrite(client, &go, 8, POS(KDMA_REG, KDMA_GO)), 8);
		EXPECT_EQ(pread(client, &result, 8, POS(KDMA_REG, KDMA_RESULT)), 8);
		EXPECT_EQ(result, -ENXIO);
	}
}

MTAP_TEST(one_user_at_a_time)
{
	int second = open("/dev/mdev_bpf_client", O_RDWR);

	client_connect();
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -EBUSY);
	vfio_close(&dev);
	EXPECT_EQ(ioctl(second, CLIENT_OPEN, dev_mdev.uuid), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(client_do(CLIENT_CLOSE, NULL), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(client_do(CLIENT_OPEN, dev_mdev.uuid), -EBUSY);
	vfio_close(&dev);
	EXPECT_EQ(client_do(CLIENT_OPEN, dev_mdev.uuid), 0);
	close(second);
}

MTAP_TEST(detach_and_reattach)
{
	client_connect();
	EXPECT_EQ(client_set(0, UART_SCR, 0x77), 0);
	prog_detach(&dev_prog);
	EXPECT_EQ(client_get(0, UART_SCR), -ENODEV);
	EXPECT_EQ(client_do(CLIENT_RESET, NULL), -ENODEV);
	EXPECT_EQ(client_set_irq(MDEV_BPF_IRQ_INTX), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(client_get(0, UART_SCR), 0x77);
	EXPECT_EQ(client_set(0, UART_IER, UART_IER_THRI), 0);
	EXPECT_EQ(client_events().irqs, 1);
}

static void *remover(void *arg)
{
	*(int *)arg = mdev_remove(&dev_mdev);
	return NULL;
}

/* Wait for a condition that another task brings about, 10 s at most. */
static int requested(void)
{
	int i;

	for (i = 0; i < 1000; i++) {
		if (client_events().requests)
			return 1;
		usleep(10000);
	}
	return 0;
}

MTAP_TEST(remove_waits_for_the_client)
{
	pthread_t thread;
	int ret = 1;

	client_connect();
	ASSERT_EQ(pthread_create(&thread, NULL, remover, &ret), 0);
	ASSERT(requested());
	/* Not its link on the bus: the kernel's own core removes that first */
	EXPECT(exists(MDEV_PARENTS "/mtty/%s", dev_mdev.uuid));
	/* The client can still use the device */
	EXPECT_EQ(client_set(0, UART_SCR, 1), 0);
	EXPECT_EQ(client_get(0, UART_SCR), 1);
	EXPECT_EQ(client_do(CLIENT_CLOSE, NULL), 0);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
	EXPECT(!exists(MDEV_PARENTS "/mtty/%s", dev_mdev.uuid));
	EXPECT_EQ(client_do(CLIENT_OPEN, dev_mdev.uuid), -ENODEV);
}

static void setup(void)
{
	ASSERT_EQ(system("insmod " MODULE), 0);
	dev_load(MTTY);
}

static void teardown(void)
{
	dev_unload();
	ASSERT_EQ(system("rmmod mdev_bpf_client_test"), 0);
}

static void before(void)
{
	dev_mdev = mdev_uuid(1);
	ASSERT_EQ(mdev_create(&dev_mdev, "mtty-2"), 0);
	client = open("/dev/mdev_bpf_client", O_RDWR);
	ASSERT(client >= 0);
}

static void after(void)
{
	close(client);
	vfio_close(&dev);
	mdev_remove_all();
}

const struct mtap_suite mtap_suite = {
	.setup = setup, .before = before, .after = after, .teardown = teardown,
};
