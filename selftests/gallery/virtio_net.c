// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two network cards of bpf/virtio_net.bpf.c, and the cable between them: each has a driver with
 * memory of its own, as if it belonged to another virtual machine.
 */
#include <linux/pci_regs.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "irqs.h"
#include "pair.h"
#include "virtio.h"

#define NET		"virtio_net.bpf.o"
#define WRITE		VRING_DESC_F_WRITE
#define HEADER		sizeof(struct virtio_net_hdr_v1)
#define BUFFER		(2 * VIRTIO_PAGE)
#define DEV(member)	0x200 + offsetof(struct virtio_net_config, member)

#define F_PLAIN		(F_VERSION_1 | F(VIRTIO_NET_F_MAC) | F(VIRTIO_NET_F_STATUS) |	\
			 F(VIRTIO_NET_F_CTRL_VQ))
#define F_CSUMS		(F(VIRTIO_NET_F_CSUM) | F(VIRTIO_NET_F_GUEST_CSUM))
#define F_TSO		(F_CSUMS | F(VIRTIO_NET_F_HOST_TSO4) | F(VIRTIO_NET_F_GUEST_TSO4))

enum { RX, TX, CONTROL, QUEUES };

static struct side {
	__u8 *mem;
	struct vq queues[VQ_MAX];
	struct vfio *v;
} sides[2];
static unsigned int current;

/* From now on, @vmem and @vq are those of a device: 0 or 1. */
static struct vfio *use(unsigned int i)
{
	sides[current].mem = vmem;
	memcpy(sides[current].queues, vq, sizeof(vq));
	current = i;
	vmem = sides[i].mem;
	memcpy(vq, sides[i].queues, sizeof(vq));
	return sides[i].v;
}

static int set(const struct mdev *m, const char *name, const char *value)
{
	return sysfs_write(value, MDEV_DEVICES "/%s/params/%s", m->uuid, name);
}

static __u16 link(struct vfio *v)
{
	return virtio_get(v, DEV(status), 2);
}

static void up(unsigned int i, __u64 features)
{
	struct vfio *v = use(i);

	virtio_up(v, features, QUEUES);
}

static void plug_in(unsigned int i, const struct mdev *m, __u64 features)
{
	struct vfio *v = use(i);

	ASSERT_EQ(vfio_open(v, m), 0);
	virtio_plug(v, QUEUES);
	virtio_up(v, features, QUEUES);
}

