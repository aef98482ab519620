// SPDX-License-Identifier: GPL-2.0-only
/* Programs that must not load: one struct_ops map each, and good ones to complete them. */
#include "bad.h"

char _license[] SEC("license") = "GPL";

__u64 zero;

SEC("struct_ops/region_read")
int BPF_PROG(good_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	return 0;
}

/* Read-only members */

READ(write_offset)
{
	a->offset = 0;
	return 0;
}

BAD_READ(write_offset);

READ(write_size)
{
	a->size = 8;
	return 0;
}

BAD_READ(write_size);

READ(write_dev)
{
	dev->arg = 1;
	return 0;
}

BAD_READ(write_dev);

READ(write_genuine)
{
	a->trusted = NULL;
	return 0;
}

BAD_READ(write_genuine);

READ(write_past_val)
{
	((__u64 *)a)[sizeof(*a) / 8] = 0;
	return 0;
}

BAD_READ(write_past_val);

READ(read_past_context)
{
	a->val = ((__u64 *)a)[sizeof(*a) / 8];
	return 0;
}

BAD_READ(read_past_context);

SEC("?struct_ops/ioctl")
int BPF_PROG(write_cmd_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	call->cmd = 1;
	return 0;
}

SEC("?.struct_ops.link")
struct mdev_bpf_ops write_cmd = {
	DEVICE,
	.region_read = (void *)good_read,
	.region_write = (void *)good_write,
	.ioctl = (void *)write_cmd_ioctl,
};

/* kfuncs with what they do not take */

READ(ioctl_data_of_access)
{
	return !mdev_bpf_ioctl_data((void *)a, 8);
}

BAD_READ(ioctl_data_of_access);

READ(irq_of_access)
{
	return mdev_bpf_irq_set((void *)a, 1);
}

BAD_READ(irq_of_access);

READ(irq_of_null)
{
	return mdev_bpf_irq_set(NULL, 1);
}

BAD_READ(irq_of_null);

READ(irq_of_state)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	return s ? mdev_bpf_irq_set((void *)s, 1) : 0;
}

BAD_READ(irq_of_state);

/* Memory that is large enough to be a context, and all the program's own */
READ(irq_of_stack)
{
	__u64 fake[32] = { 0 };

	return mdev_bpf_irq_set((void *)fake, 1);
}

BAD_READ(irq_of_stack);

READ(ioctl_data_of_stack)
{
	__u64 fake[32] = { 0 };

	return !mdev_bpf_ioctl_data((void *)fake, 8);
}

BAD_READ(ioctl_data_of_stack);

/* Those of other ops, with the context that they do have */
READ(old_data_of_access)
{
	return !mdev_bpf_upgrade_data((void *)a, 8);
}

BAD_READ(old_data_of_access);

READ(old_data_of_dev)
{
	return !mdev_bpf_upgrade_data((void *)dev, 8);
}

BAD_READ(old_data_of_dev);

READ(old_data_of_stack)
{
	__u64 fake[32] = { 0 };

	return !mdev_bpf_upgrade_data((void *)fake, 8);
}

BAD_READ(old_data_of_stack);

/* upgrade converts the state, and does nothing else */

#define BAD_UPGRADE(which)						\
SEC("?.struct_ops.link")						\
struct mdev_bpf_ops which = {						\
	DEVICE,								\
	.region_read = (void *)good_read,				\
	.region_write = (void *)good_write,				\
	.upgrade = (void *)which##_upgrade,				\
}

