// SPDX-License-Identifier: GPL-2.0-only
/* A device with all kinds of memory regions; see kmem.h. */
#include "mdev_bpf.bpf.h"
#include "kmem.h"

char _license[] SEC("license") = "GPL";

struct kmem_state {
	__u64 region;
	__u64 offset;
	__u64 data;
	__s64 result;
	__u64 traps;
	__u64 last;
	__u8 fill[256];
};

static void fill(struct mdev_bpf_dev *dev, struct kmem_state *s)
{
	unsigned int i;

	for (i = 0; i < sizeof(s->fill); i++)
		s->fill[i] = s->data;
	s->result = mdev_bpf_memory_write(dev, s->region, s->offset, s->fill, sizeof(s->fill));
}

#define N(n)	(__u8)((n) * 7)
#define N10(n)	N(n), N(n + 1), N(n + 2), N(n + 3), N(n + 4), N(n + 5), N(n + 6), N(n + 7), \
		N(n + 8), N(n + 9)
#define N100(n)	N10(n), N10(n + 10), N10(n + 20), N10(n + 30), N10(n + 40), N10(n + 50), \
		N10(n + 60), N10(n + 70), N10(n + 80), N10(n + 90)

static const __u8 table[KMEM_TABLE] = {
	N100(0), N100(100), N100(200), N100(300), N100(400), N100(500), N100(600), N100(700),
	N100(800), N100(900)
};

static void go(struct mdev_bpf_dev *dev, struct kmem_state *s, __u64 what)
{
	__u64 where = MDEV_BPF_MEMORY(s->region, s->offset), data = s->data;
	__u64 *p = NULL;
	__u16 *p2;

	switch (what) {
	case KMEM_DO_READ:
		s->result = mdev_bpf_memory_read(dev, s->region, s->offset, &data, sizeof(data));
		s->data = data;
		return;
	case KMEM_DO_WRITE:
		s->result = mdev_bpf_memory_write(dev, s->region, s->offset, &data, sizeof(data));
		return;
	case KMEM_DO_FILL:
		fill(dev, s);
		return;
	case KMEM_DO_ZERO:
		s->result = mdev_bpf_memory_zero(dev, s->region, s->offset, s->data);
		return;
	case KMEM_DO_REPEAT:
		s->result = mdev_bpf_memory_fill(dev, s->region, s->offset, s->data, KMEM_PATTERN);
		return;
	case KMEM_DO_TABLE:
		s->result = mdev_bpf_memory_write_const(dev, s->region, s->offset, table);
		return;
	case KMEM_DO_GET_2:
		p2 = (__u16 *)mdev_bpf_memory_get(dev, where, sizeof(*p2));
		s->result = p2 ? 0 : -1;
		s->data = p2 ? *p2 : 0;
		return;
	case KMEM_DO_GET:
	case KMEM_DO_PUT:
		p = (__u64 *)mdev_bpf_memory_get(dev, where, sizeof(*p));
		break;
	case KMEM_DO_GET_PAGE:
		p = (__u64 *)mdev_bpf_memory_get(dev, where, KMEM_PAGE);
		break;
	}
	s->result = p ? 0 : -1;
	if (p && what == KMEM_DO_PUT) {
		mdev_bpf_mb();
		*p = data;
	} else if (p) {
		s->data = *p;
	}
}

static void trapped(struct kmem_state *s, struct mdev_bpf_access *a, __u64 write)
{
	s->traps++;
	s->last = (__u64)a->region << 56 | write << 55 | (__u64)a->size << 48 | a->offset;
}

int MDEV_BPF_OP(kmem_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kmem_state *s = mdev_bpf_state(dev, struct kmem_state);

	if (!s)
		return -EIO;
	if (a->region) {
		trapped(s, a, 0);
		a->val = 0x5a5a5a5a5a5a5a5aULL;
		return 0;
	}
	switch (a->offset) {
	case KMEM_DATA:
		a->val = s->data;
		break;
	case KMEM_RESULT:
		a->val = s->result;
		break;
	case KMEM_TRAPS:
		a->val = s->traps;
		break;
	case KMEM_LAST:
		a->val = s->last;
		break;
	}
	return 0;
}

int MDEV_BPF_OP(kmem_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct kmem_state *s = mdev_bpf_state(dev, struct kmem_state);

	if (!s)
		return -EIO;
	if (a->region) {
		trapped(s, a, 1);
		return 0;
	}
	switch (a->offset) {
	case KMEM_REGION:
		s->region = a->val;
		break;
	case KMEM_OFFSET:
		s->offset = a->val;
		break;
	case KMEM_DATA:
		s->data = a->val;
		break;
	case KMEM_GO:
		go(dev, s, a->val);
		break;
	}
	return 0;
}

/* Also after a reset, which has cleared the memory. */
int MDEV_BPF_OP(kmem_init, struct mdev_bpf_dev *dev)
{
	__u64 text = KMEM_RO_TEXT;
	__u32 rom = KMEM_ROM_TEXT;

	return mdev_bpf_memory_write(dev, KMEM_RO, 8, &text, sizeof(text)) ?:
	       mdev_bpf_memory_write(dev, KMEM_ROM, 0, &rom, sizeof(rom));
}

#define MEM	MDEV_BPF_REGION_MEMORY
#define MAP	(MEM | MDEV_BPF_REGION_MMAP)
#define RW	MDEV_BPF_REGION_RW

MDEV_BPF_DEVICE(kmem,
		.init = kmem_init,
		.region_read = kmem_read,
		.region_write = kmem_write,
		.state_size = sizeof(struct kmem_state),
		.types = { { .name = "1" } },
		.pci = { .vendor = 0x1234, .device = 0x5679, .class_code = 0xff0000 },
		.regions = {
			{ .size = 64, .access_size = 8, .flags = RW },
			{
				.index = KMEM_SPARSE, .size = KMEM_SPARSE_SIZE, .flags = MAP | RW,
				.trap_offset = KMEM_TRAP_OFFSET, .trap_size = KMEM_TRAP_SIZE,
			},
			{
				.index = KMEM_LARGE, .size = KMEM_LARGE_SIZE,
				.flags = MAP | RW | MDEV_BPF_REGION_KEEP |
					 MDEV_BPF_REGION_PREFETCH | MDEV_BPF_REGION_64BIT,
			},
			{ .index = KMEM_SMALL, .size = KMEM_SMALL_SIZE, .flags = MEM | RW },
			{ .index = KMEM_RO, .size = KMEM_RO_SIZE,
			  .flags = MAP | MDEV_BPF_REGION_READ },
			{ .index = KMEM_ROM, .size = KMEM_ROM_SIZE,
			  .flags = MEM | MDEV_BPF_REGION_READ },
			{
				.index = KMEM_OWN, .size = KMEM_OWN_SIZE,
				.flags = MAP | RW | MDEV_BPF_REGION_CLEAR,
				.cap_type = KMEM_OWN_TYPE, .cap_subtype = KMEM_OWN_SUBTYPE,
			},
			{
				.index = KMEM_PRIVATE, .size = KMEM_PRIVATE_SIZE,
				.flags = MEM | MDEV_BPF_REGION_POPULATE,
			},
			{ .index = KMEM_TRAPPED, .size = KMEM_TRAPPED_SIZE, .access_size = 8,
			  .flags = RW },
			{ .index = KMEM_HIDDEN, .size = KMEM_HIDDEN_SIZE, .flags = MEM },
		});
