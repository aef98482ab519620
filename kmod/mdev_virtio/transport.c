// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport: what the kernel's virtio drivers call. It is that of virtio over PCI, but for the
 * addresses: those that a driver maps memory at are an address space of their own (iova.c), which
 * the drivers use because the transport adds VIRTIO_F_ACCESS_PLATFORM to the device's features.
 *
 * Drivers are written for devices that behave, and some check little. So features, status and
 * configuration only reach a driver if they can do no harm.
 */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/dma-map-ops.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#include "../compat.h"
#include "host.h"
#include "pci.h"
#include "queue.h"
#include "transport.h"

/* How long the device may take to reset */
#define RESET_LIMIT	(10 * HZ)

/* A configuration that changes so often while it is read never stands still */
#define CHANGES_MAX	1000U

/* Not EVENT_IDX, PACKED and RING_RESET: the program's ring is not the driver's */
#define TRANSPORT	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC))

/*
 * Drivers of other types wait for the device with interrupts off, or with locks held that the whole
 * machine needs. Other features of disks let a device say what virtio_blk does not check.
 */
static const struct mdev_virtio_type types[] = {
	{
		.id = VIRTIO_ID_BLOCK,
		.has_error = true,
		.error = VIRTIO_BLK_S_IOERR,
		.features = BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | BIT_ULL(VIRTIO_BLK_F_RO) |
			    BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | BIT_ULL(VIRTIO_BLK_F_FLUSH) |
			    BIT_ULL(VIRTIO_BLK_F_MQ) | BIT_ULL(VIRTIO_BLK_F_DISCARD) |
			    BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES),
	},
	{ .id = VIRTIO_ID_RNG },
};

/**
 * mdev_virtio_type_find() - what is known of a type of virtio device
 * @id: VIRTIO_ID_*
 *
 * Context: Any.
 *
 * Return: the type; NULL if the host does not take such devices.
 */
const struct mdev_virtio_type *mdev_virtio_type_find(u32 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].id == id)
			return &types[i];
	return NULL;
}

/* A member of a disk's configuration that the driver reads, no larger than @max. */
static void limit(unsigned int offset, void *buf, unsigned int len, unsigned int at,
		  unsigned int size, u64 max)
{
	__le64 val = 0;

	if (offset != at || len != size)
		return;
	memcpy(&val, buf, size);
	val = cpu_to_le64(min(le64_to_cpu(val), max));
	memcpy(buf, &val, size);
}

#define limit_blk(offset, buf, len, member, max)				\
	limit(offset, buf, len, offsetof(struct virtio_blk_config, member),	\
	      sizeof_field(struct virtio_blk_config, member), max)

static void transport_get(struct virtio_device *vdev, unsigned int offset, void *buf,
			  unsigned int len)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	const struct mdev_virtio_place *place = &host->places.device;

	/* Two halves, because the specification does not permit an access to all of it */
	if (len == sizeof(u64)) {
		mdev_virtio_pci_get(host, place, offset, buf, sizeof(u32));
		mdev_virtio_pci_get(host, place, offset + sizeof(u32), buf + sizeof(u32),
				    sizeof(u32));
	} else {
		mdev_virtio_pci_get(host, place, offset, buf, len);
	}
	if (vdev->id.device != VIRTIO_ID_BLOCK)
		return;
	limit_blk(offset, buf, len, capacity, LLONG_MAX >> SECTOR_SHIFT);
	limit_blk(offset, buf, len, num_queues, host->nr_queues);
	/* A request has a header and a status besides */
	limit_blk(offset, buf, len, seg_max, host->smallest - 2);
}

static void transport_set(struct virtio_device *vdev, unsigned int offset, const void *buf,
			  unsigned int len)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	const struct mdev_virtio_place *place = &host->places.device;

	if (len == sizeof(u64)) {
		mdev_virtio_pci_set(host, place, offset, buf, sizeof(u32));
		mdev_virtio_pci_set(host, place, offset + sizeof(u32), buf + sizeof(u32),
				    sizeof(u32));
	} else {
		mdev_virtio_pci_set(host, place, offset, buf, len);
	}
}

