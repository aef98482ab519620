// SPDX-License-Identifier: GPL-2.0-only
/* Implements virtio.h. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "irqs.h"
#include "mtap.h"
#include "pair.h"
#include "virtio.h"

#define TABLE_SIZE	(VQ_SIZE * sizeof(struct vring_desc))

__u8 *vmem;
int virtio_event[VQ_MAX + 1];
struct vq vq[VQ_MAX];

struct virtio_place virtio_find(const struct vfio *v, unsigned int type)
{
	struct virtio_place place = {};
	unsigned int at, limit = 48;

	for (at = vfio_get(v, CONFIG, PCI_CAPABILITY_LIST, 1); at && limit--;
	     at = vfio_get(v, CONFIG, at + PCI_CAP_LIST_NEXT, 1)) {
		if (vfio_get(v, CONFIG, at, 1) != PCI_CAP_ID_VNDR ||
		    vfio_get(v, CONFIG, at + VIRTIO_PCI_CAP_CFG_TYPE, 1) != type)
			continue;
		place.cap = at;
		place.bar = vfio_get(v, CONFIG, at + VIRTIO_PCI_CAP_BAR, 1);
		place.offset = vfio_get(v, CONFIG, at + VIRTIO_PCI_CAP_OFFSET, 4);
		place.length = vfio_get(v, CONFIG, at + VIRTIO_PCI_CAP_LENGTH, 4);
		if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
			place.multiplier = vfio_get(v, CONFIG, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
		break;
	}
	return place;
}

void virtio_begin(void)
{
	unsigned int i;

	vmem = mmap(NULL, VIRTIO_MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	ASSERT(vmem != MAP_FAILED);
	for (i = 0; i < ARRAY_SIZE(virtio_event); i++)
		virtio_event[i] = event_new();
}

void virtio_end(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(virtio_event); i++)
		close(virtio_event[i]);
	munmap(vmem, VIRTIO_MEM_SIZE);
}

void virtio_after(void)
{
	missing_end();
	pair_close();
	dev_unload();
	virtio_end();
}

void virtio_plug(const struct vfio *v, unsigned int vectors)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)vmem, .iova = VIRTIO_MEM,
		.size = VIRTIO_MEM_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	ASSERT_EQ(ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map), 0);
	if (vectors)
		ASSERT_EQ(vfio_irq_fds(v, MSIX, 0, vectors + 1, virtio_event), 0);
	ASSERT_EQ(vfio_set(v, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY), 0);
}

__u64 virtio_get(const struct vfio *v, unsigned int offset, unsigned int size)
{
	__s64 val = vfio_get(v, 0, offset, size);

	ASSERT(val >= 0 || size == 8);
	return val;
}

void virtio_set(const struct vfio *v, unsigned int offset, unsigned int size, __u64 val)
{
	ASSERT_EQ(vfio_set(v, 0, offset, size, val), 0);
}

__u8 virtio_status(const struct vfio *v)
{
	return virtio_get(v, COMMON(device_status));
}

__u64 virtio_offered(const struct vfio *v)
{
	__u64 low;

	virtio_set(v, COMMON(device_feature_select), 0);
	low = virtio_get(v, COMMON(device_feature));
	virtio_set(v, COMMON(device_feature_select), 1);
	return low | virtio_get(v, COMMON(device_feature)) << 32;
}

void virtio_reset(const struct vfio *v)
{
	virtio_set(v, COMMON(device_status), 0);
	ASSERT(mtap_await(!virtio_status(v)));
}

__u8 virtio_negotiate(const struct vfio *v, __u64 features)
{
	unsigned int i;

	virtio_reset(v);
	virtio_set(v, COMMON(device_status), VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_set(v, COMMON(device_status), VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	for (i = 0; i < 2; i++) {
		virtio_set(v, COMMON(guest_feature_select), i);
		virtio_set(v, COMMON(guest_feature), features >> 32 * i & 0xffffffff);
	}
	virtio_set(v, COMMON(device_status), virtio_status(v) | VIRTIO_CONFIG_S_FEATURES_OK);
	for (i = 0; i < VQ_MAX; i++)
		vq[i] = (struct vq) {
			.nr = i, .size = VQ_SIZE, .vector = i, .event_idx = features & F_EVENT_IDX,
		};
	return virtio_status(v);
}

static __u64 area(const struct vq *q, unsigned int which)
{
	return (q->nr * VQ_PAGES + which) * VIRTIO_PAGE;
}

struct vring_desc *vq_desc(const struct vq *q, unsigned int i)
{
	return (struct vring_desc *)(vmem + area(q, 0)) + i;
}

struct vring_avail *vq_avail(const struct vq *q)
{
	return (struct vring_avail *)(vmem + area(q, 1));
}

struct vring_used *vq_used(const struct vq *q)
{
	return (struct vring_used *)(vmem + area(q, 2));
}

__u64 vq_table_addr(const struct vq *q, unsigned int i)
{
	return VIRTIO_MEM + area(q, 3) + i * TABLE_SIZE;
}

struct vring_desc *vq_table(const struct vq *q, unsigned int i)
{
	return (struct vring_desc *)(vmem + area(q, 3) + i * TABLE_SIZE);
}

void vq_select(const struct vfio *v, unsigned int nr)
{
	virtio_set(v, COMMON(queue_select), nr);
}

void vq_up(const struct vfio *v, unsigned int nr)
{
	struct vq *q = &vq[nr];

	memset(vmem + area(q, 0), 0, VQ_PAGES * VIRTIO_PAGE);
	q->avail = 0;
	q->used = 0;
	q->desc = 0;
	vq_select(v, nr);
	virtio_set(v, COMMON(queue_size), q->size);
	virtio_set(v, COMMON(queue_msix_vector), q->vector);
	virtio_set(v, COMMON(queue_desc_lo), VIRTIO_MEM + area(q, 0));
	virtio_set(v, COMMON(queue_desc_hi), 0);
	virtio_set(v, COMMON(queue_avail_lo), VIRTIO_MEM + area(q, 1));
	virtio_set(v, COMMON(queue_avail_hi), 0);
	virtio_set(v, COMMON(queue_used_lo), VIRTIO_MEM + area(q, 2));
	virtio_set(v, COMMON(queue_used_hi), 0);
	virtio_set(v, COMMON(queue_enable), 1);
}

void virtio_up(const struct vfio *v, __u64 features, unsigned int queues)
{
	unsigned int i;

	ASSERT(virtio_negotiate(v, features) & VIRTIO_CONFIG_S_FEATURES_OK);
	virtio_set(v, COMMON(msix_config), queues);
	for (i = 0; i < queues; i++)
		vq_up(v, i);
	virtio_set(v, COMMON(device_status), virtio_status(v) | VIRTIO_CONFIG_S_DRIVER_OK);
}

unsigned int vq_piece(struct vq *q, __u64 offset, __u32 size, unsigned int flags)
{
	unsigned int i = q->desc++ % q->size;

	*vq_desc(q, i) = (struct vring_desc) {
		.addr = VIRTIO_MEM + offset, .len = size, .flags = flags,
		.next = (i + 1) % q->size,
	};
	return i;
}

void vq_offer(struct vq *q, unsigned int head)
{
	struct vring_avail *avail = vq_avail(q);

	avail->ring[q->avail++ % q->size] = head;
	__atomic_store_n(&avail->idx, q->avail, __ATOMIC_RELEASE);
}

void vq_kick(const struct vfio *v, const struct vq *q)
{
	struct virtio_place notify = virtio_find(v, VIRTIO_PCI_CAP_NOTIFY_CFG);

	ASSERT_EQ(vfio_set(v, notify.bar, notify.offset + q->nr * notify.multiplier, 2, q->nr), 0);
}

bool vq_idle(const struct vq *q)
{
	return __atomic_load_n(&vq_used(q)->idx, __ATOMIC_ACQUIRE) == q->used;
}

long vq_wait(struct vq *q, unsigned int *id)
{
	struct vring_used_elem *elem;

	if (!mtap_await(!vq_idle(q)))
		return -ETIME;
	elem = &vq_used(q)->ring[q->used++ % q->size];
	if (id)
		*id = elem->id;
	return elem->len;
}
