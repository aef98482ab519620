// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-net: a network card (virtio 1.2, 5.1) whose cable leads to another device of this program.
 * Documentation/devices/virtio.rst describes it.
 *
 * A frame travels with the header that the driver has put in front of it, so the drivers at both
 * ends agree on offloads: a checksum is only made if somebody needs it, which is nobody, and a
 * segment of TCP can have 64 KiB.
 */
#include <linux/types.h>
#include <linux/virtio_net.h>

#define VIRTIO_QUEUES		3
#define VIRTIO_QUEUE_SIZE	256
#define VIRTIO_DEPTH		16
#define VIRTIO_CONFIG		struct virtio_net_config
#define VIRTIO_OWN		struct net_chain
#define VIRTIO_IN_ORDER
#define VIRTIO_WORK
#define VIRTIO_DUMP

#define NET_HEADER	((__u32)sizeof(struct virtio_net_hdr_v1))
#define NET_LONGEST	(NET_HEADER + (1 << 16) + 256)	/* a frame and its header */
#define NET_MEMORY	9		/* frames, while they are copied */
#define NET_SLOT	(1 << 17)	/* bytes for each chain there */
#define NET_PATIENCE	100000000	/* ns that a frame waits for room */
#define NET_TIMER	1
#define NET_RUN		32		/* frames that are received by one op */
#define NET_COMMAND	8		/* bytes of a command that matter */

enum { RECEIVE, TRANSMIT, CONTROL };	/* queues */
enum { CABLE, MAC, MTU, OFFLOAD, PACKED };	/* parameters */
enum { WORK_CABLE = 8 };		/* besides the work of the queues */

/* What a chain waits for: a frame, room in the cable, or its request */
enum { NET_IDLE, NET_READY, NET_BUSY };

struct net_chain {
	__u64 turn;		/* of frames that wait for room */
	__u32 size;
	__u32 step;
	__u8 command[NET_COMMAND];
	__u8 ack;
	__u8 reserved[7];
};

#include "mdev_virtio.bpf.h"

_Static_assert(NET_LONGEST <= NET_SLOT && NET_LONGEST <= MDEV_BPF_MAX_FRAME, "too long");

struct net_state {
	struct virtio v;
	__u64 turns;
	__u64 sent, received;
	__u64 no_link, no_room, wrong, unfit;	/* frames that were dropped, by reason */
	__u64 late;		/* the other end makes no room: do not wait for it */
};

#define OFFLOADS	(VIRTIO_FEATURE(VIRTIO_NET_F_CSUM) |			\
			 VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO4) |		\
			 VIRTIO_FEATURE(VIRTIO_NET_F_HOST_TSO6) |		\
			 VIRTIO_FEATURE(VIRTIO_NET_F_HOST_ECN) |		\
			 VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_CSUM) |		\
			 VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO4) |		\
			 VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_TSO6) |		\
			 VIRTIO_FEATURE(VIRTIO_NET_F_GUEST_ECN))

static __u64 virtio_offer(struct mdev_bpf_dev *dev)
{
	return VIRTIO_FEATURE(VIRTIO_NET_F_MAC) | VIRTIO_FEATURE(VIRTIO_NET_F_MTU) |
	       VIRTIO_FEATURE(VIRTIO_NET_F_STATUS) | VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) |
	       VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_RX) |
	       VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_MAC_ADDR) |
	       (mdev_bpf_param(dev, PACKED) ? VIRTIO_FEATURE(VIRTIO_F_RING_PACKED) : 0) |
	       (mdev_bpf_param(dev, OFFLOAD) ? OFFLOADS : 0);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "52:54:00:12:34:56"; anything else is no address, and neither is one of a group. */
static bool parse_mac(const char *text, __u8 *mac)
{
	for (int i = 0; i < ETH_ALEN; i++) {
		int high = hex(text[3 * i]), low = hex(text[3 * i + 1]);

		if (high < 0 || low < 0 || text[3 * i + 2] != (i < ETH_ALEN - 1 ? ':' : 0))
			return false;
		mac[i] = high << 4 | low;
	}
	return !(mac[0] & 1);
}

static __u16 link(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_cable_peer(dev, CABLE) ? 0 : VIRTIO_NET_S_LINK_UP;
}

