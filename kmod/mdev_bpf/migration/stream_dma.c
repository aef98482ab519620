// SPDX-License-Identifier: GPL-2.0-only
/*
 * The section of the migration stream with DMA requests.
 *
 * Requests are saved as they are, since none is in progress while the device is stopped. Pinned
 * windows only exist on this host. They are saved as requests to pin, before all other requests, so
 * dma_done is called at the target when they are pinned again.
 */
#include "device/device.h"
#include "dma/guest.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "dma/runner.h"
#include "migration/stream.h"
#include "migration/stream_dma.h"

static bool pin_is_saved(const struct mdev_bpf_pin *pin)
{
	return pin->state == MDEV_BPF_PIN_READY;
}

/**
 * mdev_bpf_stream_dma_size() - compute the size of section dma
 * @bdev: the device
 *
 * Context: The gate held.
 *
 * Return: the number of bytes.
 */
size_t mdev_bpf_stream_dma_size(struct mdev_bpf_device *bdev)
{
	unsigned int i, nr = bdev->dma.nr;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < bdev->dma.windows; i++)
		nr += pin_is_saved(&bdev->dma.pins[i]);
	return nr * sizeof(struct stream_dma);
}

/**
 * mdev_bpf_stream_dma_save() - write section dma
 * @bdev: the device, whose DMA is held
 * @data: buffer of mdev_bpf_stream_dma_size() bytes, zeroed
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_dma_save(struct mdev_bpf_device *bdev, void *data)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	struct stream_dma *s = data;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < bdev->dma.windows; i++) {
		if (!pin_is_saved(&q->pins[i]))
			continue;
		s->iova = cpu_to_le64(q->pins[i].iova);
		s->id = cpu_to_le32(i);
		s->op = cpu_to_le32(MDEV_BPF_DMA_PIN);
		s->size = cpu_to_le32(q->pins[i].size);
		s++;
	}
	for (i = 0; i < q->nr; i++, s++) {
		const struct mdev_bpf_dma_request *req =
			&q->ring[(q->head + i) % MDEV_BPF_DMA_RING];

		s->iova = cpu_to_le64(req->iova);
		s->where = cpu_to_le64(req->where);
		s->id = cpu_to_le32(req->id);
		s->op = cpu_to_le32(req->op);
		s->size = cpu_to_le32(req->size);
		s->done = cpu_to_le32(req->done);
		s->error = cpu_to_le32(req->error);
	}
}

static bool request_check(struct mdev_bpf_device *bdev, const struct stream_dma *s)
{
	u32 size = le32_to_cpu(s->size), op = le32_to_cpu(s->op);
	s32 error = le32_to_cpu(s->error);

	if (!size || size > MDEV_BPF_MAX_DMA_SIZE || le32_to_cpu(s->done) > 1 || s->reserved ||
	    le64_to_cpu(s->iova) > U64_MAX - (size - 1) || error > 0 || error < -MAX_ERRNO)
		return false;
	if (op == MDEV_BPF_DMA_PIN)
		return le32_to_cpu(s->id) < bdev->dma.windows && !s->where;
	return op <= MDEV_BPF_DMA_WRITE &&
	       mdev_bpf_guest_where_ok(bdev, le64_to_cpu(s->where), size);
}

/**
 * mdev_bpf_stream_dma_check() - check whether the device could have saved this section dma
 * @bdev: the device
 * @data: the section
 * @size: number of bytes, at most the section's maximum
 *
 * Context: The gate held.
 *
 * Return: true if it could.
 */
bool mdev_bpf_stream_dma_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_dma *s = data;
	size_t i;

	mdev_bpf_gate_assert_held(bdev);
	if (size % sizeof(*s))
		return false;
	for (i = 0; i < size / sizeof(*s); i++)
		if (!request_check(bdev, &s[i]))
			return false;
	return true;
}

/**
 * mdev_bpf_stream_dma_load() - load section dma
 * @bdev: the device, whose DMA is held; its own requests are discarded
 * @data: the section, checked; NULL if it is absent
 * @size: number of bytes
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_dma_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	const struct stream_dma *s = data;
	size_t i;

	mdev_bpf_gate_assert_held(bdev);
	mdev_bpf_dma_runner_cancel(bdev);
	for (i = 0; i < size / sizeof(*s); i++, s++)
		q->ring[(q->head + i) % MDEV_BPF_DMA_RING] = (struct mdev_bpf_dma_request) {
			.iova = le64_to_cpu(s->iova),
			.where = le64_to_cpu(s->where),
			.id = le32_to_cpu(s->id),
			.op = le32_to_cpu(s->op),
			.size = le32_to_cpu(s->size),
			.done = le32_to_cpu(s->done),
			.error = le32_to_cpu(s->error),
		};
	q->nr = i;
	q->due = i;
}