/* The virtio core reads again, without a limit, until it gets the same number twice. */
static u32 transport_generation(struct virtio_device *vdev)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	u32 generation;

	mdev_virtio_common_get(host, config_generation, &generation);
	if (generation == host->generation)
		host->changes = 0;
	else if (++host->changes == CHANGES_MAX)
		mdev_virtio_host_kill(host, "its configuration has changed %u times in a row",
				      CHANGES_MAX);
	host->generation = generation;
	return generation;
}

/*
 * The status is what the driver has written. The device can only refuse features, and ask for a
 * reset: drivers and the virtio core rely on the other bits.
 */
static u8 transport_get_status(struct virtio_device *vdev)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	int status = mdev_virtio_pci_status(host);

	if (status < 0)
		status = 0;
	if (!host->status)
		return 0;
	return (host->status & ~VIRTIO_CONFIG_S_FEATURES_OK) |
	       (host->status & status & VIRTIO_CONFIG_S_FEATURES_OK) |
	       (status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

static void transport_set_status(struct virtio_device *vdev, u8 status)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);

	host->status = status & ~VIRTIO_CONFIG_S_NEEDS_RESET;
	mdev_virtio_common_set(host, device_status, status);
}

/* Reset the program's device. Return: 0; an errno if it cannot, or takes too long. */
static int reset_device(struct mdev_virtio_host *host)
{
	unsigned long end = jiffies + RESET_LIMIT;
	int status;

	status = mdev_virtio_common_set(host, device_status, 0);
	if (status)
		return status;
	while ((status = mdev_virtio_pci_status(host)) > 0) {
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		usleep_range(100, 1000);
	}
	return status;
}

static void transport_reset(struct virtio_device *vdev)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	unsigned int i;
	int ret;

	if (!mdev_virtio_host_is_dead(host)) {
		ret = reset_device(host);
		if (ret)
			mdev_virtio_host_kill(host, "the program does not reset it (errno %d)",
					      -ret);
	}
	host->status = 0;
	for (i = 0; i < host->nr_queues; i++)
		mdev_virtio_queue_stop(&host->queues[i]);
	/* Whatever the program does: the driver has its memory back */
	mdev_virtio_iova_fence(&host->iova);
}

static u64 transport_get_features(struct virtio_device *vdev)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	u32 half[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(half); i++) {
		mdev_virtio_common_set(host, device_feature_select, i);
		mdev_virtio_common_get(host, device_feature, &half[i]);
	}
	return (((u64)half[1] << 32 | half[0]) & (TRANSPORT | host->type->features)) |
	       BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
}

static int transport_finalize_features(struct virtio_device *vdev)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	unsigned int i;
	u64 features;
	int ret = 0;

	vring_transport_features(vdev);
	if (!__virtio_test_bit(vdev, VIRTIO_F_VERSION_1))
		return -EINVAL;
	/* Of the address space, the device need not know */
	features = vdev->features & ~BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	for (i = 0; !ret && i < 2; i++) {
		ret = mdev_virtio_common_set(host, guest_feature_select, i);
		ret = ret ?: mdev_virtio_common_set(host, guest_feature, features >> (32 * i));
	}
	return ret;
}

static void transport_del_vqs(struct virtio_device *vdev)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	unsigned int i;

	for (i = 0; i < host->nr_queues; i++)
		mdev_virtio_queue_delete(&host->queues[i]);
	/* A driver may forget buffers in a queue that it deletes */
	mdev_virtio_iova_unmap_all(&host->iova);
}

static int find_queues(struct mdev_virtio_host *host, unsigned int nr, struct virtqueue *vqs[],
		       struct virtqueue_info infos[])
{
	unsigned int i, next = 0;

	host->smallest = MDEV_VIRTIO_ENTRIES;
	for (i = 0; i < nr; i++) {
		vqs[i] = NULL;
		if (!infos[i].name)
			continue;
		if (next >= host->nr_queues)
			return -ENOENT;
		vqs[i] = mdev_virtio_queue_new(&host->queues[next], &infos[i]);
		if (IS_ERR(vqs[i]))
			return PTR_ERR(vqs[i]);
		host->smallest = min(host->smallest, host->queues[next++].nr);
	}
	return 0;
}

