// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a virtio device over PCI (virtio 1.2, 4.1). The capabilities of the device say
 * where they are, as they say it to a driver in a guest.
 */
#include <linux/mdev_bpf.h>
#include <linux/pci_regs.h>
#include <linux/unaligned.h>
#include <linux/vfio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "host.h"
#include "pci.h"

#define VENDOR_VIRTIO	0x1af4
#define DEVICE_MODERN	0x1040
#define CONFIG_BYTES	256

/* The first part of configuration space, as it was read once */
struct config {
	u8 bytes[CONFIG_BYTES];
};

/* An access that is complete, or an errno */
static int all(ssize_t done, size_t size)
{
	if (done < 0)
		return done;
	return done == size ? 0 : -EIO;
}

static int config_write16(struct mdev_virtio_host *host, u64 offset, u16 val)
{
	__le16 bytes = cpu_to_le16(val);

	return all(mdev_bpf_client_write(host->client, VFIO_PCI_CONFIG_REGION_INDEX, offset,
					 &bytes, sizeof(bytes)), sizeof(bytes));
}

/* Are the bytes of a capability in the part that was read? */
static bool cap_has(unsigned int cap, unsigned int size)
{
	return cap >= PCI_STD_HEADER_SIZEOF && cap + size <= CONFIG_BYTES;
}

/* The next capability with this id after @cap, or the first if @cap is 0; 0 if there is none. */
static unsigned int cap_next(const struct config *config, unsigned int cap, u8 id)
{
	unsigned int hops = CONFIG_BYTES / PCI_CAP_SIZEOF;
	unsigned int link = cap ? cap + PCI_CAP_LIST_NEXT : PCI_CAPABILITY_LIST;

	if (!(get_unaligned_le16(&config->bytes[PCI_STATUS]) & PCI_STATUS_CAP_LIST))
		return 0;
	while (hops--) {
		cap = config->bytes[link] & ~3;
		if (!cap_has(cap, PCI_CAP_SIZEOF))
			return 0;
		if (config->bytes[cap] == id)
			return cap;
		link = cap + PCI_CAP_LIST_NEXT;
	}
	return 0;
}

/* Find one of the structures of virtio. Return: its capability; 0 if there is none. */
static unsigned int place_find(const struct config *config, u8 type,
			       struct mdev_virtio_place *place)
{
	unsigned int hops = CONFIG_BYTES / PCI_CAP_SIZEOF, cap = 0;
	const u8 *bytes;

	while (hops-- && (cap = cap_next(config, cap, PCI_CAP_ID_VNDR))) {
		bytes = &config->bytes[cap];
		if (!cap_has(cap, sizeof(struct virtio_pci_cap)) ||
		    bytes[VIRTIO_PCI_CAP_CFG_TYPE] != type ||
		    bytes[VIRTIO_PCI_CAP_BAR] > VFIO_PCI_BAR5_REGION_INDEX)
			continue;
		place->region = bytes[VIRTIO_PCI_CAP_BAR];
		place->offset = get_unaligned_le32(&bytes[VIRTIO_PCI_CAP_OFFSET]);
		place->size = get_unaligned_le32(&bytes[VIRTIO_PCI_CAP_LENGTH]);
		return cap;
	}
	return 0;
}

static int find_places(struct mdev_virtio_host *host, const struct config *config)
{
	struct mdev_virtio_places *p = &host->places;
	unsigned int notify;

	place_find(config, VIRTIO_PCI_CAP_COMMON_CFG, &p->common);
	place_find(config, VIRTIO_PCI_CAP_DEVICE_CFG, &p->device);
	notify = place_find(config, VIRTIO_PCI_CAP_NOTIFY_CFG, &p->notify);
	if (p->common.size < sizeof(struct virtio_pci_common_cfg) || !p->notify.size ||
	    !cap_has(notify, sizeof(struct virtio_pci_notify_cap))) {
		mdev_bpf_client_refuse(host->client,
				       "the host's virtio bus needs a device with the capabilities for common configuration and notifications (virtio 1.2, 4.1.4)");
		return -EINVAL;
	}
	p->multiplier = get_unaligned_le32(&config->bytes[notify + VIRTIO_PCI_NOTIFY_CAP_MULT]);
	return 0;
}

static int find_vectors(struct mdev_virtio_host *host, const struct config *config)
{
	unsigned int cap = cap_next(config, 0, PCI_CAP_ID_MSIX);

	if (!cap || !cap_has(cap, PCI_CAP_MSIX_SIZEOF)) {
		mdev_bpf_client_refuse(host->client,
				       "the host's virtio bus needs a device with MSI-X");
		return -EINVAL;
	}
	host->vectors = (get_unaligned_le16(&config->bytes[cap + PCI_MSIX_FLAGS]) &
			 PCI_MSIX_FLAGS_QSIZE) + 1;
	return 0;
}

