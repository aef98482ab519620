// SPDX-License-Identifier: GPL-2.0-only
/*
 * Consoles of a device: streams of bytes between its program and the host. Each is a parameter of
 * kind CONSOLE, and a character device, /dev/mdev_bpf/UUID.NAME, that one task at a time can open.
 *
 * There is a buffer for each direction, with one writer and one reader, so none of them needs a
 * lock: on the device's side that is whoever holds the gate, and on the host's side whoever holds
 * the mutex of that direction. These mutexes are held while user memory is copied, which may take
 * any time, and nothing else takes them. The device never waits: it is told how many bytes there
 * was room for, and its work is queued when there is room again. Tasks on the host's side are woken
 * by a work item, because there may be any number of them, and the device would wait for that.
 *
 * A file that is open outlives its device. It then reads what is left, and the end.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/kfifo.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <asm/ioctls.h>

#include "../../compat.h"

#include "console/console.h"
#include "device/device.h"
#include "param/param.h"
#include "work/deferred.h"

#define NR_MINORS	BIT(MINORBITS)

/* struct mdev_bpf_console::flags: bits */
enum {
	CLAIMED,	/* the file is open; nobody else can open it */
	CONNECTED,	/* the device's bytes go to the file */
	BREAK,		/* the host has sent a break that the device does not know of yet */
	STARVED,	/* the device has found no room for all of its bytes */
};

/**
 * struct mdev_bpf_console - a console
 * @dev: the device in /sys/class/mdev_bpf_console; its reference count is that of this struct
 * @cdev: the character device
 * @wait: tasks that wait for bytes of the device, for room, or for the device's removal
 * @wake: work item that wakes them
 * @bdev: the mediated device; NULL after it was removed
 * @param: index of the parameter
 * @work: the work that is queued when something has happened on the host's side
 * @flags: see above
 * @in: bytes to the device
 * @out: bytes from the device
 */
struct mdev_bpf_console {
	struct device dev;
	struct cdev cdev;
	wait_queue_head_t wait;
	struct work_struct wake;
	/** @reading: held by the task that takes bytes out of @out */
	struct mutex reading;
	/** @writing: held by the task that puts bytes into @in */
	struct mutex writing;
	/** @lock: protects @bdev */
	spinlock_t lock;
	struct mdev_bpf_device *bdev;
	u32 param;
	u32 work;
	unsigned long flags;
	DECLARE_KFIFO_PTR(in, u8);
	DECLARE_KFIFO_PTR(out, u8);
};

static dev_t first_minor;
static DEFINE_IDA(minors);

static char *console_devnode(const struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "mdev_bpf/%s", dev_name(dev));
}

static const struct class console_class = {
	.name = "mdev_bpf_console",
	.devnode = console_devnode,
};

static bool is_gone(struct mdev_bpf_console *c)
{
	return !READ_ONCE(c->bdev);
}

static void wake_work(struct work_struct *work)
{
	wake_up_interruptible(&container_of(work, struct mdev_bpf_console, wake)->wait);
}

/* The device has sent or taken bytes: let the host's side look. */
static void wake(struct mdev_bpf_console *c)
{
	/* Pairs with console_poll() and wait_event(): they see the bytes, or are woken */
	if (wq_has_sleeper(&c->wait))
		queue_work(system_dfl_wq, &c->wake);
}

/* Something has happened on the host's side: let the device look. */
static void notify(struct mdev_bpf_console *c)
{
	guard(spinlock)(&c->lock);
	if (c->bdev)
		mdev_bpf_deferred_work_start(c->bdev, c->work);
}

/* Return: 0; -ENODEV; -ENXIO if the device's end is not connected to the host. */
static int may_open(struct mdev_bpf_console *c)
{
	guard(spinlock)(&c->lock);
	if (!c->bdev)
		return -ENODEV;
	return READ_ONCE(c->bdev->params.values[c->param].number) ? 0 : -ENXIO;
}