static void virtio_configure(struct mdev_bpf_dev *dev, struct virtio *v)
{
	char text[18] = {};
	__u8 mac[ETH_ALEN];

	/* Locally administered, from the end of the UUID */
	if (mdev_bpf_param_text(dev, MAC, text, sizeof(text)) != 17 || !parse_mac(text, mac)) {
		mac[0] = 2;
		for (int i = 1; i < ETH_ALEN; i++)
			mac[i] = dev->uuid[10 + i];
	}
	__builtin_memcpy(v->config.mac, mac, ETH_ALEN);
	v->config.status = link(dev);
	v->config.mtu = mdev_bpf_param(dev, MTU);
}

/* Where the frame of a chain is in memory */
static __u64 slot(__u64 n)
{
	return MDEV_BPF_MEMORY(NET_MEMORY, n * NET_SLOT);
}

static bool get_header(struct mdev_bpf_dev *dev, __u64 n, struct virtio_net_hdr_v1 *h)
{
	return !mdev_bpf_memory_read(dev, NET_MEMORY, n * NET_SLOT, h, sizeof(*h));
}

/* The feature that a kind of segment needs: HOST_* for the sender, GUEST_* for the receiver */
static int segments(__u8 type, int v4, int v6)
{
	switch (type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return v4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return v6;
	}
	return -1;
}

/*
 * Is a header what the specification allows? The driver at the other end relies on it, and is
 * another guest's. So the rest of the header is made anew.
 */
static bool check_header(struct mdev_bpf_dev *dev, const struct virtio *v, __u64 n, __u32 size)
{
	struct virtio_net_hdr_v1 h;
	int feature;

	if (!get_header(dev, n, &h))
		return false;
	h.flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.num_buffers = 1;
	if (h.flags && (!virtio_has(v, VIRTIO_NET_F_CSUM) ||
			(__u32)h.csum_start + h.csum_offset + 2 > size - NET_HEADER))
		return false;
	if (h.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		feature = segments(h.gso_type, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6);
		if (feature < 0 || !virtio_has(v, feature) || !h.flags || !h.gso_size ||
		    (h.gso_type & VIRTIO_NET_HDR_GSO_ECN &&
		     !virtio_has(v, VIRTIO_NET_F_HOST_ECN)))
			return false;
	} else {
		h.gso_size = 0;
	}
	return !mdev_bpf_memory_write(dev, NET_MEMORY, n * NET_SLOT, &h, sizeof(h));
}

/* Can the driver of this end make use of a frame? */
static bool fits(struct mdev_bpf_dev *dev, const struct virtio *v, __u64 n)
{
	struct virtio_net_hdr_v1 h;
	int feature;

	if (!get_header(dev, n, &h) || (h.flags && !virtio_has(v, VIRTIO_NET_F_GUEST_CSUM)))
		return false;
	if (h.gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	feature = segments(h.gso_type, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6);
	return feature >= 0 && virtio_has(v, feature) &&
	       (!(h.gso_type & VIRTIO_NET_HDR_GSO_ECN) || virtio_has(v, VIRTIO_NET_F_GUEST_ECN));
}

/* Of the frames to be sent, the one whose turn it is: its number, or VIRTIO_CHAINS */
int MDEV_BPF_FUNC(net_first, dev)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);
	__u64 first = VIRTIO_CHAINS, turn = ~0ULL;
	int i;

	if (!s)
		return first;
	mdev_bpf_for(i, dev, 0, VIRTIO_DEPTH) {
		__u64 n = virtio_number(TRANSMIT, i);
		struct virtio_chain *c = virtio_chain(&s->v, n);

		if (!c || c->use != VIRTIO_BUSY || c->own.step != NET_READY || c->own.turn >= turn)
			continue;
		turn = c->own.turn;
		first = n;
	}
	return first;
}

/* Send one frame; false if it has to wait for room. */
static bool send(struct mdev_bpf_dev *dev, struct net_state *s, __u64 n, __u32 size)
{
	switch (mdev_bpf_cable_send(dev, CABLE, slot(n), size)) {
	case 0:
		s->sent++;
		s->late = 0;
		return true;
	case -ENOBUFS:
		if (!s->late) {
			if (mdev_bpf_timer_left(dev, NET_TIMER) == -ENOENT)
				mdev_bpf_timer_arm(dev, NET_TIMER, NET_PATIENCE, 0);
			return false;
		}
		s->no_room++;
		return true;
	default:
		s->no_link++;
		return true;
	}
}

/* Send all frames that are there, in their order. */
int MDEV_BPF_FUNC(net_send, dev)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_for(i, dev, 0, VIRTIO_DEPTH) {
		__u64 n = net_first(ctx);
		struct virtio_chain *c = virtio_chain(&s->v, n);

		if (!c || !send(dev, s, n, c->own.size))
			return 0;
		virtio_end(ctx, n, 0);
	}
	return 0;
}