#define UPGRADE(which)							\
SEC("?struct_ops/upgrade")						\
int BPF_PROG(which##_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)

UPGRADE(upgrade_irq)
{
	return mdev_bpf_irq_set(dev, 1);
}

BAD_UPGRADE(upgrade_irq);

UPGRADE(upgrade_message)
{
	return mdev_bpf_irq_trigger(dev, 0);
}

BAD_UPGRADE(upgrade_message);

UPGRADE(upgrade_timer)
{
	return mdev_bpf_timer_arm(dev, 0, 1, 0);
}

BAD_UPGRADE(upgrade_timer);

UPGRADE(upgrade_cancel)
{
	return mdev_bpf_timer_cancel(dev, 0);
}

BAD_UPGRADE(upgrade_cancel);

UPGRADE(upgrade_work)
{
	return mdev_bpf_work_queue(dev, 0);
}

BAD_UPGRADE(upgrade_work);

UPGRADE(upgrade_fail)
{
	char text[] = "no";

	return mdev_bpf_fail(dev, 0, text, sizeof(text));
}

BAD_UPGRADE(upgrade_fail);

UPGRADE(upgrade_config)
{
	return mdev_bpf_config_write(dev, 0x40, 4, 0);
}

BAD_UPGRADE(upgrade_config);

UPGRADE(upgrade_dma)
{
	return mdev_bpf_dma_write(dev, 0, 0, MDEV_BPF_STATE(0), 8);
}

BAD_UPGRADE(upgrade_dma);

/* Memory, but the guest's */
UPGRADE(upgrade_pinned)
{
	return !mdev_bpf_dma_get(dev, 0, 8);
}

BAD_UPGRADE(upgrade_pinned);

static __noinline int set_line(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_irq_set(dev, 1);
}

UPGRADE(upgrade_hidden)
{
	return set_line(dev);
}

BAD_UPGRADE(upgrade_hidden);

UPGRADE(upgrade_ioctl)
{
	return !mdev_bpf_ioctl_data((void *)old, 8);
}

BAD_UPGRADE(upgrade_ioctl);

UPGRADE(write_old)
{
	__u64 *data = (void *)mdev_bpf_old_state(old, __u64);

	if (data)
		*data = 0;
	return 0;
}

BAD_UPGRADE(write_old);

UPGRADE(write_version)
{
	old->version = 1;
	return 0;
}

BAD_UPGRADE(write_version);

UPGRADE(write_old_genuine)
{
	old->trusted = NULL;
	return 0;
}

BAD_UPGRADE(write_old_genuine);

UPGRADE(old_unchecked)
{
	return *mdev_bpf_old_state(old, __u64);
}

BAD_UPGRADE(old_unchecked);

UPGRADE(old_past_size)
{
	const __u64 *data = mdev_bpf_old_state(old, __u64);

	return data ? data[1] : 0;
}

BAD_UPGRADE(old_past_size);

UPGRADE(old_any_size)
{
	return !mdev_bpf_upgrade_data(old, old->size);
}

BAD_UPGRADE(old_any_size);

/* With all that upgrade may do, this one loads. */
UPGRADE(upgrade_good)
{
	struct state *s = mdev_bpf_state(dev, struct state);
	const struct state *from = mdev_bpf_old_state(old, struct state);

	if (s && from)
		s->words[old->version & 63] = from->words[dev->instance & 63];
	return 0;
}

BAD_UPGRADE(upgrade_good);

/* A dump is written by the op that got it */
READ(dump_of_access)
{
	char text[8] = "";

	return mdev_bpf_dump_text((void *)a, text, sizeof(text));
}

BAD_READ(dump_of_access);

READ(dump_of_stack)
{
	__u64 fake[32] = { 0 };
	char text[8] = "";

	return mdev_bpf_dump_text((void *)fake, text, sizeof(text));
}

BAD_READ(dump_of_stack);

/* More than there is of the text */
READ(fail_past_text)
{
	char text[8] = "";

	return mdev_bpf_fail(dev, 0, text, sizeof(text) + 1);
}

BAD_READ(fail_past_text);

READ(fail_of_access)
{
	char text[8] = "";

	return mdev_bpf_fail((void *)a, 0, text, sizeof(text));
}

BAD_READ(fail_of_access);

/* State */

READ(state_unchecked)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	a->val = s->words[0];
	return 0;
}

BAD_READ(state_unchecked);

READ(state_past_size)
{
	__u64 *word = mdev_bpf_state(dev, __u64);

	if (word)
		a->val = word[1];
	return 0;
}

BAD_READ(state_past_size);

READ(state_index)
{
	struct state *s = mdev_bpf_state(dev, struct state);

	if (s)
		a->val = s->words[a->offset];
	return 0;
}

BAD_READ(state_index);

READ(state_any_size)
{
	return !mdev_bpf_state_get(dev, a->offset);
}

BAD_READ(state_any_size);

/* The verifier cannot know the declared size: this one loads, and gets NULL. */
READ(state_too_large)
{
	a->val = 0x600d;
	return mdev_bpf_state_get(dev, sizeof(struct state) + 1) ? 0 : -ENOSPC;
}

BAD_READ(state_too_large);

/* The memory of whoever reads the device */

READ(read_user)
{
	__u64 val = 0;

	bpf_probe_read_user(&val, sizeof(val), (void *)a->offset);
	a->val = val;
	return 0;
}

BAD_READ(read_user);

READ(read_user_str)
{
	char text[8] = "";

	bpf_probe_read_user_str(text, sizeof(text), (void *)a->offset);
	a->val = text[0];
	return 0;
}

BAD_READ(read_user_str);

extern int bpf_copy_from_user_str(void *dst, __u32 size, const void *from, __u64 flags) __ksym;

READ(copy_user_str)
{
	char text[8] = "";

	bpf_copy_from_user_str(text, sizeof(text), (void *)a->offset, 0);
	a->val = text[0];
	return 0;
}

BAD_READ(copy_user_str);

/* The same, if the program may sleep, which no op may */
SEC("?struct_ops.s/region_read")
int BPF_PROG(sleepable_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	char text[8] = "";

	bpf_copy_from_user_str(text, sizeof(text), (void *)a->offset, 0);
	return 0;
}

BAD_READ(sleepable);

READ(read_kernel)
{
	__u64 val = 0;

	bpf_probe_read_kernel(&val, sizeof(val), (void *)a->offset);
	a->val = val;
	return 0;
}