static int console_open(struct inode *inode, struct file *file)
{
	struct mdev_bpf_console *c = container_of(inode->i_cdev, struct mdev_bpf_console, cdev);
	int ret = may_open(c);

	if (ret)
		return ret;
	if (test_and_set_bit(CLAIMED, &c->flags))
		return -EBUSY;
	/* Nobody else reads: what the previous user has not read is not for this one */
	kfifo_reset_out(&c->out);
	smp_mb__before_atomic();	/* The device puts bytes into @out from here on */
	set_bit(CONNECTED, &c->flags);
	file->private_data = c;
	notify(c);
	return stream_open(inode, file);
}

static int console_release(struct inode *inode, struct file *file)
{
	struct mdev_bpf_console *c = file->private_data;

	clear_bit(CONNECTED, &c->flags);
	clear_bit_unlock(CLAIMED, &c->flags);
	notify(c);
	return 0;
}

/* Wait for bytes of the device. Return: 0; -EAGAIN if @file does not wait; -ERESTARTSYS. */
static int wait_for_bytes(struct mdev_bpf_console *c, struct file *file)
{
	if (!kfifo_is_empty(&c->out) || is_gone(c))
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(c->wait, !kfifo_is_empty(&c->out) || is_gone(c));
}

static ssize_t console_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	struct mdev_bpf_console *c = file->private_data;
	unsigned int copied = 0;
	int ret;

	while (count && !copied) {
		bool last = is_gone(c);

		ret = wait_for_bytes(c, file);
		if (ret)
			return ret;
		ret = mutex_lock_interruptible(&c->reading);
		if (ret)
			return ret;
		ret = kfifo_to_user(&c->out, buf, count, &copied);
		mutex_unlock(&c->reading);
		if (ret && !copied)
			return ret;
		if (last)
			break;
	}
	smp_mb();	/* Pairs with give_up() */
	if (test_and_clear_bit(STARVED, &c->flags))
		notify(c);
	return copied;
}

static int wait_for_room(struct mdev_bpf_console *c, struct file *file)
{
	if (!kfifo_is_full(&c->in) || is_gone(c))
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(c->wait, !kfifo_is_full(&c->in) || is_gone(c));
}

static ssize_t console_write(struct file *file, const char __user *buf, size_t count,
			     loff_t *ppos)
{
	struct mdev_bpf_console *c = file->private_data;
	unsigned int copied = 0;
	int ret;

	while (count && !copied) {
		ret = wait_for_room(c, file);
		if (ret)
			return ret;
		if (is_gone(c))
			return -ENODEV;
		ret = mutex_lock_interruptible(&c->writing);
		if (ret)
			return ret;
		ret = kfifo_from_user(&c->in, buf, count, &copied);
		mutex_unlock(&c->writing);
		if (ret && !copied)
			return ret;
	}
	notify(c);
	return copied;
}

static __poll_t console_poll(struct file *file, poll_table *table)
{
	struct mdev_bpf_console *c = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &c->wait, table);
	smp_mb();	/* Pairs with wake() */
	if (is_gone(c))
		return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	if (!kfifo_is_empty(&c->out))
		events |= EPOLLIN | EPOLLRDNORM;
	if (!kfifo_is_full(&c->in))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static void send_break(struct mdev_bpf_console *c)
{
	set_bit(BREAK, &c->flags);
	notify(c);
}