/* A buffer of the driver for a frame: its number, or VIRTIO_CHAINS */
int MDEV_BPF_FUNC(net_idle, dev)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);
	int i;

	if (!s)
		return VIRTIO_CHAINS;
	mdev_bpf_for(i, dev, 0, VIRTIO_DEPTH) {
		__u64 n = virtio_number(RECEIVE, i);
		struct virtio_chain *c = virtio_chain(&s->v, n);

		if (c && c->use == VIRTIO_BUSY && c->own.step == NET_IDLE)
			return n;
	}
	return VIRTIO_CHAINS;
}

/* Take one frame into a buffer; false if there is none. */
int MDEV_BPF_FUNC(net_take, dev, __u64, n)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);
	struct virtio_chain *c = s ? virtio_chain(&s->v, n) : NULL;
	__s64 size;

	if (!c)
		return 0;
	size = mdev_bpf_cable_receive(dev, CABLE, slot(n), NET_LONGEST);
	if (size < 0)
		return 0;
	if ((__u64)size > c->in_size || size > NET_LONGEST || !fits(dev, &s->v, n)) {
		s->unfit++;
		return 1;
	}
	c->own.size = size;
	c->own.step = NET_BUSY;
	if (virtio_copy(dev, &s->v, c, n, MDEV_BPF_DMA_WRITE, slot(n), size)) {
		c->own.step = NET_IDLE;
		s->unfit++;
	} else {
		s->received++;
	}
	return 1;
}

/* Receive what has arrived, while there are buffers. Nobody waits for a driver that is gone. */
int MDEV_BPF_FUNC(net_receive, dev)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);
	int i;

	if (!s)
		return -EIO;
	mdev_bpf_for(i, dev, 0, NET_RUN) {
		if (!virtio_runs(&s->v, &s->v.queue[RECEIVE])) {
			if (mdev_bpf_cable_receive(dev, CABLE, 0, 0) < 0)
				return 0;
			s->no_link++;
			continue;
		}
		__u64 n = net_idle(ctx);

		if (n >= VIRTIO_CHAINS || !net_take(ctx, n))
			return 0;
	}
	return mdev_bpf_work_queue(dev, WORK_CABLE);
}

static void show_link(struct mdev_bpf_dev *dev, struct virtio *v)
{
	__u16 status = link(dev);

	if (v->config.status == status)
		return;
	v->config.status = status;
	v->common.generation++;
	if (v->common.status & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_interrupt(dev, v, v->common.config_vector, VIRTIO_ISR_CONFIG);
}

static void virtio_work_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);

	if (!s || id != WORK_CABLE)
		return;
	show_link(dev, &s->v);
	net_receive(ctx);
	net_send(ctx);
}

/* The other end has had its time to make room. */
static void virtio_timer_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);

	if (!s || id != NET_TIMER)
		return;
	s->late = 1;
	net_send(ctx);
}

static bool set_mac(struct virtio *v, const __u8 *mac, __u64 size)
{
	if (size != 2 + ETH_ALEN || mac[0] & 1)
		return false;
	__builtin_memcpy(v->config.mac, mac, ETH_ALEN);
	v->common.generation++;
	return true;
}

/*
 * What the driver wants by a command. The device receives all that is sent, so it has nothing to
 * filter: that is the driver's business, as with a hub.
 */
static bool obey(struct virtio *v, const struct virtio_chain *c)
{
	switch (c->own.command[0]) {
	case VIRTIO_NET_CTRL_RX:
		return c->own.command[1] <= VIRTIO_NET_CTRL_RX_ALLMULTI && c->out_size == 3;
	case VIRTIO_NET_CTRL_MAC:
		return c->own.command[1] == VIRTIO_NET_CTRL_MAC_TABLE_SET ||
		       (c->own.command[1] == VIRTIO_NET_CTRL_MAC_ADDR_SET &&
			set_mac(v, &c->own.command[2], c->out_size));
	}
	return false;
}

static void begin_command(struct mdev_bpf_dev *dev, struct virtio *v, struct virtio_chain *c,
			  __u64 n)
{
	__u64 size = c->out_size < NET_COMMAND ? c->out_size : NET_COMMAND;

	c->own.step = NET_IDLE;
	if (size < 2 || !c->in_size ||
	    virtio_copy(dev, v, c, n, MDEV_BPF_DMA_READ, virtio_in_chain(n, own.command), size))
		virtio_fail(dev, v, CONTROL, VIRTIO_WRONG_REQUEST);
}