BAD_READ(read_kernel);

READ(this_task)
{
	a->val = bpf_get_current_task();
	return 0;
}

BAD_READ(this_task);

READ(endless)
{
	while (!zero)
		zero = 0;
	return 0;
}

BAD_READ(endless);

/* Nothing wrong with the program, only with the section of its map */
SEC("?.struct_ops")
struct mdev_bpf_ops legacy = {
	DEVICE,
	.region_read = (void *)good_read,
	.region_write = (void *)good_write,
};

/* A program of another kind that calls one of our functions */
SEC("?raw_tp/sys_enter")
int other_kind(void *ctx)
{
	return mdev_bpf_irq_mode(NULL);
}

/* And what all of the above are compared with: this one loads */
SEC("?.struct_ops.link")
struct mdev_bpf_ops good = {
	DEVICE,
	.region_read = (void *)good_read,
	.region_write = (void *)good_write,
};

/* DMA: from the op's device only, and pinned memory as it was asked for */

READ(dma_of_access)
{
	return mdev_bpf_dma_read((void *)a, 0, 0, MDEV_BPF_STATE(0), 8);
}

BAD_READ(dma_of_access);

READ(dma_of_stack)
{
	struct mdev_bpf_dev forged = {};

	return mdev_bpf_dma_write(&forged, 0, 0, MDEV_BPF_STATE(0), 8);
}

BAD_READ(dma_of_stack);

READ(pin_of_state)
{
	__u8 *state = mdev_bpf_state_get(dev, sizeof(struct mdev_bpf_dev));

	return state ? mdev_bpf_dma_pin((void *)state, 0, 0, 8) : 0;
}

BAD_READ(pin_of_state);

READ(pinned_unchecked)
{
	a->val = *mdev_bpf_dma_get(dev, MDEV_BPF_PIN(0, 0), 8);
	return 0;
}

BAD_READ(pinned_unchecked);

READ(pinned_past_size)
{
	__u8 *p = mdev_bpf_dma_get(dev, MDEV_BPF_PIN(0, 0), 8);

	if (p)
		p[8] = 0;
	return 0;
}

BAD_READ(pinned_past_size);

/* dma_done and dma_unmap are told, and do not tell */

SEC("?struct_ops")
int BPF_PROG(write_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	dma->error = 0;
	return 0;
}

SEC("?.struct_ops.link")
struct mdev_bpf_ops write_dma = {
	DEVICE,
	.region_read = (void *)good_read,
	.region_write = (void *)good_write,
	.dma_done = (void *)write_dma_done,
};

SEC("?struct_ops")
int BPF_PROG(dma_of_range_unmap, struct mdev_bpf_dev *dev, struct mdev_bpf_range *range)
{
	return mdev_bpf_dma_unpin((void *)range, 0);
}

SEC("?.struct_ops.link")
struct mdev_bpf_ops dma_of_range = {
	DEVICE,
	.region_read = (void *)good_read,
	.region_write = (void *)good_write,
	.dma_unmap = (void *)dma_of_range_unmap,
};

UPGRADE(upgrade_dma_read)
{
	return mdev_bpf_dma_read(dev, 0, 0, MDEV_BPF_STATE(0), 8);
}

BAD_UPGRADE(upgrade_dma_read);

/* A stream is for save and restore, and only the one that they get */

READ(stream_of_stack)
{
	struct mdev_bpf_stream stream = {};

	return mdev_bpf_stream_put(&stream, &stream.size, sizeof(stream.size));
}

BAD_READ(stream_of_stack);

READ(stream_of_access)
{
	return mdev_bpf_stream_put((void *)a, "", 1);
}

BAD_READ(stream_of_access);

SEC("?struct_ops")
int BPF_PROG(write_stream_save, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	stream->size = 1 << 30;
	return MDEV_BPF_STREAM_OPAQUE;
}

SEC("?.struct_ops.link")
struct mdev_bpf_ops write_stream = {
	DEVICE,
	.region_read = (void *)good_read,
	.region_write = (void *)good_write,
	.save = (void *)write_stream_save,
};

/* Nothing wrong with the code, only with the declaration */

SEC("?.struct_ops.link")
struct mdev_bpf_ops odd_bar = {
	.name = "bad",
	.abi = MDEV_BPF_ABI,
	.types = { { .name = "1" } },
	.pci = { .vendor = 0x1234 },
	.regions = { { .size = 24, .flags = MDEV_BPF_REGION_READ } },
	.region_read = (void *)good_read,
};

SEC("?.struct_ops.link")
struct mdev_bpf_ops newer_abi = {
	.name = "bad",
	.abi = 99,
	.types = { { .name = "1" } },
	.pci = { .vendor = 0x1234 },
	.regions = { { .size = 16, .flags = MDEV_BPF_REGION_READ } },
	.region_read = (void *)good_read,
};
