// SPDX-License-Identifier: GPL-2.0-only
/* A kernel client of mdev_bpf that does what a test program tells it; see client_test.h. */
#include <linux/fs.h>
#include <linux/mdev_bpf.h>
#include <linux/mdev_bpf_client.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../client_test.h"

#define MAX_COUNT SZ_4K

struct test {
	/* one ioctl, read or write at a time; protects client */
	struct mutex lock;
	struct mdev_bpf_client *client;
	/* protects events, also from the irq op */
	spinlock_t events_lock;
	struct client_events events;
};

static void test_irq(void *data, unsigned int vector)
{
	struct test *t = data;

	guard(spinlock_irqsave)(&t->events_lock);
	t->events.irqs++;
	t->events.vectors |= BIT(vector & 31);
}

static void test_request(void *data)
{
	struct test *t = data;

	guard(spinlock_irqsave)(&t->events_lock);
	t->events.requests++;
}

static const struct mdev_bpf_client_ops test_ops = {
	.irq = test_irq,
	.request = test_request,
};

static int test_fop_open(struct inode *inode, struct file *file)
{
	struct test *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	mutex_init(&t->lock);
	spin_lock_init(&t->events_lock);
	file->private_data = t;
	return 0;
}

static int client_close(struct test *t)
{
	lockdep_assert_held(&t->lock);
	if (!t->client)
		return -ENOTCONN;
	mdev_bpf_client_close(t->client);
	t->client = NULL;
	return 0;
}

static int test_fop_release(struct inode *inode, struct file *file)
{
	struct test *t = file->private_data;

	mutex_lock(&t->lock);
	client_close(t);
	mutex_unlock(&t->lock);
	kfree(t);
	return 0;
}

static int client_open(struct test *t, const void __user *arg)
{
	struct mdev_bpf_client *client;
	char text[UUID_STRING_LEN + 1];
	guid_t uuid;

	if (t->client)
		return -EISCONN;
	if (copy_from_user(text, arg, sizeof(text)))
		return -EFAULT;
	if (guid_parse(text, &uuid))
		return -EINVAL;
	client = mdev_bpf_client_open(&uuid, &test_ops, t);
	if (IS_ERR(client))
		return PTR_ERR(client);
	t->client = client;
	return 0;
}

static int events(struct test *t, void __user *arg)
{
	struct client_events now;

	scoped_guard(spinlock_irqsave, &t->events_lock) {
		now = t->events;
		t->events.irqs = 0;
		t->events.vectors = 0;
	}
	return copy_to_user(arg, &now, sizeof(now)) ? -EFAULT : 0;
}

static int client_ioctl(struct test *t, unsigned int cmd, void __user *arg)
{
	u32 mode;

	switch (cmd) {
	case CLIENT_CLOSE:
		return client_close(t);
	case CLIENT_RESET:
		return mdev_bpf_client_reset(t->client);
	case CLIENT_SET_IRQ:
		if (get_user(mode, (u32 __user *)arg))
			return -EFAULT;
		return mdev_bpf_client_set_irq(t->client, mode);
	case CLIENT_UNMASK:
		mdev_bpf_client_unmask(t->client);
		return 0;
	default:
		return -ENOTTY;
	}
}

static long test_fop_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct test *t = file->private_data;

	if (cmd == CLIENT_EVENTS)
		return events(t, (void __user *)arg);
	guard(mutex)(&t->lock);
	if (cmd == CLIENT_OPEN)
		return client_open(t, (void __user *)arg);
	return t->client ? client_ioctl(t, cmd, (void __user *)arg) : -ENOTCONN;
}

static ssize_t client_rw(struct test *t, void *buf, size_t count, loff_t pos, bool write)
{
	u32 region = pos >> MDEV_BPF_OFFSET_SHIFT;
	u64 offset = pos & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);

	guard(mutex)(&t->lock);
	if (!t->client)
		return -ENOTCONN;
	if (write)
		return mdev_bpf_client_write(t->client, region, offset, buf, count);
	return mdev_bpf_client_read(t->client, region, offset, buf, count);
}

static ssize_t test_fop_read(struct file *file, char __user *user, size_t count, loff_t *pos)
{
	void *buf;
	ssize_t ret;

	if (count > MAX_COUNT)
		return -EINVAL;
	buf = kzalloc(count, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = client_rw(file->private_data, buf, count, *pos, false);
	if (ret > 0 && copy_to_user(user, buf, ret))
		ret = -EFAULT;
	kfree(buf);
	return ret;
}

static ssize_t test_fop_write(struct file *file, const char __user *user, size_t count,
			      loff_t *pos)
{
	void *buf;
	ssize_t ret;

	if (count > MAX_COUNT)
		return -EINVAL;
	buf = memdup_user(user, count);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ret = client_rw(file->private_data, buf, count, *pos, true);
	kfree(buf);
	return ret;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.open = test_fop_open,
	.release = test_fop_release,
	.unlocked_ioctl = test_fop_ioctl,
	.read = test_fop_read,
	.write = test_fop_write,
};

static struct miscdevice test_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mdev_bpf_client",
	.fops = &test_fops,
};
module_misc_device(test_misc);

MODULE_DESCRIPTION("Test of mdev_bpf's kernel client interface");
MODULE_LICENSE("GPL");
