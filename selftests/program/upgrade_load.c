// SPDX-License-Identifier: GPL-2.0-only
/*
 * A serial card that is hammered while its program is replaced, a thousand times: each byte comes
 * back once, in its place, and so does each interrupt.
 */
#include <linux/serial_reg.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "kupgrade.h"

#define NAME		"kload"
#define UPDATES		1000
#define SHIFT		64	/* of kmtty2's state */
#define MANY		100
#define IDLE		(UART_LSR_TEMT | UART_LSR_THRE)

/* One thread with a port of the card, or with devices of its own */
struct hammer {
	pthread_t thread;
	unsigned int port;
	int event;
	bool masks;		/* INTx masks itself, MSI does not */
	atomic_uint done;
	atomic_uint bad;
	long long longest;	/* ns of one access */
};

static atomic_bool stop;
static struct hammer polls, waits, creates, opens, resets;

static struct mdev_bpf_ops *card_open(struct prog *p, const char *object)
{
	struct mdev_bpf_ops *ops;

	ASSERT_EQ(prog_open(p, object, NULL), 0);
	ops = prog_ops(p);
	memcpy(ops->name, NAME, sizeof(NAME));
	return ops;
}

/* Two loaded copies of the card; the first is attached, and has a device that is open. */
static void copies(void)
{
	card_open(&dev_prog, MTTY);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	dev_open(NAME "-2");
	card_open(&dev_prog2, MTTY);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
}

static void set_upgrade(struct prog *p, struct mdev_bpf_ops *ops)
{
	struct bpf_program *upgrade = bpf_object__find_program_by_name(p->obj, "kmtty_upgrade");

	ASSERT(upgrade);
	ops->upgrade = (void *)upgrade;
}

/* Two versions of it, whose states differ */
static void versions(void)
{
	struct mdev_bpf_ops *ops;

	dev_close_unload();
	set_upgrade(&dev_prog, card_open(&dev_prog, "progs/kmtty1.bpf.o"));
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	dev_open(NAME "-2");
	ops = card_open(&dev_prog2, "progs/kmtty2.bpf.o");
	set_upgrade(&dev_prog2, ops);
	ops->state_size += SHIFT;
	ops->state_version = 2;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
}

static void took(struct hammer *h, long long begin)
{
	long long ns = mtap_now_ns() - begin;

	if (ns > h->longest)
		h->longest = ns;
}

static void out(struct hammer *h, unsigned int reg, __u8 val)
{
	long long begin = mtap_now_ns();

	if (vfio_set(&dev, h->port, reg, 1, val))
		h->bad++;
	took(h, begin);
}

static __s64 in(struct hammer *h, unsigned int reg)
{
	long long begin = mtap_now_ns();
	__s64 val = vfio_get(&dev, h->port, reg, 1);

	took(h, begin);
	return val;
}

static void expect(struct hammer *h, __s64 got, __s64 want)
{
	if (got != want)
		h->bad++;
}

/* 1 to 16 bytes into the FIFO, and out again; nothing may be left over. */
static void *poll_bytes(void *arg)
{
	struct hammer *h = arg;
	__u8 sent = 0, received = 0;
	unsigned int i, nr = 1;

	out(h, UART_FCR, UART_FCR_ENABLE_FIFO);
	while (!stop) {
		for (i = 0; i < nr; i++)
			out(h, UART_TX, sent++);
		for (i = 0; i < nr; i++) {
			expect(h, in(h, UART_LSR), UART_LSR_DR);
			expect(h, in(h, UART_RX), received++);
		}
		expect(h, in(h, UART_LSR), IDLE);
		nr = nr % 16 + 1;
		h->done += i;
	}
	return NULL;
}

/* Each byte makes the line rise once, and reading it makes it fall. */
static void *wait_bytes(void *arg)
{
	struct hammer *h = arg;
	__u8 seq = 0;

	out(h, UART_IER, UART_IER_RDI);
	while (!stop) {
		out(h, UART_TX, seq);
		expect(h, event_wait(h->event), 1);
		expect(h, in(h, UART_IIR), UART_IIR_RDI);
		expect(h, in(h, UART_RX), seq++);
		expect(h, in(h, UART_IIR), UART_IIR_NO_INT);
		if (h->masks &&
		    vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1))
			h->bad++;
		expect(h, event_take(h->event), 0);
		h->done++;
	}
	return NULL;
}

static void *create_remove(void *arg)
{
	struct mdev m = mdev_uuid(77);
	struct hammer *h = arg;

	while (!stop) {
		if (mdev_create(&m, NAME "-1") || mdev_remove(&m))
			h->bad++;
		h->done++;
	}
	return NULL;
}

static void *open_close(void *arg)
{
	struct mdev m = mdev_uuid(1);
	struct hammer *h = arg;
	struct vfio v;

	while (!stop) {
		if (vfio_open(&v, &m))
			h->bad++;
		expect(h, vfio_set(&v, 0, UART_SCR, 1, 0x5a), 0);
		expect(h, vfio_get(&v, 0, UART_SCR, 1), 0x5a);
		vfio_close(&v);
		h->done++;
	}
	return NULL;
}

