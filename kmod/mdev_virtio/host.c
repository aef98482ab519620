// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device on the host's virtio bus: it is bound by its UUID, and leaves the bus when
 * the administrator asks for that, or when the mdev is removed.
 *
 * While it leaves, its driver may wait for requests, for example to write what a file system has
 * not written yet. It gets the time for that as long as requests are completed. But a program can
 * be detached, have failed, or not answer. Then the device is killed: the program can access no
 * memory any more, and the transport completes all requests with an error.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/virtio_config.h>

#include "host.h"
#include "queue.h"
#include "transport.h"

/* How often a device is looked at for which a task waits */
#define WATCH_PERIOD	(HZ / 4)

static unsigned int patience = 30;
module_param(patience, uint, 0644);
MODULE_PARM_DESC(patience,
		 "Seconds without a completed request after which a device that is bound or removed fails its requests");

struct workqueue_struct *mdev_virtio_queue_wq;
struct workqueue_struct *mdev_virtio_host_wq;
struct workqueue_struct *mdev_virtio_leave_wq;

/* Devices that are on the bus */
static LIST_HEAD(hosts);
static DEFINE_MUTEX(hosts_lock);	/* protects hosts */

/* Number of struct mdev_virtio_host that exist */
static atomic_t alive;

/**
 * mdev_virtio_host_kill() - take a device from its program, and fail all its requests
 * @host: the device
 * @why: printf() format of the reason, for the kernel log
 *
 * Context: Process context. The program can access no memory when this returns.
 */
void mdev_virtio_host_kill(struct mdev_virtio_host *host, const char *why, ...)
{
	struct va_format vaf = { .fmt = why };
	unsigned int i;
	va_list args;

	if (test_and_set_bit(MDEV_VIRTIO_DEAD, &host->flags))
		return;
	va_start(args, why);
	vaf.va = &args;
	dev_err(&host->dev, "%pV; its requests fail from now on, until it is unbound and bound again\n",
		&vaf);
	va_end(args);
	mdev_virtio_iova_kill(&host->iova);
	for (i = 0; i < host->nr_queues; i++)
		mdev_virtio_queue_kick(&host->queues[i]);
}

/* Do chains wait for the program? */
static bool is_busy(struct mdev_virtio_host *host)
{
	unsigned int i;

	for (i = 0; i < host->nr_queues; i++)
		if (READ_ONCE(host->queues[i].busy))
			return true;
	return false;
}

static void watch(struct work_struct *work)
{
	struct mdev_virtio_host *host = container_of(to_delayed_work(work),
						     struct mdev_virtio_host, watch);
	int progress = atomic_read(&host->progress), status = mdev_virtio_pci_status(host);
	unsigned int seconds = min(READ_ONCE(patience), 3600U);

	if (mdev_virtio_host_is_dead(host))
		return;
	if (progress != host->seen || !is_busy(host)) {
		host->seen = progress;
		host->since = jiffies;
	}
	if (status < 0)
		mdev_virtio_host_kill(host, "it has no program that works (errno %d)", -status);
	else if (time_after(jiffies, host->since + seconds * HZ))
		mdev_virtio_host_kill(host, "no request was completed for %u s", seconds);
	else
		queue_delayed_work(mdev_virtio_host_wq, &host->watch, WATCH_PERIOD);
}

static void watch_begin(struct mdev_virtio_host *host)
{
	host->seen = atomic_read(&host->progress);
	host->since = jiffies;
	queue_delayed_work(mdev_virtio_host_wq, &host->watch, 0);
}

