// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients: other kernel modules that use a device instead of a VFIO user. Their accesses reach the
 * program in the same way, so they get the same results.
 */
#include <linux/export.h>
#include <linux/mdev_bpf_client.h>
#include <linux/slab.h>

#include "device/device.h"
#include "device/reset.h"
#include "gate/refuse.h"
#include "pci/irq.h"
#include "program/program.h"
#include "program/registry.h"
#include "validate/api.h"
#include "vfio/region.h"
#include "work/mask.h"

struct mdev_bpf_client {
	struct mdev_bpf_device *bdev;
	struct mdev_bpf_irq_client irq;
};

/**
 * mdev_bpf_client_open() - open a device from a kernel module
 * @uuid: UUID of the mdev
 * @ops: callbacks of the client; must exist as long as the client
 * @data: argument for the callbacks
 *
 * Context: Process context. Not in an op of the same device.
 *
 * Return: the client; an ERR_PTR: -ENODEV if mdev_bpf has no such device, if it is being removed,
 * or if no program is attached; -EBUSY if the device is in use; -ENOMEM; the errno of the program's
 * open.
 */
struct mdev_bpf_client *mdev_bpf_client_open(const guid_t *uuid,
					     const struct mdev_bpf_client_ops *ops, void *data)
{
	struct mdev_bpf_client *client;
	int ret;

	client = kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return ERR_PTR(-ENOMEM);
	client->irq.ops = ops;
	client->irq.data = data;
	client->bdev = mdev_bpf_registry_find_device(uuid);
	if (!client->bdev) {
		ret = -ENODEV;
		goto out_free;
	}
	ret = mdev_bpf_device_open(client->bdev, &client->irq);
	if (ret)
		goto out_put;
	return client;

out_put:
	vfio_put_device(&client->bdev->vdev);
out_free:
	kfree(client);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_open);

/**
 * mdev_bpf_client_close() - close a device
 * @client: the client, which is freed
 *
 * Context: Process context. When this returns, no callback of the client runs, or will run.
 */
void mdev_bpf_client_close(struct mdev_bpf_client *client)
{
	struct mdev_bpf_device *bdev = client->bdev;

	mdev_bpf_device_close(bdev);
	/* Pairs with the reference from mdev_bpf_registry_find_device() */
	vfio_put_device(&bdev->vdev);
	kfree(client);
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_close);

static bool in_region(u32 region, u64 offset)
{
	return region < MDEV_BPF_MAX_REGIONS && !(offset >> MDEV_BPF_OFFSET_SHIFT);
}

/**
 * mdev_bpf_client_read() - read from a region
 * @client: the client
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @buf: kernel memory
 * @count: number of bytes
 *
 * Context: Process context.
 *
 * Return: as mdev_bpf_region_read().
 */
ssize_t mdev_bpf_client_read(struct mdev_bpf_client *client, u32 region, u64 offset,
			     void *buf, size_t count)
{
	loff_t pos = (u64)region << MDEV_BPF_OFFSET_SHIFT | offset;

	if (!in_region(region, offset))
		return -EINVAL;
	return mdev_bpf_region_kernel(client->bdev, buf, count, pos, false);
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_read);

/**
 * mdev_bpf_client_write() - write to a region
 * @client: the client
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @buf: kernel memory
 * @count: number of bytes
 *
 * Context: Process context.
 *
 * Return: as mdev_bpf_region_read().
 */
ssize_t mdev_bpf_client_write(struct mdev_bpf_client *client, u32 region, u64 offset,
			      const void *buf, size_t count)
{
	loff_t pos = (u64)region << MDEV_BPF_OFFSET_SHIFT | offset;

	if (!in_region(region, offset))
		return -EINVAL;
	return mdev_bpf_region_kernel(client->bdev, (void *)buf, count, pos, true);
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_write);

/**
 * mdev_bpf_client_reset() - bring the device to its power-on state
 * @client: the client
 *
 * Context: Process context.
 *
 * Return: as mdev_bpf_reset().
 */
int mdev_bpf_client_reset(struct mdev_bpf_client *client)
{
	return mdev_bpf_reset(client->bdev);
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_reset);

/**
 * mdev_bpf_client_set_irq() - select the kind of interrupts of a PCI device
 * @client: the client
 * @mode: MDEV_BPF_IRQ_OFF, MDEV_BPF_IRQ_INTX (unmasked), MDEV_BPF_IRQ_MSI or
 *	MDEV_BPF_IRQ_MSIX
 *
 * Context: Process context.
 *
 * Return: 0; -EINVAL if the device has no interrupts of that kind, or is not PCI.
 */
int mdev_bpf_client_set_irq(struct mdev_bpf_client *client, unsigned int mode)
{
	struct mdev_bpf_device *bdev = client->bdev;
	unsigned int i, index = mode - MDEV_BPF_IRQ_INTX;
	unsigned int count = 0;

	if (!bdev->api->pci || mode > MDEV_BPF_IRQ_MSIX)
		return -EINVAL;
	if (mode != MDEV_BPF_IRQ_OFF) {
		count = mdev_bpf_irq_count(bdev, index);
		if (!count)
			return -EINVAL;
	}
	guard(mutex)(&bdev->irqs.config);
	for (i = VFIO_PCI_INTX_IRQ_INDEX; i <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
		mdev_bpf_irq_off(&bdev->irqs, i);
	if (count)
		mdev_bpf_irq_on(&bdev->irqs, index, count);
	return 0;
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_set_irq);

/**
 * mdev_bpf_client_unmask() - unmask INTx after the interrupt was handled
 * @client: the client
 *
 * Context: Any except the irq callback. If the line is still up, that callback is called from here.
 */
void mdev_bpf_client_unmask(struct mdev_bpf_client *client)
{
	mdev_bpf_mask_end(client->bdev, VFIO_PCI_INTX_IRQ_INDEX);
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_unmask);

/**
 * mdev_bpf_client_dev() - the mdev of a client, as a parent for what the client makes of it
 * @client: the client
 *
 * Context: Any.
 *
 * Return: the device of the mdev, which exists until mdev_bpf_client_close().
 */
struct device *mdev_bpf_client_dev(struct mdev_bpf_client *client)
{
	return &client->bdev->mdev->dev;
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_dev);

/**
 * mdev_bpf_client_refuse() - record why a client refuses a device
 * @client: the client
 * @fmt: printf() format of a sentence, without newline
 *
 * The sentence goes to /sys/kernel/mdev_bpf/last_error and to the kernel log, as those of the core.
 *
 * Context: Process context.
 */
void mdev_bpf_client_refuse(struct mdev_bpf_client *client, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	mdev_bpf_refuse_format(client->bdev->program->driver.driver.name, &vaf);
	va_end(args);
}
EXPORT_SYMBOL_GPL(mdev_bpf_client_refuse);