static void *reset(void *arg)
{
	struct mdev m = mdev_uuid(2);
	struct hammer *h = arg;
	struct vfio v;

	if (vfio_open(&v, &m))
		h->bad++;
	while (!stop) {
		expect(h, vfio_set(&v, 0, UART_TX, 1, 1), 0);
		expect(h, vfio_get(&v, 0, UART_LSR, 1), UART_LSR_DR);
		expect(h, vfio_reset(&v), 0);
		expect(h, vfio_get(&v, 0, UART_LSR, 1), IDLE);
		h->done++;
	}
	vfio_close(&v);
	return NULL;
}

static void start(struct hammer *h, void *(*fn)(void *))
{
	h->done = 0;
	h->bad = 0;
	h->longest = 0;
	ASSERT_EQ(pthread_create(&h->thread, NULL, fn, h), 0);
}

static void finish(struct hammer *h, const char *what)
{
	pthread_join(h->thread, NULL);
	EXPECT_EQ(h->bad, 0);
	EXPECT(h->done > 0);
	mtap_diag("%u %s", h->done, what);
	if (h->longest)
		mtap_diag("longest access: %lld us", h->longest / 1000);
	h->thread = 0;
}

static void start_port(struct hammer *h, void *(*fn)(void *), unsigned int port)
{
	h->port = port;
	start(h, fn);
}

static void start_interrupts(unsigned int index)
{
	waits.event = event_new();
	waits.masks = index == INTX;
	ASSERT_EQ(vfio_irq_fd(&dev, index, VFIO_IRQ_SET_ACTION_TRIGGER, waits.event), 0);
	start_port(&waits, wait_bytes, 1);
}

/* Between two updates the port does something, but the updates do not wait for that. */
static void replace_often(const struct hammer *h)
{
	long long begin, spent = 0;
	unsigned int i, done;
	int ret = 0;

	for (i = 0; i < UPDATES && !ret; i++) {
		done = h->done;
		begin = mtap_now_ns();
		ret = prog_update(&dev_prog, i & 1 ? &dev_prog : &dev_prog2);
		spent += mtap_now_ns() - begin;
		if (i % 4 == 0 && !mtap_await(h->done != done || h->bad))
			ret = -ETIMEDOUT;
	}
	stop = true;
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(i, UPDATES);
	mtap_diag("%u updates of %lld us", i, spent / i / 1000);
}

static void with_interrupts(unsigned int index)
{
	start_port(&polls, poll_bytes, 0);
	start_interrupts(index);
	replace_often(&waits);
	finish(&polls, "bytes");
	finish(&waits, "bytes by interrupt");
}

MTAP_TEST(intx)
{
	copies();
	with_interrupts(INTX);
}

MTAP_TEST(msi)
{
	copies();
	with_interrupts(MSI);
}

MTAP_TEST(converted)
{
	versions();
	with_interrupts(INTX);
	EXPECT_STR(parent_attr(NAME, "state_version"), "1");
}

MTAP_TEST(among_everything)
{
	struct mdev one = mdev_uuid(1), two = mdev_uuid(2);

	versions();
	ASSERT_EQ(mdev_create(&one, NAME "-1"), 0);
	ASSERT_EQ(mdev_create(&two, NAME "-1"), 0);
	start_port(&polls, poll_bytes, 0);
	start(&creates, create_remove);
	start(&opens, open_close);
	start(&resets, reset);
	replace_often(&polls);
	finish(&polls, "bytes");
	finish(&creates, "devices created and removed");
	finish(&opens, "times opened");
	finish(&resets, "resets");
}

static long long updates(unsigned int nr)
{
	long long begin = mtap_now_ns();
	unsigned int i;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(prog_update(&dev_prog, i & 1 ? &dev_prog : &dev_prog2), 0);
	return (mtap_now_ns() - begin) / nr / 1000;
}

/* All of many devices are converted each time, whether somebody has them open or not. */
MTAP_TEST(many_devices)
{
	unsigned int i;

	kupgrade_load();
	dev_open("kupgrade-1");
	mtap_diag("1 device: %lld us", updates(MANY));
	for (i = 1; i < MANY; i++) {
		struct mdev m = mdev_uuid(i);

		ASSERT_EQ(mdev_create(&m, "kupgrade-1"), 0);
	}
	mtap_diag("%u devices: %lld us", MANY, updates(MANY));
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), 2 * MANY);
	/* Each state is converted twice, the first time to see whether it can be done */
	EXPECT_EQ(GLOBAL(&dev_prog2, upgrades), 2 * (MANY / 2 + MANY / 2 * MANY));
}

static void before(void)
{
	stop = false;
}

/* A test point that ended early has left its threads. */
static void after(void)
{
	struct hammer *h[] = { &polls, &waits, &creates, &opens, &resets };
	size_t i;

	stop = true;
	for (i = 0; i < ARRAY_SIZE(h); i++) {
		if (h[i]->thread)
			pthread_join(h[i]->thread, NULL);
		h[i]->thread = 0;
	}
	if (waits.event > 0)
		close(waits.event);
	waits.event = 0;
	dev_close_unload();
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .before = before, .after = after,
};