/**
 * mdev_virtio_pci_init() - find the registers of a device, and enable its DMA and interrupts
 * @host: the device, whose client is open; its places, vectors and id are set by this
 *
 * Context: Process context.
 *
 * Return: 0; with a sentence in last_error: -EINVAL if this is no virtio device over PCI, without
 * the legacy interface; an errno of mdev_bpf_client_read().
 */
int mdev_virtio_pci_init(struct mdev_virtio_host *host)
{
	struct config config = {};
	u16 vendor, device;
	int ret;

	/* A device has at least as many bytes */
	ret = all(mdev_bpf_client_read(host->client, VFIO_PCI_CONFIG_REGION_INDEX, 0,
				       config.bytes, sizeof(config.bytes)), sizeof(config.bytes));
	vendor = get_unaligned_le16(&config.bytes[PCI_VENDOR_ID]);
	device = get_unaligned_le16(&config.bytes[PCI_DEVICE_ID]);
	if (ret || vendor != VENDOR_VIRTIO || device <= DEVICE_MODERN) {
		mdev_bpf_client_refuse(host->client,
				       "the host's virtio bus takes PCI devices with vendor 0x1af4 and a device id above 0x1040");
		return ret == -ENODEV ? ret : -EINVAL;
	}
	host->vdev.id.vendor = vendor;
	host->vdev.id.device = device - DEVICE_MODERN;
	ret = find_places(host, &config);
	ret = ret ?: find_vectors(host, &config);
	ret = ret ?: config_write16(host, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return ret ?: mdev_bpf_client_set_irq(host->client, MDEV_BPF_IRQ_MSIX);
}

static bool place_has(const struct mdev_virtio_place *place, u32 offset, u32 size)
{
	return offset <= place->size && size <= place->size - offset;
}

/**
 * mdev_virtio_pci_get() - read registers
 * @host: the device
 * @place: the structure that they are in
 * @offset: first byte in the structure
 * @buf: where the bytes go; zeros after an error
 * @size: number of bytes
 *
 * Context: Process context.
 *
 * Return: 0; -EINVAL if the structure does not have the bytes; an errno of mdev_bpf_client_read().
 */
int mdev_virtio_pci_get(struct mdev_virtio_host *host, const struct mdev_virtio_place *place,
			u32 offset, void *buf, u32 size)
{
	int ret = -EINVAL;

	if (mdev_virtio_host_is_dead(host))
		ret = -EIO;
	else if (place_has(place, offset, size))
		ret = all(mdev_bpf_client_read(host->client, place->region, place->offset + offset,
					       buf, size), size);
	if (ret)
		memset(buf, 0, size);
	return ret;
}

/**
 * mdev_virtio_pci_set() - write registers
 * @host: the device
 * @place: the structure that they are in
 * @offset: first byte in the structure
 * @buf: the bytes
 * @size: number of bytes
 *
 * Context: Process context.
 *
 * Return: as mdev_virtio_pci_get().
 */
int mdev_virtio_pci_set(struct mdev_virtio_host *host, const struct mdev_virtio_place *place,
			u32 offset, const void *buf, u32 size)
{
	if (mdev_virtio_host_is_dead(host))
		return -EIO;
	if (!place_has(place, offset, size))
		return -EINVAL;
	return all(mdev_bpf_client_write(host->client, place->region, place->offset + offset, buf,
					 size), size);
}

/**
 * mdev_virtio_pci_common_get() - read a member of the common configuration
 * @host: the device
 * @offset: its offset
 * @size: its size, 1, 2 or 4
 * @val: set to its value; 0 after an error
 *
 * Context: Process context.
 *
 * Return: as mdev_virtio_pci_get().
 */
int mdev_virtio_pci_common_get(struct mdev_virtio_host *host, u32 offset, u32 size, u32 *val)
{
	__le32 bytes = 0;
	int ret = mdev_virtio_pci_get(host, &host->places.common, offset, &bytes, size);

	*val = le32_to_cpu(bytes);
	return ret;
}

/**
 * mdev_virtio_pci_common_set() - write a member of the common configuration
 * @host: the device
 * @offset: its offset
 * @size: its size, 1, 2 or 4
 * @val: its value
 *
 * Context: Process context.
 *
 * Return: as mdev_virtio_pci_get().
 */
int mdev_virtio_pci_common_set(struct mdev_virtio_host *host, u32 offset, u32 size, u32 val)
{
	__le32 bytes = cpu_to_le32(val);

	return mdev_virtio_pci_set(host, &host->places.common, offset, &bytes, size);
}

/**
 * mdev_virtio_pci_status() - read the status of the device
 * @host: the device
 *
 * Context: Process context.
 *
 * Return: VIRTIO_CONFIG_S_* bits; a negative errno, as mdev_virtio_pci_get().
 */
int mdev_virtio_pci_status(struct mdev_virtio_host *host)
{
	u32 status;

	return mdev_virtio_common_get(host, device_status, &status) ?:
	       status;
}
