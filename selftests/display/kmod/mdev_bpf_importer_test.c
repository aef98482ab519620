// SPDX-License-Identifier: GPL-2.0-only
/* A driver that maps dma-bufs, as a test program tells it; see importer_test.h. */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../../../kmod/compat.h"
#include "../importer_test.h"

struct import {
	/* one ioctl at a time; protects the rest */
	struct mutex lock;
	struct dma_buf *buf;
	struct dma_buf_attachment *at;
	struct sg_table *table;
	enum dma_data_direction dir;
};

static struct miscdevice test_misc;

static int test_fop_open(struct inode *inode, struct file *file)
{
	struct import *im = kzalloc(sizeof(*im), GFP_KERNEL);

	if (!im)
		return -ENOMEM;
	mutex_init(&im->lock);
	file->private_data = im;
	return 0;
}

static void import_end(struct import *im)
{
	if (!IS_ERR_OR_NULL(im->table))
		dma_buf_unmap_attachment_unlocked(im->at, im->table, im->dir);
	if (!IS_ERR_OR_NULL(im->at))
		dma_buf_detach(im->buf, im->at);
	if (!IS_ERR_OR_NULL(im->buf))
		dma_buf_put(im->buf);
	im->table = NULL;
	im->at = NULL;
	im->buf = NULL;
}

static int test_fop_release(struct inode *inode, struct file *file)
{
	struct import *im = file->private_data;

	import_end(im);
	kfree(im);
	return 0;
}

static int import_begin(struct import *im, int fd)
{
	im->buf = dma_buf_get(fd);
	if (IS_ERR(im->buf))
		return PTR_ERR(im->buf);
	im->at = dma_buf_attach(im->buf, test_misc.this_device);
	if (IS_ERR(im->at))
		return PTR_ERR(im->at);
	im->table = dma_buf_map_attachment_unlocked(im->at, im->dir);
	return PTR_ERR_OR_ZERO(im->table);
}

static u64 import_size(const struct import *im)
{
	struct scatterlist *sg;
	unsigned int i;
	u64 size = 0;

	for_each_sgtable_dma_sg(im->table, sg, i)
		size += sg_dma_len(sg);
	return size;
}

static int import(struct import *im, struct importer_map *map)
{
	int ret;

	if (im->table)
		return -EBUSY;
	im->dir = map->direction;
	ret = import_begin(im, map->fd);
	if (ret)
		import_end(im);
	else
		map->size = import_size(im);
	return ret;
}

static long test_fop_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct import *im = file->private_data;
	struct importer_map map;
	int ret;

	if (cmd != IMPORTER_MAP)
		return -ENOTTY;
	if (copy_from_user(&map, (void __user *)arg, sizeof(map)))
		return -EFAULT;
	if (!valid_dma_direction(map.direction))
		return -EINVAL;
	guard(mutex)(&im->lock);
	ret = import(im, &map);
	if (!ret && copy_to_user((void __user *)arg, &map, sizeof(map)))
		ret = -EFAULT;
	return ret;
}

/* As drivers do that let their own users map what they have imported */
static int test_fop_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct import *im = file->private_data;

	return im->table ? dma_buf_mmap(im->buf, vma, 0) : -ENODEV;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.open = test_fop_open,
	.release = test_fop_release,
	.unlocked_ioctl = test_fop_ioctl,
	.mmap = test_fop_mmap,
};

static struct miscdevice test_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mdev_bpf_importer",
	.fops = &test_fops,
};

static int __init test_init(void)
{
	int ret = misc_register(&test_misc);

	if (ret)
		return ret;
	ret = dma_coerce_mask_and_coherent(test_misc.this_device, DMA_BIT_MASK(64));
	if (ret)
		misc_deregister(&test_misc);
	return ret;
}
module_init(test_init);

static void __exit test_exit(void)
{
	misc_deregister(&test_misc);
}
module_exit(test_exit);

COMPAT_IMPORT_NS_DMA_BUF;
MODULE_DESCRIPTION("Test of dma-bufs of mdev_bpf, as a driver imports them");
MODULE_LICENSE("GPL");
