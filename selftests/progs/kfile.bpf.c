// SPDX-License-Identifier: GPL-2.0-only
/* Requests for files; see kfile.h. */
#include "mdev_bpf.bpf.h"
#include "kfile.h"

char _license[] SEC("license") = "GPL";

struct kfile {
	__u64 regs[KFILE_STATE / 8];
	__u64 data[KFILE_DATA_SIZE / 8];
};

#define REG(s, name)	((s)->regs[name / 8])
#define DATA(s, offset)	((s)->data[((offset) - KFILE_DATA) / 8 & (KFILE_DATA_SIZE / 8 - 1)])

static void go(struct mdev_bpf_dev *dev, struct kfile *s, __u64 val)
{
	struct mdev_bpf_request req = {
		.op = val & 0xff,
		.id = val >> 8,
		.channel = REG(s, KFILE_CHANNEL),
		.flags = REG(s, KFILE_COUNT) ? MDEV_BPF_DMA_LIST : 0,
		.iova = REG(s, KFILE_IOVA),
		.where = REG(s, KFILE_WHERE),
		.size = REG(s, KFILE_BYTES),
		.file = REG(s, KFILE_FILE),
		.count = REG(s, KFILE_COUNT),
		.offset = REG(s, KFILE_OFFSET),
	};

	REG(s, KFILE_RESULT) = mdev_bpf_request(dev, &req, sizeof(req));
}

int MDEV_BPF_OP(kfile_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kfile *s = mdev_bpf_state(dev, struct kfile);

	if (!s || access->size != 8)
		return -EINVAL;
	if (access->offset >= KFILE_DATA)
		DATA(s, access->offset) = access->val;
	else if (access->offset == KFILE_GO)
		go(dev, s, access->val);
	else if (access->offset == KFILE_CANCEL)
		REG(s, KFILE_RESULT) = mdev_bpf_request_cancel(dev, access->val, ~0);
	else
		s->regs[access->offset / 8 & (KFILE_STATE / 8 - 1)] = access->val;
	return 0;
}

int MDEV_BPF_OP(kfile_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kfile *s = mdev_bpf_state(dev, struct kfile);

	if (!s || access->size != 8)
		return -EINVAL;
	if (access->offset >= KFILE_DATA)
		access->val = DATA(s, access->offset);
	else if (access->offset == KFILE_SIZE)
		access->val = mdev_bpf_file_size(dev, REG(s, KFILE_FILE));
	else if (access->offset == KFILE_VALUE)
		access->val = mdev_bpf_param(dev, REG(s, KFILE_FILE));
	else
		access->val = s->regs[access->offset / 8 & (KFILE_STATE / 8 - 1)];
	return 0;
}

int MDEV_BPF_OP(kfile_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct kfile *s = mdev_bpf_state(dev, struct kfile);

	if (!s)
		return -EIO;
	REG(s, KFILE_ERROR) = dma->error;
	REG(s, KFILE_ID) = dma->id;
	REG(s, KFILE_GOT) = dma->done;
	REG(s, KFILE_DONE)++;
	return 0;
}

MDEV_BPF_DEVICE(kfile,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct kfile),
		.dma_windows = KFILE_WINDOWS,
		.pci = { .vendor = 0x1234, .device = 0x0013, .class_code = 0xff0000 },
		.regions = {
			{ .size = KFILE_DATA + KFILE_DATA_SIZE, .access_size = 8,
			  .flags = MDEV_BPF_REGION_RW },
			{ .index = KFILE_MEM, .size = KFILE_MEM_SIZE,
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY },
		},
		.params = {
			[KFILE_DISK] = { .name = "disk", .kind = MDEV_BPF_PARAM_FILE },
			[KFILE_LOCAL] = { .name = "scratch", .kind = MDEV_BPF_PARAM_FILE,
					  .flags = MDEV_BPF_PARAM_LOCAL },
			[KFILE_NUMBER] = { .name = "number" },
		},
		.region_read = kfile_read,
		.region_write = kfile_write,
		.dma_done = kfile_done);