/* The configuration has changed, or the device asks for a reset, which no driver expects. */
static void config_changed(struct work_struct *work)
{
	struct mdev_virtio_host *host = container_of(work, struct mdev_virtio_host, config);
	int status = mdev_virtio_pci_status(host);

	if (status > 0 && status & VIRTIO_CONFIG_S_NEEDS_RESET)
		mdev_virtio_host_kill(host, "the program says that the device needs a reset");
	else if (host->status & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_config_changed(&host->vdev);
}

static void client_irq(void *data, unsigned int vector)
{
	struct mdev_virtio_host *host = data;
	/* Pairs with the release in mdev_virtio_queue_init() */
	unsigned int i, nr = smp_load_acquire(&host->nr_queues);

	if (!vector)
		queue_work(mdev_virtio_host_wq, &host->config);
	for (i = 0; i < nr; i++)
		if (host->queues[i].vector == vector)
			mdev_virtio_queue_kick(&host->queues[i]);
}

static void client_request(void *data)
{
	struct mdev_virtio_host *host = data;

	queue_work(mdev_virtio_leave_wq, &host->leave);
}

static int client_copy(void *data, u64 iova, void *buf, size_t size, bool write)
{
	struct mdev_virtio_host *host = data;

	return mdev_virtio_iova_copy(&host->iova, iova, buf, size,
				     write ? MDEV_VIRTIO_WRITE : MDEV_VIRTIO_READ);
}

static int client_pin(void *data, u64 iova, unsigned int nr, struct page **pages)
{
	struct mdev_virtio_host *host = data;

	/* An area of a queue is one page */
	return nr == 1 ? mdev_virtio_iova_pin(&host->iova, iova, pages) : -EPERM;
}

static const struct mdev_bpf_client_ops client_ops = {
	.irq = client_irq,
	.request = client_request,
	.copy = client_copy,
	.pin = client_pin,
};

/* The last reference to @host->dev, which the virtio device holds one of */
static void host_release(struct device *dev)
{
	struct mdev_virtio_host *host = container_of(dev, struct mdev_virtio_host, dev);

	mdev_virtio_iova_destroy(&host->iova);
	kfree(host);
	if (atomic_dec_and_test(&alive))
		wake_up_var(&alive);
}

static void vdev_release(struct device *dev)
{
	put_device(&vdev_to_host(dev_to_virtio(dev))->dev);
}

/* Undo what was done for the program's device, which is on the bus no more. */
static void host_close(struct mdev_virtio_host *host)
{
	unsigned int i;

	/* From now on, an interrupt leads to nothing */
	set_bit(MDEV_VIRTIO_DEAD, &host->flags);
	for (i = 0; i < host->nr_queues; i++)
		mdev_virtio_queue_stop(&host->queues[i]);
	cancel_work_sync(&host->config);
	cancel_delayed_work_sync(&host->watch);
	mdev_bpf_client_close(host->client);
	/* Interrupts that came until then */
	cancel_work_sync(&host->config);
	mdev_virtio_queue_destroy(host);
}

static void leave(struct work_struct *work)
{
	struct mdev_virtio_host *host = container_of(work, struct mdev_virtio_host, leave);

	/* Binding has a watch of its own */
	wait_for_completion(&host->bound);
	if (test_bit(MDEV_VIRTIO_REFUSED, &host->flags))
		return;
	watch_begin(host);
	scoped_guard(mutex, &hosts_lock)
		list_del(&host->node);
	unregister_virtio_device(&host->vdev);
	device_del(&host->dev);
	host_close(host);
	/* It may have been queued again; nobody does that any more */
	cancel_work(&host->leave);
	complete_all(&host->gone);
	put_device(&host->dev);		/* Pairs with the one of host_new() */
	module_put(THIS_MODULE);	/* Pairs with the get in mdev_virtio_host_bind() */
}

static struct mdev_virtio_host *host_new(const guid_t *uuid)
{
	struct mdev_virtio_host *host = kzalloc(sizeof(*host), GFP_KERNEL);
	int ret;

	if (!host)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&alive);		/* Pairs with the decrement in host_release() */
	host->uuid = *uuid;
	INIT_WORK(&host->config, config_changed);
	INIT_WORK(&host->leave, leave);
	INIT_DELAYED_WORK(&host->watch, watch);
	init_completion(&host->bound);
	init_completion(&host->gone);
	device_initialize(&host->dev);
	host->dev.release = host_release;
	host->dev.class = &mdev_virtio_class;
	host->vdev.dev.release = vdev_release;
	mdev_virtio_transport_init(host);
	ret = mdev_virtio_iova_init(&host->iova);
	ret = ret ?: dev_set_name(&host->dev, "%pUl", uuid);
	if (!ret)
		return host;
	put_device(&host->dev);
	return ERR_PTR(ret);
}

static int find_type(struct mdev_virtio_host *host)
{
	host->type = mdev_virtio_type_find(host->vdev.id.device);
	if (host->type)
		return 0;
	mdev_bpf_client_refuse(host->client,
			       "the host's virtio bus takes disks (2) and sources of random numbers (4), and no virtio device of type %u",
			       host->vdev.id.device);
	return -EOPNOTSUPP;
}