static void begin_frame(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			struct virtio_chain *c, __u64 n)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);

	c->own.step = NET_BUSY;
	c->own.size = c->out_size;
	if (c->out_size > NET_HEADER && c->out_size <= NET_LONGEST &&
	    !virtio_copy(dev, v, c, n, MDEV_BPF_DMA_READ, slot(n), c->out_size))
		return;
	if (s)
		s->wrong++;
	virtio_end(ctx, n, 0);
}

static void virtio_begin(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			 struct virtio_chain *c, __u64 n)
{
	switch (c->queue) {
	case RECEIVE:
		c->own.step = NET_IDLE;
		net_receive(ctx);
		break;
	case TRANSMIT:
		begin_frame(ctx, dev, v, c, n);
		break;
	default:
		begin_command(dev, v, c, n);
	}
}

/* A frame of the driver is in memory. */
static void frame_read(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio_chain *c,
		       __u64 n, int error)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);

	if (!s)
		return;
	if (error || !check_header(dev, &s->v, n, c->own.size)) {
		s->wrong++;
		virtio_end(ctx, n, 0);
		return;
	}
	c->own.step = NET_READY;
	c->own.turn = s->turns++;
	net_send(ctx);
}

static void command_step(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			 struct virtio_chain *c, __u64 n, int error)
{
	if (c->own.step == NET_BUSY) {
		virtio_end(ctx, n, !error);
		return;
	}
	c->own.step = NET_BUSY;
	c->own.ack = error || !obey(v, c) ? VIRTIO_NET_ERR : VIRTIO_NET_OK;
	if (virtio_copy(dev, v, c, n, MDEV_BPF_DMA_WRITE, virtio_in_chain(n, own.ack), 1))
		virtio_end(ctx, n, 0);
}

static void virtio_continue(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			    struct virtio_chain *c, __u64 n, int error)
{
	switch (c->queue) {
	case RECEIVE:
		virtio_end(ctx, n, error ? 0 : c->own.size);
		break;
	case TRANSMIT:
		frame_read(ctx, dev, c, n, error);
		break;
	default:
		command_step(ctx, dev, v, c, n, error);
	}
}

static void virtio_dump_more(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct net_state *s = mdev_bpf_state(dev, struct net_state);

	if (!s)
		return;
	mdev_bpf_dump_printf(out, "link %u, sent %llu, received %llu\n", s->v.config.status,
			     s->sent, s->received);
	mdev_bpf_dump_printf(out, "dropped: no link %llu, no room %llu, wrong %llu, unfit %llu\n",
			     s->no_link, s->no_room, s->wrong, s->unfit);
}

MDEV_BPF_DEVICE(virtio_net,
		.description = "A network card with a cable to another one",
		.types = { { .name = "1", .pretty_name = "virtio-net" } },
		.state_size = sizeof(struct net_state),
		.params = {
			[CABLE] = { .name = "cable", .kind = MDEV_BPF_PARAM_CABLE,
				    .flags = MDEV_BPF_PARAM_LOCAL, .work = WORK_CABLE },
			[MAC] = { .name = "mac", .kind = MDEV_BPF_PARAM_TEXT, .max = 17 },
			[MTU] = { .name = "mtu", .min = 68, .max = 65535, .preset = 1500 },
			[OFFLOAD] = { .name = "offload", .kind = MDEV_BPF_PARAM_BOOL,
				      .preset = 1 },
			[PACKED] = { .name = "packed", .kind = MDEV_BPF_PARAM_BOOL },
		},
		.regions = {
			VIRTIO_REGION,
			{ .index = NET_MEMORY, .size = VIRTIO_CHAINS * NET_SLOT,
			  .flags = MDEV_BPF_REGION_MEMORY },
		},
		.registers = {
			VIRTIO_REGISTERS,
			MDEV_BPF_REG("MAC", VIRTIO_BAR,
				     VIRTIO_DEVICE + offsetof(VIRTIO_CONFIG, mac),
				     struct virtio, config.mac[0],
				     .count = ETH_ALEN, .stride = 1, .state_stride = 1),
			VIRTIO_CONFIG_REG("LINK", status),
			VIRTIO_CONFIG_REG("MTU", mtu),
		},
		VIRTIO_MEMBERS(VIRTIO_ID_NET, 0x020000));

char _license[] SEC("license") = "GPL";