/* Queues that are set up can only be taken from the device by a reset, so this comes last. */
static int enable_queues(struct mdev_virtio_host *host, unsigned int nr, struct virtqueue *vqs[])
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < nr; i++) {
		if (!vqs[i])
			continue;
		ret = mdev_virtio_common_set(host, queue_select, vqs[i]->index) ?:
		      mdev_virtio_common_set(host, queue_enable, 1);
	}
	return ret;
}

static int transport_find_vqs(struct virtio_device *vdev, unsigned int nr,
			      struct virtqueue *vqs[], struct virtqueue_info infos[],
			      struct irq_affinity *affinity)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	int ret;

	ret = mdev_virtio_common_set(host, msix_config, 0) ?:
	      find_queues(host, nr, vqs, infos) ?:
	      enable_queues(host, nr, vqs);
	if (ret)
		transport_del_vqs(vdev);
	return ret;
}

/* Wait until no callback of the driver is running that began before this. */
static void transport_synchronize_cbs(struct virtio_device *vdev)
{
	struct mdev_virtio_host *host = vdev_to_host(vdev);
	unsigned int i;

	for (i = 0; i < host->nr_queues; i++) {
		mutex_lock(&host->queues[i].lock);
		mutex_unlock(&host->queues[i].lock);
	}
}

static const char *transport_bus_name(struct virtio_device *vdev)
{
	return dev_name(&vdev_to_host(vdev)->dev);
}

static const struct virtio_config_ops transport_ops = {
	.get = transport_get,
	.set = transport_set,
	.generation = transport_generation,
	.get_status = transport_get_status,
	.set_status = transport_set_status,
	.reset = transport_reset,
	.find_vqs = transport_find_vqs,
	.del_vqs = transport_del_vqs,
	.synchronize_cbs = transport_synchronize_cbs,
	.get_features = transport_get_features,
	.finalize_features = transport_finalize_features,
	.bus_name = transport_bus_name,
};

static struct mdev_virtio_host *dma_host(struct device *dev)
{
	return container_of(dev, struct mdev_virtio_host, dev);
}

/* Only memory with an address in the kernel: neither I/O memory nor high memory. */
static dma_addr_t dma_map(struct device *dev, phys_addr_t phys, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	unsigned long pfn = PHYS_PFN(phys);
	unsigned int access = 0;

	if (!pfn_valid(pfn) || PageHighMem(pfn_to_page(pfn)))
		return DMA_MAPPING_ERROR;
	/* What is "to the device" is for the program to read */
	if (dir != DMA_FROM_DEVICE)
		access |= MDEV_VIRTIO_READ;
	if (dir != DMA_TO_DEVICE)
		access |= MDEV_VIRTIO_WRITE;
	return mdev_virtio_iova_map(&dma_host(dev)->iova, phys_to_virt(phys), size, access) ?:
	       DMA_MAPPING_ERROR;
}

static void dma_unmap(struct device *dev, dma_addr_t addr, size_t size,
		      enum dma_data_direction dir, unsigned long attrs)
{
	mdev_virtio_iova_unmap(&dma_host(dev)->iova, addr);
}

#ifdef COMPAT_DMA_OPS_GET_PAGES
static dma_addr_t dma_map_of_page(struct device *dev, struct page *page, unsigned long offset,
				  size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	return dma_map(dev, page_to_phys(page) + offset, size, dir, attrs);
}
#endif

static size_t dma_max_size(struct device *dev)
{
	return MDEV_VIRTIO_MAX_SIZE;
}

static const struct dma_map_ops transport_dma_ops = {
#ifdef COMPAT_DMA_OPS_GET_PAGES
	.map_page = dma_map_of_page,
	.unmap_page = dma_unmap,
#else
	.map_phys = dma_map,
	.unmap_phys = dma_unmap,
#endif
	.max_mapping_size = dma_max_size,
};

/**
 * mdev_virtio_transport_init() - prepare a device for the virtio bus
 * @host: the device, whose dev is initialized
 */
void mdev_virtio_transport_init(struct mdev_virtio_host *host)
{
	host->dev.coherent_dma_mask = DMA_BIT_MASK(64);
	host->dev.dma_mask = &host->dev.coherent_dma_mask;
	set_dma_ops(&host->dev, &transport_dma_ops);
	host->vdev.config = &transport_ops;
	host->vdev.dev.parent = &host->dev;
}
