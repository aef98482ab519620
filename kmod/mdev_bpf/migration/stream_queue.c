// SPDX-License-Identifier: GPL-2.0-only
/* Section queues of the migration stream: the states of the queues, and which of them are due. */
#include <linux/string.h>

#include "device/device.h"
#include "device/state.h"
#include "gate/gate.h"
#include "migration/stream.h"
#include "migration/stream_queue.h"
#include "queue/queue.h"

/**
 * mdev_bpf_stream_queue_size() - compute the size of section queues
 * @bdev: the device
 *
 * Context: Any; without the gate, the answer may be outdated.
 *
 * Return: the number of bytes; 0 if the device has no queues.
 */
size_t mdev_bpf_stream_queue_size(struct mdev_bpf_device *bdev)
{
	unsigned int nr = bdev->queues.nr;

	return nr ? sizeof(struct stream_queues) + nr * (size_t)bdev->state.cur.queue_size : 0;
}

/**
 * mdev_bpf_stream_queue_save() - write section queues
 * @bdev: the device, stopped
 * @data: buffer of mdev_bpf_stream_queue_size() bytes, zeroed
 *
 * Context: The gate held; the values of doorbells have been put into the states.
 */
void mdev_bpf_stream_queue_save(struct mdev_bpf_device *bdev, void *data)
{
	u32 size = bdev->state.cur.queue_size;
	struct stream_queues *s = data;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	s->due = cpu_to_le64(mdev_bpf_queue_due(bdev));
	s->nr = cpu_to_le32(bdev->queues.nr);
	s->size = cpu_to_le32(size);
	data += sizeof(*s);
	for (i = 0; i < bdev->queues.nr; i++, data += size)
		memcpy(data, mdev_bpf_state_queue(bdev->state.cur.block, i), size);
}

/**
 * mdev_bpf_stream_queue_check() - check whether the device could have saved this section queues
 * @bdev: the device
 * @data: the section
 * @size: number of bytes, at most mdev_bpf_stream_queue_size()
 *
 * States of another version may be shorter. Their version has been checked with the header.
 *
 * Context: The gate held.
 *
 * Return: true if it could.
 */
bool mdev_bpf_stream_queue_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_queues *s = data;

	mdev_bpf_gate_assert_held(bdev);
	if (size < sizeof(*s) || le32_to_cpu(s->nr) != bdev->queues.nr ||
	    le32_to_cpu(s->size) > bdev->state.cur.queue_size)
		return false;
	return size == sizeof(*s) + bdev->queues.nr * (size_t)le32_to_cpu(s->size) &&
	       !(le64_to_cpu(s->due) >> bdev->queues.nr);
}

/**
 * mdev_bpf_stream_queue_load() - load section queues
 * @bdev: the device, stopped
 * @data: the section, checked
 * @size: number of bytes
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_queue_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_queues *s = data;
	u32 bytes = le32_to_cpu(s->size), rest = bdev->state.cur.queue_size - bytes;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_queue_set_due(bdev, le64_to_cpu(s->due));
	data += sizeof(*s);
	for (i = 0; i < bdev->queues.nr; i++, data += bytes) {
		void *state = mdev_bpf_state_queue(bdev->state.cur.block, i);

		memcpy(state, data, bytes);
		memset(state + bytes, 0, rest);
	}
}
