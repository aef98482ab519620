// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-console: a console with one port (virtio 1.2, 5.3). What the guest writes is in the dump
 * of the device. If the administrator wants that, it goes to a console of the host, whose text the
 * guest reads, or comes back to the guest.
 * Documentation/devices/virtio.rst describes it.
 */
#include <linux/types.h>
#include <linux/virtio_console.h>

#define VIRTIO_QUEUES		2
#define VIRTIO_QUEUE_SIZE	64
/* One chain of each queue at a time keeps the order of the text. */
#define VIRTIO_DEPTH		1
#define VIRTIO_CONFIG		struct virtio_console_config
#define VIRTIO_OWN		struct console_chain
#define VIRTIO_WORK
#define VIRTIO_DUMP

#define CONSOLE_PIECE	256	/* bytes that are copied at a time; all three are powers of two */
#define CONSOLE_FIFO	4096	/* bytes on their way back */
#define CONSOLE_LOG	1024	/* bytes that the dump has */

enum { RECEIVE, TRANSMIT };	/* queues, and numbers of their chains */

struct console_chain {
	__u64 left;		/* bytes that are still to be sent */
	__u32 size;		/* bytes in @text */
	__u32 waits;		/* for text to arrive */
	char text[CONSOLE_PIECE];
};

#include "mdev_virtio.bpf.h"

struct console_state {
	struct virtio v;
	__u32 head, tail;	/* of @fifo: they count on and on */
	__u32 logged;
	__u32 lost;		/* bytes that the host had no room for */
	char fifo[CONSOLE_FIFO] __attribute__((aligned(8)));
	/* Each byte is in both halves, so that the last ones are together wherever they begin. */
	char log[2 * CONSOLE_LOG] __attribute__((aligned(8)));
};

enum { LOOPBACK, HOST };	/* parameters */
enum { WORK_HOST = VIRTIO_QUEUES };	/* besides the work of the queues */

static __u64 virtio_offer(struct mdev_bpf_dev *dev)
{
	return VIRTIO_FEATURE(VIRTIO_CONSOLE_F_SIZE);
}

static void clear(char *text, __u32 size)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < size; i += 8)
		WRITE_ONCE(*(__u64 *)&text[i], 0);
}

/* Another user must not see what this one has written. */
static void virtio_configure(struct mdev_bpf_dev *dev, struct virtio *v)
{
	struct console_state *s = mdev_bpf_state(dev, struct console_state);

	v->config.cols = 80;
	v->config.rows = 25;
	if (!s)
		return;
	s->head = 0;
	s->tail = 0;
	s->logged = 0;
	s->lost = 0;
	clear(s->fifo, sizeof(s->fifo));
	clear(s->log, sizeof(s->log));
}

static void note(struct console_state *s, char c)
{
	__u32 at = s->logged++ & (CONSOLE_LOG - 1);

	/* The text of a dump ends at a NUL. */
	s->log[at] = c ?: '?';
	s->log[at + CONSOLE_LOG] = c ?: '?';
}

/* Return: how many bytes of a piece the host has taken. */
static __u32 to_host(struct mdev_bpf_dev *dev, const struct console_chain *own)
{
	__u32 size = own->size;
	int taken;

	barrier_var(size);
	if (size > CONSOLE_PIECE)
		return 0;
	taken = mdev_bpf_console_write(dev, HOST, own->text, size);
	return taken < 0 ? 0 : taken;
}

/* Return: how many bytes of the host's text there are now in @own, at most @room. */
static __u32 from_host(struct mdev_bpf_dev *dev, struct console_chain *own, __u32 room)
{
	int size;

	barrier_var(room);
	if (!room || room > CONSOLE_PIECE || !mdev_bpf_param(dev, HOST))
		return 0;
	size = mdev_bpf_console_read(dev, HOST, own->text, room);
	return size < 0 ? 0 : size;
}

/*
 * The guest has sent a piece of text. What there is no room for is lost, as on a serial line: Linux
 * waits for its text to be taken with a lock held, also if nobody reads.
 */
static void sent(struct mdev_bpf_dev *dev, struct console_state *s, const struct console_chain *own)
{
	bool back = mdev_bpf_param(dev, LOOPBACK);
	int i;

	mdev_bpf_for(i, dev, 0, own->size) {
		char c = own->text[i & (CONSOLE_PIECE - 1)];

		note(s, c);
		if (back && s->head - s->tail < CONSOLE_FIFO)
			s->fifo[s->head++ & (CONSOLE_FIFO - 1)] = c;
	}
	if (mdev_bpf_param(dev, HOST))
		s->lost += own->size - to_host(dev, own);
}

