// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: what one end of a cable sends to the other.
 *
 * The frames to an end are in a ring of bytes, each behind its size, from multiples of 8. The ring
 * has one writer and one reader at a time: an op of the other device, and one of this device, each
 * under its own gate. So it needs no lock.
 */
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/barrier.h>

#include "cable/cable.h"
#include "device/device.h"
#include "gate/gate.h"
#include "memory/memory.h"

#define FRAME_ALIGN	8u
#define FRAME_HEADER	8u

static_assert(MDEV_BPF_MAX_FRAME + FRAME_HEADER <= MDEV_BPF_CABLE_RING);

/* The bytes that a frame takes in the ring */
static u32 frame_room(u32 size)
{
	return FRAME_HEADER + ALIGN(size, FRAME_ALIGN);
}

static u32 *frame_size(const struct mdev_bpf_cable_end *end, u32 position)
{
	return (u32 *)&end->ring[position & (MDEV_BPF_CABLE_RING - 1)];
}

/* Copy to the ring, or from it, a piece that does not wrap around. */
static int copy_piece(u8 *ring, const struct mdev_bpf_cable_data *data, u32 done, u32 size,
		      bool to_ring)
{
	if (!data->state)
		return mdev_bpf_memory_rw(data->mem, data->offset + done, ring, size, !to_ring,
					  GFP_NOWAIT);
	if (to_ring)
		memcpy(ring, data->state + done, size);
	else
		memcpy(data->state + done, ring, size);
	return 0;
}

static int copy_frame(const struct mdev_bpf_cable_end *end, u32 position,
		      const struct mdev_bpf_cable_data *data, u32 size, bool to_ring)
{
	u32 done, n, at;
	int ret;

	for (done = 0; done < size; done += n) {
		at = (position + FRAME_HEADER + done) & (MDEV_BPF_CABLE_RING - 1);
		n = min(size - done, MDEV_BPF_CABLE_RING - at);
		ret = copy_piece(end->ring + at, data, done, n, to_ring);
		if (ret)
			return ret;
	}
	return 0;
}

static u32 bytes_free(struct mdev_bpf_cable_end *end)
{
	/* Pairs with the release in drop(): what is free has been read */
	return MDEV_BPF_CABLE_RING - (end->head - smp_load_acquire(&end->tail));
}

/* Is there room for a frame? If not, the reader rings this end when it has made some. */
static bool has_room(struct mdev_bpf_cable_end *to, u32 room)
{
	if (bytes_free(to) >= room)
		return true;
	WRITE_ONCE(to->starved, true);
	/* Pairs with the one in drop(): the reader sees @starved, or this task sees the room */
	smp_mb();
	return bytes_free(to) >= room;
}

/**
 * mdev_bpf_cable_put() - send a frame to the other end
 * @end: the end of the device that sends
 * @data: the frame
 * @size: number of bytes, 1 to MDEV_BPF_MAX_FRAME
 *
 * Context: An op of the device, so the gate is held.
 *
 * Return: 0; -ENOTCONN if there is no other end; -EHOSTDOWN if its device does not run; -ENOBUFS if
 * there is no room; -ENOMEM.
 */
int mdev_bpf_cable_put(const struct mdev_bpf_cable_end *end, const struct mdev_bpf_cable_data *data,
		       u32 size)
{
	struct mdev_bpf_cable_end *to;
	u32 head;
	int ret;

	mdev_bpf_gate_assert_held(end->bdev);
	guard(rcu)();
	to = rcu_dereference(end->peer);
	if (!to)
		return -ENOTCONN;
	/* Not even bytes of it may get there, or the next user would */
	if (READ_ONCE(to->bdev->deferred.frozen))
		return -EHOSTDOWN;
	if (!has_room(to, frame_room(size)))
		return -ENOBUFS;
	head = to->head;
	ret = copy_frame(to, head, data, size, true);
	if (ret)
		return ret;
	*frame_size(to, head) = size;
	/* Pairs with the acquire in is_empty() */
	smp_store_release(&to->head, head + frame_room(size));
	mdev_bpf_cable_ring_end(to);
	return 0;
}

static bool is_empty(const struct mdev_bpf_cable_end *end)
{
	/* Pairs with the release in mdev_bpf_cable_put() */
	return smp_load_acquire(&end->head) == end->tail;
}

/**
 * mdev_bpf_cable_first() - the size of the first frame that has arrived
 * @end: the end of the device that receives
 *
 * Context: An op of the device, so the gate is held.
 *
 * Return: number of bytes; -EAGAIN if there is none.
 */
s64 mdev_bpf_cable_first(const struct mdev_bpf_cable_end *end)
{
	mdev_bpf_gate_assert_held(end->bdev);
	if (is_empty(end))
		return -EAGAIN;
	return *frame_size(end, end->tail);
}

/* Make room, and tell the writer, if it waits. It is told once, when half of the ring is free. */
static void drop(struct mdev_bpf_cable_end *end, u32 tail)
{
	/* Pairs with the acquire in bytes_free() */
	smp_store_release(&end->tail, tail);
	/* Pairs with the one in has_room() */
	smp_mb();
	if (!READ_ONCE(end->starved) ||
	    READ_ONCE(end->head) - tail > MDEV_BPF_CABLE_RING / 2)
		return;
	WRITE_ONCE(end->starved, false);
	mdev_bpf_cable_ring_peer(end);
}

/**
 * mdev_bpf_cable_take() - take the first frame that has arrived
 * @end: the end of the device that receives
 * @data: where to store it
 * @size: number of bytes there; the rest of the frame is lost
 *
 * Context: An op of the device, so the gate is held.
 *
 * Return: size of the frame; -EAGAIN if there is none; -ENOMEM, and then the frame stays.
 */
s64 mdev_bpf_cable_take(struct mdev_bpf_cable_end *end, const struct mdev_bpf_cable_data *data,
			u32 size)
{
	s64 ret = mdev_bpf_cable_first(end);
	int err;

	if (ret < 0)
		return ret;
	err = copy_frame(end, end->tail, data, min_t(u32, size, ret), false);
	if (err)
		return err;
	drop(end, end->tail + frame_room(ret));
	return ret;
}

/**
 * mdev_bpf_cable_clear() - drop all frames that have arrived, for a reset or a new user
 * @bdev: the device
 *
 * Context: Process context, the gate held.
 */
void mdev_bpf_cable_clear(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_cable_end *end;
	unsigned int i;

	for (i = 0; i < bdev->params.nr; i++) {
		end = mdev_bpf_cable_end(bdev, i);
		/* Frames that come later are kept */
		if (end)
			drop(end, READ_ONCE(end->head));
	}
}
