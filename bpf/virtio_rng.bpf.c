// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-rng: a source of random numbers (virtio 1.2, 5.4). Each request gets bytes of the host's
 * generator. Documentation/devices/virtio.rst describes it.
 */
#define VIRTIO_QUEUES		1
#define VIRTIO_QUEUE_SIZE	64
#define VIRTIO_DEPTH		8
#define VIRTIO_OWN		struct rng_request

#include <linux/types.h>

#define RNG_BYTES	256	/* most that a request gets; the driver makes another for more */

struct rng_request {
	__u8 bytes[RNG_BYTES];
};

#include "mdev_virtio.bpf.h"

struct rng_state {
	struct virtio v;
};

static __u64 virtio_offer(struct mdev_bpf_dev *dev)
{
	return VIRTIO_FEATURE(VIRTIO_F_RING_PACKED);
}

static void virtio_configure(struct mdev_bpf_dev *dev, struct virtio *v)
{
}

static void virtio_begin(unsigned long long *ctx, struct mdev_bpf_dev *dev,
			 struct virtio *v, struct virtio_chain *c, __u64 n)
{
	__u64 size = c->in_size < RNG_BYTES ? c->in_size : RNG_BYTES;
	__u64 from = virtio_in_chain(n, own);

	mdev_bpf_random(dev, c->own.bytes, RNG_BYTES);
	if (!size || virtio_copy(dev, v, c, n, MDEV_BPF_DMA_WRITE, from, size))
		virtio_end(ctx, n, 0);
}

static void virtio_continue(unsigned long long *ctx, struct mdev_bpf_dev *dev,
			    struct virtio *v, struct virtio_chain *c, __u64 n,
			    int error)
{
	/* What the guest uses as a key does not stay here. */
	__builtin_memset(c->own.bytes, 0, RNG_BYTES);
	virtio_end(ctx, n, error ? 0 : c->request.size);
}

MDEV_BPF_DEVICE(virtio_rng,
		.description = "A source of random numbers",
		.types = { { .name = "1", .pretty_name = "virtio-rng" } },
		.state_size = sizeof(struct rng_state),
		.regions = { VIRTIO_REGION },
		.registers = { VIRTIO_REGISTERS },
		VIRTIO_MEMBERS(VIRTIO_ID_RNG, 0xff0000));

char _license[] SEC("license") = "GPL";
