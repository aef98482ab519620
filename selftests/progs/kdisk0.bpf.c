// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 0 of the state of bpf/disk.bpf.c, which does not count commands. This disk only begins
 * with one, by fetching it. HEAD can be written here, as if commands had been carried out.
 */
#include "mdev_bpf.bpf.h"
#include "../../bpf/disk.h"

struct disk_queue {
	__u64 ring;
	__u64 done_ring;
	__u32 tail;
	__u32 head;
	__u32 busy;
	__u32 reserved;
	struct disk_command command;
	__u8 rest[520];
};

struct disk_state {
	struct disk_queue queue[DISK_QUEUES];
	__u32 status;
};

int MDEV_BPF_OP(kdisk_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct disk_state *s = mdev_bpf_state(dev, struct disk_state);
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_READ,
		.channel = id,
		.where = MDEV_BPF_STATE(offsetof(struct disk_state, queue[id].command)),
		.size = sizeof(struct disk_command),
	};
	__u32 n = id;

	barrier_var(n);
	if (!s || n >= DISK_QUEUES)
		return -EIO;
	req.iova = s->queue[n].ring;
	s->queue[n].busy = 1;
	return mdev_bpf_request(dev, &req, sizeof(req));
}

#define QUEUE_REG(name, offset, member, ...)						\
	MDEV_BPF_REG(name, 0, offset, struct disk_state, queue[0].member,		\
		     .count = DISK_QUEUES, .stride = DISK_REG_QUEUE_SIZE,		\
		     .state_stride = sizeof(struct disk_queue), ##__VA_ARGS__)

MDEV_BPF_DEVICE(disk,
		.types = { { .name = "1", .pretty_name = "Disk" } },
		.state_size = sizeof(struct disk_state),
		.pci = {
			.vendor = 0x1234, .device = 0x000d, .class_code = 0x018000,
			.flags = MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		},
		.params = { { .name = "read_only", .kind = MDEV_BPF_PARAM_BOOL } },
		.regions = {
			{ .size = 4096, .access_size = 8, .flags = MDEV_BPF_REGION_RW },
			{ .index = 9, .size = DISK_SECTORS * DISK_SECTOR,
			  .flags = MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_KEEP },
		},
		.registers = {
			QUEUE_REG("RING", DISK_REG_RING, ring, .write = ~0ULL),
			QUEUE_REG("DONE", DISK_REG_DONE, done_ring, .write = ~0ULL),
			QUEUE_REG("TAIL", DISK_REG_TAIL, tail, .write = ~0U,
				  .flags = MDEV_BPF_REGISTER_DOORBELL),
			QUEUE_REG("HEAD", DISK_REG_HEAD, head, .write = ~0U),
		},
		.irqs = {
			{ .index = 2, .count = DISK_QUEUES,
			  .table = DISK_MSIX_TABLE, .pba = DISK_MSIX_PBA },
		},
		.work = kdisk_work);

char _license[] SEC("license") = "GPL";