static void before(void)
{
	virtio_begin();
	sides[0] = (struct side){ .mem = vmem, .v = a };
	sides[1] = (struct side){ .v = &b };
	sides[1].mem = mmap(NULL, VIRTIO_MEM_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(sides[1].mem != MAP_FAILED);
	current = 0;
	dev_load(NET);
	pair_open("virtio_net-1");
	vfio_close(a);
	vfio_close(&b);
	ASSERT_EQ(set(&dev_mdev, "cable", "lan"), 0);
	ASSERT_EQ(set(&mdev_b, "cable", "lan"), 0);
	plug_in(0, &dev_mdev, F_PLAIN);
	plug_in(1, &mdev_b, F_PLAIN);
	EXPECT(mtap_await(link(a)));
}

static void after(void)
{
	pair_close();
	dev_unload();
	use(0);
	munmap(sides[1].mem, VIRTIO_MEM_SIZE);
	virtio_end();
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = after,
};

/* Device @i gets a buffer, at a place of its own for each of the next four. */
static void buffer(unsigned int i, unsigned int place, __u32 size)
{
	struct vfio *v = use(i);

	memset(vmem + VIRTIO_IN + place * BUFFER, 0xee, BUFFER);
	vq_offer(&vq[RX], vq_piece(&vq[RX], VIRTIO_IN + place * BUFFER, size, WRITE));
	vq_kick(v, &vq[RX]);
}

static struct virtio_net_hdr_v1 header;

/* Device @i sends a frame of @size bytes that begins with @mark, behind @header. */
static void offer(unsigned int i, __u32 size, __u8 mark)
{
	struct vfio *v = use(i);
	unsigned int place = vq[TX].avail % 4 * BUFFER;
	__u32 n;

	memcpy(vmem + VIRTIO_OUT + place, &header, HEADER);
	for (n = 0; n < size; n++)
		vmem[VIRTIO_OUT + place + HEADER + n] = mark + n * 3;
	vq_offer(&vq[TX], vq_piece(&vq[TX], VIRTIO_OUT + place, HEADER + size, 0));
	vq_kick(v, &vq[TX]);
}

static void send(unsigned int i, __u32 size, __u8 mark)
{
	offer(i, size, mark);
	EXPECT_EQ(vq_wait(&vq[TX], NULL), 0);
}

/* It arrives at device @i, in the buffer at @place. */
static struct virtio_net_hdr_v1 *arrives(unsigned int i, unsigned int place, __u32 size, __u8 mark)
{
	__u8 *come;
	__u32 n;

	use(i);
	come = vmem + VIRTIO_IN + place * BUFFER;
	EXPECT_EQ(vq_wait(&vq[RX], NULL), (long)(HEADER + size));
	for (n = 0; n < size && come[HEADER + n] == (__u8)(mark + n * 3); n++)
		;
	EXPECT_EQ(n, size);
	if (n < size)
		EXPECT_EQ(come[HEADER + n], (__u8)(mark + n * 3));
	EXPECT_EQ(come[HEADER + size], 0xee);
	return (struct virtio_net_hdr_v1 *)come;
}

/* The dump has this line, as soon as what it counts has happened. */
static bool dumped(const struct mdev *m, const char *line)
{
	char text[4096] = "", path[128];
	FILE *f;

	snprintf(path, sizeof(path), MDEV_DEVICES "/%s/mdev_bpf/dump", m->uuid);
	f = fopen(path, "r");
	if (!f)
		return false;
	fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	return strstr(text, line);
}

MTAP_TEST(configuration)
{
	unsigned int i;
	__u8 mac[6];

	/* From the UUID */
	for (i = 0; i < 6; i++)
		mac[i] = virtio_get(a, DEV(mac) + i, 1);
	EXPECT_EQ(mac[0], 2);
	for (i = 0; i < 6; i++)
		mac[i] ^= virtio_get(&b, DEV(mac) + i, 1);
	EXPECT(memcmp(mac, "\0\0\0\0\0\0", 6));
	EXPECT_EQ(virtio_get(a, DEV(mtu), 2), 1500);
	EXPECT(virtio_offered(a) & F(VIRTIO_NET_F_HOST_TSO4));
	EXPECT(!(virtio_offered(a) & F(VIRTIO_F_RING_PACKED)));
	vfio_close(a);
	EXPECT_EQ(set(&dev_mdev, "mac", "52:54:00:Ab:CD:ef"), 0);
	EXPECT_EQ(set(&dev_mdev, "mtu", "9000"), 0);
	EXPECT_EQ(set(&dev_mdev, "offload", "0"), 0);
	EXPECT_EQ(set(&dev_mdev, "packed", "1"), 0);
	plug_in(0, &dev_mdev, F_PLAIN);
	for (i = 0; i < 6; i++)
		mac[i] = virtio_get(a, DEV(mac) + i, 1);
	EXPECT(!memcmp(mac, "\x52\x54\x00\xab\xcd\xef", 6));
	EXPECT_EQ(virtio_get(a, DEV(mtu), 2), 9000);
	EXPECT(!(virtio_offered(a) & F_TSO & ~F_PLAIN));
	EXPECT(virtio_offered(a) & F(VIRTIO_F_RING_PACKED));
	vfio_close(a);
	/* No address */
	EXPECT_EQ(set(&dev_mdev, "mac", "53:54:00:ab:cd:ef"), 0);
	plug_in(0, &dev_mdev, F_PLAIN);
	EXPECT_EQ(virtio_get(a, DEV(mac), 1), 2);
}

MTAP_TEST(frames)
{
	unsigned int i;

	buffer(1, 0, BUFFER);
	send(0, 60, 1);
	EXPECT_EQ(arrives(1, 0, 60, 1)->num_buffers, 1);
	buffer(0, 0, BUFFER);
	send(1, 1514, 2);
	arrives(0, 0, 1514, 2);
	/* All of it in order, whatever the sizes; before there are buffers, and after */
	for (i = 0; i < 4; i++)
		send(0, 1 + i * 1700, i);
	for (i = 0; i < 4; i++)
		buffer(1, i, BUFFER);
	for (i = 0; i < 4; i++)
		arrives(1, i, 1 + i * 1700, i);
	for (i = 0; i < 40; i++) {
		buffer(1, i % 4, BUFFER);
		offer(0, 100 + i, i);
		arrives(1, i % 4, 100 + i, i);
		use(0);
		EXPECT_EQ(vq_wait(&vq[TX], NULL), 0);
	}
	EXPECT(dumped(&dev_mdev, "link 1, sent 45, received 1\n"));
	EXPECT(dumped(&mdev_b, "dropped: no link 0, no room 0, wrong 0, unfit 0\n"));
}

/* What one driver leaves to the other: the header says so. */
MTAP_TEST(offloads)
{
	struct virtio_net_hdr_v1 *come;

	up(0, F_PLAIN | F_TSO);
	up(1, F_PLAIN | F_TSO);
	header = (struct virtio_net_hdr_v1){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .hdr_len = 54, .gso_size = 1448,
		.csum_start = 34, .csum_offset = 16, .num_buffers = 99,
	};
	buffer(1, 0, BUFFER);
	send(0, 6000, 1);
	come = arrives(1, 0, 6000, 1);
	EXPECT_EQ(come->flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	EXPECT_EQ(come->gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	EXPECT_EQ(come->gso_size, 1448);
	EXPECT_EQ(come->csum_start, 34);
	EXPECT_EQ(come->csum_offset, 16);
	EXPECT_EQ(come->num_buffers, 1);
	/* The other driver does not want such frames: it gets none, and the next one fits. */
	up(1, F_PLAIN | F_CSUMS);
	buffer(1, 0, BUFFER);
	send(0, 6000, 1);
	EXPECT(mtap_await(dumped(&mdev_b, "unfit 1\n")));
	memset(&header, 0, sizeof(header));
	send(0, 60, 2);
	arrives(1, 0, 60, 2);
}

static const struct virtio_net_hdr_v1 wrong_headers[] = {
	{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 50, .csum_offset = 9 },
	{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 0xffff, .csum_offset = 0xffff },
	{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 100 },
	{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 },
	{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
	  .gso_size = 100 },
	{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_type = VIRTIO_NET_HDR_GSO_UDP,
	  .gso_size = 100 },
	{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .gso_size = 100,
	  .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN },
	{ .gso_type = 0x55 },
};

/* Headers that would harm the driver at the other end do not get there. */
MTAP_TEST(wrong_frames)
{
	char line[80];
	unsigned int i;

	up(0, F_PLAIN | F_TSO);
	up(1, F_PLAIN | F_TSO);
	buffer(1, 0, BUFFER);
	for (i = 0; i < ARRAY_SIZE(wrong_headers); i++) {
		header = wrong_headers[i];
		send(0, 60, 1);
	}
	memset(&header, 0, sizeof(header));
	use(0);
	/* Without a byte behind the header, or without all of it */
	for (i = 0; i < 2; i++) {
		vq_offer(&vq[TX], vq_piece(&vq[TX], VIRTIO_OUT, HEADER - i, 0));
		vq_kick(a, &vq[TX]);
		EXPECT_EQ(vq_wait(&vq[TX], NULL), 0);
	}
	snprintf(line, sizeof(line), "wrong %zu, unfit 0\n", ARRAY_SIZE(wrong_headers) + 2);
	EXPECT(dumped(&dev_mdev, line));
	/* What a driver has not accepted is wrong as well. */
	up(0, F_PLAIN);
	header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	send(0, 60, 1);
	memset(&header, 0, sizeof(header));
	send(0, 60, 3);
	arrives(1, 0, 60, 3);
	/* A buffer that is too small stays for a frame that fits. */
	buffer(1, 1, HEADER + 100);
	send(0, 101, 4);
	send(0, 100, 5);
	use(1);
	EXPECT_EQ(vq_wait(&vq[RX], NULL), (long)HEADER + 100);
	EXPECT(dumped(&mdev_b, "unfit 1\n"));
	EXPECT(!(virtio_status(a) & VIRTIO_CONFIG_S_NEEDS_RESET));
}

/* The driver at the other end takes nothing: frames wait, for a while, and then are dropped. */
MTAP_TEST(no_buffers)
{
	unsigned int i, sent;

	for (sent = 0; sent < 60; sent++)
		send(0, 7000, sent);
	EXPECT(!dumped(&dev_mdev, "no room 0,"));
	/* Those that came first are there, */
	for (i = 0; i < 4; i++)
		buffer(1, i, BUFFER);
	for (i = 0; i < 4; i++)
		arrives(1, i, 7000, i);
	/* and when there is room again, frames arrive again. */
	for (i = 4; i < 60; i++) {
		buffer(1, 0, BUFFER);
		send(0, 60, 0);
		use(1);
		EXPECT(vq_wait(&vq[RX], NULL) > 0);
	}
	EXPECT(!(virtio_status(a) & VIRTIO_CONFIG_S_NEEDS_RESET));
	EXPECT(!(virtio_status(&b) & VIRTIO_CONFIG_S_NEEDS_RESET));
}

MTAP_TEST(link_changes)
{
	event_take(virtio_event[QUEUES]);
	vfio_close(&b);
	EXPECT(event_wait(virtio_event[QUEUES]));
	EXPECT_EQ(link(a), 0);
	send(0, 60, 1);
	EXPECT(dumped(&dev_mdev, "dropped: no link 1,"));
	plug_in(1, &mdev_b, F_PLAIN);
	EXPECT(event_wait(virtio_event[QUEUES]));
	EXPECT_EQ(link(a), VIRTIO_NET_S_LINK_UP);
	EXPECT_EQ(link(&b), VIRTIO_NET_S_LINK_UP);
	buffer(1, 0, BUFFER);
	send(0, 60, 2);
	arrives(1, 0, 60, 2);
	vfio_close(&b);
	ASSERT_EQ(mdev_remove(&mdev_b), 0);
	EXPECT(mtap_await(!link(a)));
	send(0, 60, 1);
}

/* The driver resets the device, or the function, while frames arrive. */
MTAP_TEST(resets)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		offer(0, 60, i);
		offer(1, 60, i);
		use(1);
		if (i % 2)
			ASSERT_EQ(vfio_reset(&b), 0);
		else
			virtio_reset(&b);
		ASSERT_EQ(vfio_set(&b, CONFIG, PCI_COMMAND, 2,
				   PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY), 0);
		up(1, F_PLAIN);
		use(0);
		EXPECT_EQ(vq_wait(&vq[TX], NULL), 0);
		buffer(0, 0, BUFFER);
	}
	up(0, F_PLAIN);
	buffer(1, 0, BUFFER);
	send(0, 333, 9);
	use(1);
	EXPECT(vq_wait(&vq[RX], NULL) > 0);
	EXPECT_EQ(link(a), VIRTIO_NET_S_LINK_UP);
	EXPECT_EQ(link(&b), VIRTIO_NET_S_LINK_UP);
}

static int command(const void *bytes, __u32 size)
{
	__u64 ack = VIRTIO_OUT + VIRTIO_PAGE;
	unsigned int head;

	use(0);
	memcpy(vmem + VIRTIO_OUT, bytes, size);
	vmem[ack] = 0x77;
	head = vq_piece(&vq[CONTROL], VIRTIO_OUT, size, VRING_DESC_F_NEXT);
	vq_piece(&vq[CONTROL], ack, 1, WRITE);
	vq_offer(&vq[CONTROL], head);
	vq_kick(a, &vq[CONTROL]);
	EXPECT_EQ(vq_wait(&vq[CONTROL], NULL), 1);
	return vmem[ack];
}

MTAP_TEST(commands)
{
	__u8 address[] = { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, 2, 3, 4, 5, 6, 7 };
	__u8 mode[] = { VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, 1 };
	__u8 table[] = { VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, 0, 0, 0, 0,
			 0, 0, 0, 0 };

	EXPECT_EQ(command(mode, sizeof(mode)), VIRTIO_NET_OK);
	mode[1] = VIRTIO_NET_CTRL_RX_NOBCAST;
	EXPECT_EQ(command(mode, sizeof(mode)), VIRTIO_NET_ERR);
	EXPECT_EQ(command(table, sizeof(table)), VIRTIO_NET_OK);
	EXPECT_EQ(command(address, sizeof(address)), VIRTIO_NET_OK);
	EXPECT_EQ(virtio_get(a, DEV(mac) + 5, 1), 7);
	address[2] = 1;
	address[7] = 8;
	EXPECT_EQ(command(address, sizeof(address)), VIRTIO_NET_ERR);
	EXPECT_EQ(command(address, 5), VIRTIO_NET_ERR);
	EXPECT_EQ(virtio_get(a, DEV(mac) + 5, 1), 7);
	mode[0] = 0x66;
	EXPECT_EQ(command(mode, sizeof(mode)), VIRTIO_NET_ERR);
	EXPECT(!(virtio_status(a) & VIRTIO_CONFIG_S_NEEDS_RESET));
	/* A command without room for the answer */
	use(0);
	vq_offer(&vq[CONTROL], vq_piece(&vq[CONTROL], VIRTIO_OUT, 3, 0));
	vq_kick(a, &vq[CONTROL]);
	EXPECT(mtap_await(virtio_status(a) & VIRTIO_CONFIG_S_NEEDS_RESET));
}

/* One end is migrated: the other one's link goes down, and up again when it runs. */
MTAP_TEST(migrates)
{
	struct vring_used *used;

	buffer(1, 0, BUFFER);
	send(0, 60, 1);
	arrives(1, 0, 60, 1);
	buffer(1, 1, BUFFER);
	len = mig_save(&b, stream, sizeof(stream));
	ASSERT(len > 0);
	EXPECT(mtap_await(!link(a)));
	send(0, 60, 2);
	EXPECT(dumped(&dev_mdev, "dropped: no link 1,"));
	/* The same device is the target: its cable is the same */
	vfio_close(&b);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
	virtio_plug(use(1), QUEUES);
	EXPECT_EQ(mig_load(&b, stream, len), 0);
	EXPECT(mtap_await(!link(a)));
	go(&b);
	EXPECT(mtap_await(link(a)));
	/* The buffer has travelled with it */
	used = vq_used(&vq[RX]);
	EXPECT_EQ(used->idx, 1);
	send(0, 99, 3);
	arrives(1, 1, 99, 3);
	EXPECT_EQ(link(&b), VIRTIO_NET_S_LINK_UP);
}

/* Another program takes both ends over, while frames are sent. */
MTAP_TEST(replaced)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		buffer(1, i % 4, BUFFER);
		offer(0, 1000, i);
		ASSERT_EQ(prog_open(&dev_prog2, NET, NULL), 0);
		ASSERT_EQ(prog_load(&dev_prog2), 0);
		ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
		prog_close(&dev_prog2);
		use(0);
		EXPECT_EQ(vq_wait(&vq[TX], NULL), 0);
		arrives(1, i % 4, 1000, i);
	}
	EXPECT_EQ(link(a), VIRTIO_NET_S_LINK_UP);
}