/* tcsendbreak(3) and tcdrain(3), although this is no terminal */
static long console_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct mdev_bpf_console *c = file->private_data;

	switch (cmd) {
	case TCSBRK:
		if (!arg)
			send_break(c);
		return 0;
	case TCSBRKP:
		send_break(c);
		return 0;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations console_fops = {
	.owner = THIS_MODULE,
	.open = console_open,
	.release = console_release,
	.read = console_read,
	.write = console_write,
	.poll = console_poll,
	.unlocked_ioctl = console_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Remember that the device wants room, unless there is some by now. */
static bool give_up(struct mdev_bpf_console *c)
{
	set_bit(STARVED, &c->flags);
	smp_mb__after_atomic();	/* Pairs with console_read() */
	return kfifo_is_full(&c->out);
}

/**
 * mdev_bpf_console_put() - send bytes to the host
 * @c: the console
 * @data: the bytes
 * @size: number of bytes
 *
 * If there is not enough room, the work of the console is queued when there is more.
 *
 * Context: The gate of the device held.
 *
 * Return: number of bytes that were taken, from the first on; all if nobody has opened the console.
 */
u32 mdev_bpf_console_put(struct mdev_bpf_console *c, const void *data, u32 size)
{
	u32 n;

	if (!test_bit(CONNECTED, &c->flags))
		return size;
	n = kfifo_in(&c->out, (const u8 *)data, size);
	if (n < size && !give_up(c))
		n += kfifo_in(&c->out, (const u8 *)data + n, size - n);
	if (n)
		wake(c);
	return n;
}

/**
 * mdev_bpf_console_get() - take bytes that the host has sent
 * @c: the console
 * @data: where they go
 * @size: number of bytes at most
 *
 * Context: The gate of the device held.
 *
 * Return: number of bytes.
 */
u32 mdev_bpf_console_get(struct mdev_bpf_console *c, void *data, u32 size)
{
	u32 n = kfifo_out(&c->in, (u8 *)data, size);

	if (n)
		wake(c);
	return n;
}

/**
 * mdev_bpf_console_take_status() - what is the matter on the host's side?
 * @c: the console
 *
 * A break is reported once. If there is no room, the work of the console is queued when there is.
 *
 * Context: The gate of the device held.
 *
 * Return: bits MDEV_BPF_CONSOLE_*.
 */
u32 mdev_bpf_console_take_status(struct mdev_bpf_console *c)
{
	u32 status = 0;

	if (test_bit(CONNECTED, &c->flags))
		status |= MDEV_BPF_CONSOLE_OPEN;
	if (!status || !kfifo_is_full(&c->out) || !give_up(c))
		status |= MDEV_BPF_CONSOLE_ROOM;
	if (test_bit(BREAK, &c->flags) && test_and_clear_bit(BREAK, &c->flags))
		status |= MDEV_BPF_CONSOLE_BREAK;
	return status;
}

/**
 * mdev_bpf_console_find() - get a console of a device
 * @bdev: the device
 * @index: index of the parameter
 *
 * Context: Any.
 *
 * Return: the console; NULL if devices of this type have no CONSOLE with this index.
 */
struct mdev_bpf_console *mdev_bpf_console_find(struct mdev_bpf_device *bdev, u32 index)
{
	if (index >= MDEV_BPF_MAX_PARAMS)
		return NULL;
	return bdev->consoles.all[array_index_nospec(index, MDEV_BPF_MAX_PARAMS)];
}

/**
 * mdev_bpf_console_notify() - queue the work of all consoles that are connected to the host
 * @bdev: the device
 *
 * For when work that was queued has been dropped, or may have been, while the host's side has not
 * changed: after a reset, a migration, and whenever time begins to pass.
 *
 * Context: The gate held.
 */
void mdev_bpf_console_notify(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_console *c;
	unsigned int i;

	for (i = 0; i < bdev->params.nr; i++) {
		c = bdev->consoles.all[i];
		if (c && bdev->params.values[i].number)
			mdev_bpf_deferred_work_start(bdev, c->work);
	}
}

static void console_free(struct device *dev)
{
	struct mdev_bpf_console *c = container_of(dev, struct mdev_bpf_console, dev);

	ida_free(&minors, MINOR(c->dev.devt) - MINOR(first_minor));
	kfifo_free(&c->in);
	kfifo_free(&c->out);
	mutex_destroy(&c->reading);
	mutex_destroy(&c->writing);
	kfree(c);
}

static void console_setup(struct mdev_bpf_console *c, struct mdev_bpf_device *bdev, u32 i)
{
	init_waitqueue_head(&c->wait);
	INIT_WORK(&c->wake, wake_work);
	mutex_init(&c->reading);
	mutex_init(&c->writing);
	spin_lock_init(&c->lock);
	c->bdev = bdev;
	c->param = i;
	c->work = bdev->params.decl[i].work;
	cdev_init(&c->cdev, &console_fops);
	c->cdev.owner = THIS_MODULE;
	c->dev.class = &console_class;
	c->dev.parent = &bdev->mdev->dev;
	c->dev.release = console_free;
}

static int console_create(struct mdev_bpf_device *bdev, u32 i)
{
	struct mdev_bpf_console *c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	int minor, ret;

	if (!c)
		return -ENOMEM;
	minor = ida_alloc_max(&minors, NR_MINORS - 1, GFP_KERNEL);
	if (minor < 0) {
		kfree(c);
		return minor;
	}
	console_setup(c, bdev, i);
	c->dev.devt = MKDEV(MAJOR(first_minor), MINOR(first_minor) + minor);
	device_initialize(&c->dev);
	/* From here on, console_free() frees all of it; a buffer that is not there is empty */
	ret = kfifo_alloc(&c->in, MDEV_BPF_CONSOLE_SIZE, GFP_KERNEL_ACCOUNT) ?:
	      kfifo_alloc(&c->out, MDEV_BPF_CONSOLE_SIZE, GFP_KERNEL_ACCOUNT) ?:
	      dev_set_name(&c->dev, "%s.%s", bdev->ctx.name, bdev->params.decl[i].name);
	if (ret)
		put_device(&c->dev);
	else
		bdev->consoles.all[i] = c;
	return ret;
}

/**
 * mdev_bpf_console_init() - create the consoles of a new device, which cannot be opened yet
 * @bdev: the device, which has its parameters
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM; -ENOSPC if the machine has 2^20 of them.
 */
int mdev_bpf_console_init(struct mdev_bpf_device *bdev)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < bdev->params.nr; i++)
		if (mdev_bpf_param_has(bdev, i) &&
		    bdev->params.decl[i].kind == MDEV_BPF_PARAM_CONSOLE)
			ret = console_create(bdev, i);
	if (ret)
		mdev_bpf_console_destroy(bdev);
	return ret;
}