/* Put the device on the bus, and its driver on the device. */
static int host_register(struct mdev_virtio_host *host)
{
	int ret = device_add(&host->dev);

	if (ret)
		return ret;
	get_device(&host->dev);		/* Pairs with the put in vdev_release() */
	/* The driver may wait for the device, for example to look for partitions */
	watch_begin(host);
	ret = register_virtio_device(&host->vdev);
	cancel_delayed_work_sync(&host->watch);
	if (!ret)
		return 0;
	put_device(&host->vdev.dev);
	device_del(&host->dev);
	return ret;
}

static int host_open(struct mdev_virtio_host *host)
{
	int ret;

	host->client = mdev_bpf_client_open(&host->uuid, &client_ops, host);
	if (IS_ERR(host->client))
		return PTR_ERR(host->client);
	host->dev.parent = mdev_bpf_client_dev(host->client);
	ret = mdev_virtio_pci_init(host) ?: find_type(host) ?: mdev_virtio_queue_init(host);
	ret = ret ?: host_register(host);
	if (ret)
		host_close(host);
	return ret;
}

/* Have client_request() come to nothing, because binding has failed. */
static void host_refuse(struct mdev_virtio_host *host)
{
	set_bit(MDEV_VIRTIO_REFUSED, &host->flags);
	complete_all(&host->bound);
	cancel_work_sync(&host->leave);
}

/**
 * mdev_virtio_host_exit() - wait until nobody has a reference to a device any more
 *
 * A task that walks through the bus can have one after the device has left it.
 *
 * Context: Process context, when the module is unloaded.
 */
void mdev_virtio_host_exit(void)
{
	wait_var_event(&alive, !atomic_read(&alive));
	/* And until host_release() has returned */
	synchronize_rcu_tasks();
}

/**
 * mdev_virtio_host_bind() - put a device on the host's virtio bus
 * @uuid: UUID of the mdev
 *
 * Context: Process context. Waits for the probe of the driver, if there is one.
 *
 * Return: 0; -ENODEV if mdev_bpf has no such device, if it is being removed, or has no program;
 * -EBUSY if it is in use; with a sentence in last_error: -EINVAL if it is no virtio device over
 * PCI, -EOPNOTSUPP if it is none of a type that the host takes; -ENOMEM; an errno of the program or
 * of the driver core.
 */
int mdev_virtio_host_bind(const guid_t *uuid)
{
	struct mdev_virtio_host *host;
	int ret;

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	host = host_new(uuid);
	ret = PTR_ERR_OR_ZERO(host);
	if (ret)
		goto out_module;
	ret = host_open(host);
	if (ret)
		goto out_refuse;
	scoped_guard(mutex, &hosts_lock)
		list_add_tail(&host->node, &hosts);
	complete_all(&host->bound);
	return 0;

out_refuse:
	host_refuse(host);
	put_device(&host->dev);
out_module:
	module_put(THIS_MODULE);
	return ret;
}

/* Find a device, and take a reference; NULL if there is none. */
static struct mdev_virtio_host *host_find(const guid_t *uuid)
{
	struct mdev_virtio_host *host;

	guard(mutex)(&hosts_lock);
	list_for_each_entry(host, &hosts, node) {
		if (!guid_equal(&host->uuid, uuid))
			continue;
		get_device(&host->dev);
		/* It is in the list, so this is before or while leave() waits for the lock */
		queue_work(mdev_virtio_leave_wq, &host->leave);
		return host;
	}
	return NULL;
}

/**
 * mdev_virtio_host_unbind() - take a device from the host's virtio bus
 * @uuid: UUID of the mdev
 *
 * Context: Process context. Waits for the driver, as long as requests are completed.
 *
 * Return: 0; -ENODEV if it is not on the bus; -EINTR if the task was killed, and then the device
 * leaves the bus later.
 */
int mdev_virtio_host_unbind(const guid_t *uuid)
{
	struct mdev_virtio_host *host = host_find(uuid);
	int ret;

	if (!host)
		return -ENODEV;
	ret = wait_for_completion_killable(&host->gone);
	put_device(&host->dev);
	return ret ? -EINTR : 0;
}