static __u64 least(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* Go on with the chain that the guest sends. */
int MDEV_BPF_FUNC(console_send, dev, __u64, n)
{
	struct console_state *s = mdev_bpf_state(dev, struct console_state);
	struct virtio_chain *c = s ? virtio_chain(&s->v, n) : NULL;

	if (!c)
		return -EIO;
	if (!c->own.left)
		return virtio_end(ctx, n, 0);
	c->own.size = least(c->own.left, CONSOLE_PIECE);
	if (virtio_copy(dev, &s->v, c, n, MDEV_BPF_DMA_READ, virtio_in_chain(n, own.text),
			c->own.size))
		virtio_end(ctx, n, 0);
	return 0;
}

/* Fill the chain that the guest receives, if there is text. */
int MDEV_BPF_FUNC(console_receive, dev, __u64, n)
{
	struct console_state *s = mdev_bpf_state(dev, struct console_state);
	struct virtio_chain *c = s ? virtio_chain(&s->v, n) : NULL;
	__u32 room;
	int i;

	if (!c)
		return -EIO;
	room = least(c->in_size, CONSOLE_PIECE);
	if (s->head == s->tail) {
		c->own.size = from_host(dev, &c->own, room);
		c->own.waits = !c->own.size;
		if (c->own.waits)
			return 0;
	} else {
		c->own.waits = 0;
		c->own.size = least(s->head - s->tail, room);
		mdev_bpf_for(i, dev, 0, c->own.size)
			c->own.text[i & (CONSOLE_PIECE - 1)] =
				s->fifo[s->tail++ & (CONSOLE_FIFO - 1)];
	}
	if (!c->own.size || virtio_copy(dev, &s->v, c, n, MDEV_BPF_DMA_WRITE,
					virtio_in_chain(n, own.text), c->own.size))
		virtio_end(ctx, n, 0);
	return 0;
}

/* A chain of the guest's that waits for text may go on. */
static void wake_receiver(unsigned long long *ctx, struct virtio *v)
{
	struct virtio_chain *c = virtio_chain(v, RECEIVE);

	if (c && c->use == VIRTIO_BUSY && c->own.waits)
		console_receive(ctx, RECEIVE);
}

/* Something has happened on the host's side; perhaps text has come. */
static void virtio_work_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);

	if (v && id == WORK_HOST)
		wake_receiver(ctx, v);
}

static void virtio_timer_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id)
{
}

static void virtio_begin(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			 struct virtio_chain *c, __u64 n)
{
	c->own.waits = 0;
	c->own.left = c->out_size;
	if (n == RECEIVE)
		console_receive(ctx, n);
	else
		console_send(ctx, n);
}

static void virtio_continue(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			    struct virtio_chain *c, __u64 n, int error)
{
	struct console_state *s = mdev_bpf_state(dev, struct console_state);

	if (!s)
		return;
	if (n == RECEIVE) {
		virtio_end(ctx, n, error ? 0 : c->own.size);
		return;
	}
	if (!error)
		sent(dev, s, &c->own);
	virtio_skip(ctx, n, 0, c->own.size);
	c->own.left -= least(c->own.left, c->own.size);
	console_send(ctx, n);
	wake_receiver(ctx, v);
}

static void virtio_dump_more(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct console_state *s = mdev_bpf_state(dev, struct console_state);
	__u64 from;

	if (!s)
		return;
	if (mdev_bpf_param(dev, HOST))
		mdev_bpf_dump_printf(out, "host: %u bytes lost\n", s->lost);
	from = s->logged < CONSOLE_LOG ? 0 : s->logged & (CONSOLE_LOG - 1);
	barrier_var(from);
	if (from < CONSOLE_LOG)
		mdev_bpf_dump_text(out, &s->log[from], CONSOLE_LOG);
}

MDEV_BPF_DEVICE(virtio_console,
		.description = "A console that keeps what is written to it",
		.types = { { .name = "1", .pretty_name = "virtio-console" } },
		.state_size = sizeof(struct console_state),
		.params = {
			[LOOPBACK] = { .name = "loopback", .kind = MDEV_BPF_PARAM_BOOL },
			[HOST] = { .name = "console", .kind = MDEV_BPF_PARAM_CONSOLE,
				   .work = WORK_HOST },
		},
		.regions = { VIRTIO_REGION },
		.registers = {
			VIRTIO_REGISTERS,
			VIRTIO_CONFIG_REG("COLS", cols),
			VIRTIO_CONFIG_REG("ROWS", rows),
		},
		VIRTIO_MEMBERS(VIRTIO_ID_CONSOLE, 0x078000));

char _license[] SEC("license") = "GPL";