/**
 * mdev_bpf_console_destroy() - undo mdev_bpf_console_init()
 * @bdev: the device, after mdev_bpf_console_del() if its consoles were added
 */
void mdev_bpf_console_destroy(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < bdev->params.nr; i++) {
		struct mdev_bpf_console *c = bdev->consoles.all[i];

		if (!c)
			continue;
		cancel_work_sync(&c->wake);
		put_device(&c->dev);
	}
}

static void console_del(struct mdev_bpf_console *c)
{
	scoped_guard(spinlock, &c->lock)
		WRITE_ONCE(c->bdev, NULL);
	wake_up_all(&c->wait);
	cdev_device_del(&c->cdev, &c->dev);
}

/**
 * mdev_bpf_console_add() - let the host open the consoles of a device
 * @bdev: the device, whose init has not been called
 *
 * Context: Process context.
 *
 * Return: 0; a negative errno, and then no console can be opened.
 */
int mdev_bpf_console_add(struct mdev_bpf_device *bdev)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < bdev->params.nr; i++) {
		struct mdev_bpf_console *c = bdev->consoles.all[i];

		ret = c ? cdev_device_add(&c->cdev, &c->dev) : 0;
		if (ret)
			break;
	}
	while (ret && i--)
		if (bdev->consoles.all[i])
			console_del(bdev->consoles.all[i]);
	return ret;
}

/**
 * mdev_bpf_console_del() - undo mdev_bpf_console_add(): who has a console open reads its end
 * @bdev: the device, which has no user
 *
 * Context: Process context.
 */
void mdev_bpf_console_del(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < bdev->params.nr; i++)
		if (bdev->consoles.all[i])
			console_del(bdev->consoles.all[i]);
}

/**
 * mdev_bpf_console_module_init() - register the class and the numbers of character devices
 *
 * Return: 0; a negative errno.
 */
int mdev_bpf_console_module_init(void)
{
	int ret = class_register(&console_class);

	if (ret)
		return ret;
	ret = alloc_chrdev_region(&first_minor, 0, NR_MINORS, "mdev_bpf_console");
	if (ret)
		class_unregister(&console_class);
	return ret;
}

/** mdev_bpf_console_module_exit() - undo mdev_bpf_console_module_init() */
void mdev_bpf_console_module_exit(void)
{
	unregister_chrdev_region(first_minor, NR_MINORS);
	class_unregister(&console_class);
	ida_destroy(&minors);
}
