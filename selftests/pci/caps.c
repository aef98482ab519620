// SPDX-License-Identifier: GPL-2.0-only
/* PCI capabilities that a program declares, and what is in them. */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "dev.h"
#include "kpci.h"
#include "mig.h"

#define EXTENDED	MDEV_BPF_PCI_CAP_EXTENDED
#define LOW		MDEV_BPF_PCI_CAP_LOW

/* Where kpci's are, in the order of the declaration, and the first byte of the program's */
static const struct {
	unsigned int at, body, end;
} place[] = {
	{ 0xd4, 3, KPCI_EMPTY_SIZE },
	{ 0x100, 4, KPCI_SERIAL_SIZE },
	{ 0x40, 3, KPCI_LOW_SIZE },
	{ 0xe8, 3, KPCI_SCRATCH_SIZE },
	{ 0x10c, 4, KPCI_VSEC_SIZE },
	{ 0x50, 3, KPCI_LOW2_SIZE },
	{ 0x64, 3, KPCI_LOW3_SIZE },
	{ 0x124, 4, KPCI_DVSEC_SIZE },
};

#define SCRATCH	(place[KPCI_CAP_SCRATCH].at + 4)
#define OWN	0x70	/* behind the LOW ones */

static char stream[65536], stream2[65536];

static int own_write(__u32 off, __u32 size, __u32 val)
{
	dev_set(0, KPCI_OFF, 4, off);
	dev_set(0, KPCI_SIZE, 4, size);
	dev_set(0, KPCI_WRITE, 4, val);
	return dev_get(0, KPCI_RESULT, 4);
}

static int where(__u32 index)
{
	dev_set(0, KPCI_WHERE, 4, index);
	return dev_get(0, KPCI_RESULT, 4);
}

/* The chain as any guest walks it: offsets as text, with the ids */
static const char *chain(void)
{
	static char text[400];
	unsigned int cap, n = 0;
	int len = 0;

	text[0] = '\0';
	for (cap = cfg(PCI_CAPABILITY_LIST, 1); cap && n++ < 48; cap = cfg(cap + 1, 1))
		len += snprintf(text + len, sizeof(text) - len, "%02x:%02x ", cap, cfg(cap, 1));
	return text;
}

/* The same for extended ones, with the version */
static const char *extended_chain(void)
{
	static char text[400];
	unsigned int cap = 0x100, n = 0;
	int len = 0;

	text[0] = '\0';
	while (cap && n++ < 48) {
		__u32 head = cfg(cap, 4);

		if (!head)
			break;
		len += snprintf(text + len, sizeof(text) - len, "%03x:%04x.%u ", cap,
				PCI_EXT_CAP_ID(head), PCI_EXT_CAP_VER(head));
		cap = PCI_EXT_CAP_NEXT(head);
	}
	return text;
}

/* MSI, PM, Express, then those declared; LOW ones elsewhere, but in the same order */
MTAP_TEST(in_their_order)
{
	EXPECT_STR(chain(), "80:05 90:01 98:10 d4:09 40:09 e8:09 50:09 64:09 ");
	EXPECT_STR(extended_chain(), "100:0003.1 10c:000b.3 124:0023.1 ");
	EXPECT_EQ(cfg(0xd4 + 2, 1), KPCI_EMPTY_SIZE);
	EXPECT_EQ(cfg(0x40 + 2, 1), KPCI_LOW_SIZE);
	EXPECT_EQ(cfg(0xe8 + 2, 1), KPCI_SCRATCH_SIZE);
	EXPECT_EQ(cfg(0x50 + 2, 1), KPCI_LOW2_SIZE);
	EXPECT_EQ(cfg(0x64 + 2, 1), KPCI_LOW3_SIZE);
}

MTAP_TEST(program_finds_them)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(place); i++)
		EXPECT_EQ(where(i), place[i].at);
	EXPECT_EQ(where(ARRAY_SIZE(place)), -EINVAL);
	EXPECT_EQ(where(MDEV_BPF_MAX_PCI_CAPS), -EINVAL);
	EXPECT_EQ(where(0xffffffff), -EINVAL);
}

static void expect_contents(void)
{
	EXPECT_EQ(cfg(0x104, 4), KPCI_SERIAL_LOW);
	EXPECT_EQ(cfg(0x108, 4), KPCI_SERIAL_HIGH);
	EXPECT_EQ(cfg(0x44, 4), KPCI_LOW);
	EXPECT_EQ(cfg(0x10c + PCI_VNDR_HEADER, 4), KPCI_VSEC);
	EXPECT_EQ(cfg(0x114, 4), KPCI_VSEC_BODY);
	EXPECT_EQ(cfg(0x124 + PCI_DVSEC_HEADER1, 4), KPCI_DVSEC);
	EXPECT_EQ(cfg(0x124 + PCI_DVSEC_HEADER2, 4), 7);
	EXPECT_EQ(cfg(0x130, 4), 0);
}

MTAP_TEST(contents)
{
	unsigned int i;

	expect_contents();
	for (i = 0xd4 + 3; i < 0xe8; i++)
		EXPECT_EQ(cfg(i, 1), 0);
}

/* Bits that a guest can change */
static __u8 writable(unsigned int off)
{
	__u8 old = cfg(off, 1), ones, zeros;

	dev_set(CFG, off, 1, 0xff);
	ones = cfg(off, 1);
	dev_set(CFG, off, 1, 0);
	zeros = cfg(off, 1);
	dev_set(CFG, off, 1, old);
	return ones ^ zeros;
}

/* Nothing but what the program keeps itself, in config_write */
MTAP_TEST(guest_writes)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(place); i++) {
		for (j = place[i].at; j < place[i].at + place[i].end; j++) {
			bool kept = j >= SCRATCH && j < SCRATCH + 4;

			if (writable(j) != (kept ? 0xff : 0))
				mtap_fail(__FILE__, __LINE__, "a guest can write %#x at %#x",
					  writable(j), j);
		}
	}
	expect_contents();
}

MTAP_TEST(program_is_told)
{
	dev_set(CFG, 0x104, 4, 7);
	EXPECT_EQ(dev_get(0, KPCI_HOOKS, 4), 1);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_WHERE, 4), CFG << 24 | 4 << 16 | 0x104);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_VAL, 4), 7);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_NOW, 4), KPCI_SERIAL_LOW);
	dev_set(CFG, SCRATCH, 2, 0x1234);
	EXPECT_EQ(dev_get(0, KPCI_HOOKS, 4), 2);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_WHERE, 4), CFG << 24 | 2 << 16 | SCRATCH);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_NOW, 4), 0x1234);
	EXPECT_EQ(cfg(SCRATCH, 4), 0x1234);
}

/* config_read changes what is read, in the bytes of the program only, and only then. */
MTAP_TEST(program_answers)
{
	static __u8 held[KPCI_EXTENDED_END], own[KPCI_EXTENDED_END];
	unsigned int i, j, asked = 0;

	for (i = 0; i < KPCI_EXTENDED_END; i++) {
		held[i] = cfg(i, 1);
		own[i] = own_write(i, 1, held[i]) ? 0 : 0xff;
	}
	EXPECT_EQ(own[OWN], 0xff);
	EXPECT_EQ(own[SCRATCH], 0xff);
	EXPECT_EQ(own[SCRATCH - 2], 0);
	EXPECT_EQ(own[PCI_STATUS], 0);
	dev_set(0, KPCI_INVERT, 4, 0x5a5a5a5a);
	asked = dev_get(0, KPCI_ASKED, 4);
	for (i = 0; i < KPCI_EXTENDED_END; i += 4) {
		__u32 want = 0, mine = 0;

		for (j = 0; j < 4; j++) {
			want |= (__u32)(held[i + j] ^ (own[i + j] & 0x5a)) << 8 * j;
			mine |= own[i + j];
		}
		EXPECT_EQ(cfg(i, 4), want);
		asked += !!mine;
	}
	EXPECT_EQ(dev_get(0, KPCI_ASKED, 4), asked);
	for (i = 0; i < KPCI_EXTENDED_END; i++)
		EXPECT_EQ(cfg(i, 1), held[i] ^ (own[i] & 0x5a));
	/* What the bytes hold is what it was */
	prog_detach(&dev_prog);
	for (i = 0; i < KPCI_EXTENDED_END; i++)
		EXPECT_EQ(cfg(i, 1), held[i]);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	dev_set(0, KPCI_INVERT, 4, 0);
	expect_contents();
}

MTAP_TEST(program_writes)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(place); i++) {
		for (j = 0; j < place[i].end; j++)
			EXPECT_EQ(own_write(place[i].at + j, 1, 0x80 | j),
				  j < place[i].body ? -EPERM : 0);
		EXPECT_EQ(own_write(place[i].at, 4, 0), -EPERM);
		for (j = place[i].body; j < place[i].end; j++)
			EXPECT_EQ(cfg(place[i].at + j, 1), 0x80 | j);
	}
	/* What is left over of 20 bytes */
	EXPECT_EQ(own_write(0xd4 + 16, 4, 1), -EPERM);
	EXPECT_EQ(own_write(0xd4 + 18, 2, 1), -EPERM);
	EXPECT_EQ(own_write(OWN - 4, 4, 0x1234), 0);
	EXPECT_EQ(own_write(OWN, 4, 0x12345678), 0);
	EXPECT_EQ(own_write(0x7c, 4, 0x9abcdef0), 0);
	EXPECT_EQ(cfg(0x6c, 4), 0x1234);
	EXPECT_EQ(cfg(0x70, 4), 0x12345678);
	EXPECT_EQ(cfg(0x7c, 4), 0x9abcdef0);
	EXPECT_EQ(own_write(KPCI_EXTENDED_END, 1, 1), -EPERM);
	EXPECT_STR(chain(), "80:05 90:01 98:10 d4:09 40:09 e8:09 50:09 64:09 ");
	EXPECT_STR(extended_chain(), "100:0003.1 10c:000b.3 124:0023.1 ");
}

/* It clears them; what is there afterwards the program's reset has written. */
MTAP_TEST(reset)
{
	dev_set(CFG, SCRATCH, 4, 0x1234);
	EXPECT_EQ(own_write(0x48, 4, 0x1234), 0);
	EXPECT_EQ(own_write(0x104, 4, 0x1234), 0);
	EXPECT_EQ(own_write(0x130, 4, 0x1234), 0);
	EXPECT_EQ(own_write(OWN, 4, 0x1234), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	expect_contents();
	EXPECT_EQ(cfg(SCRATCH, 4), 0);
	EXPECT_EQ(cfg(0x48, 4), 0);
	EXPECT_EQ(cfg(OWN, 4), 0);
	EXPECT_STR(chain(), "80:05 90:01 98:10 d4:09 40:09 e8:09 50:09 64:09 ");
	EXPECT_STR(extended_chain(), "100:0003.1 10c:000b.3 124:0023.1 ");
	EXPECT_EQ(where(KPCI_CAP_DVSEC), 0x124);
}

/* A device of a variant of the program, called @name, in place of the one that is open */
static void load_variant(const char *name, void (*change)(struct mdev_bpf_ops *ops))
{
	ASSERT_EQ(prog_open(&dev_prog2, KPCI, NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, name, strlen(name) + 1);
	change(prog_ops(&dev_prog2));
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
}

static void variant(void (*change)(struct mdev_bpf_ops *ops))
{
	dev_close();
	load_variant("kcaps", change);
	dev_open("kcaps-1");
}

static void declare(struct mdev_bpf_ops *ops, unsigned int i, __u16 id, __u16 size, __u8 flags)
{
	ops->pci_caps[i] = (struct mdev_bpf_pci_cap){ .id = id, .size = size, .flags = flags };
}

static void none(struct mdev_bpf_ops *ops)
{
	memset(ops->pci_caps, 0, sizeof(ops->pci_caps));
}

MTAP_TEST(no_capabilities)
{
	variant(none);
	EXPECT_STR(chain(), "80:05 90:01 98:10 ");
	EXPECT_STR(extended_chain(), "");
	EXPECT_EQ(cfg(0x100, 4), 0);
	EXPECT_EQ(where(0), -EINVAL);
	EXPECT_EQ(own_write(0x40, 4, 5), 0);
	EXPECT_EQ(own_write(0x104, 4, 5), -EPERM);
}

/* As many as can be declared, in all the room there is */
static void most(struct mdev_bpf_ops *ops)
{
	unsigned int i;

	none(ops);
	ops->pci.flags = 0;
	memset(ops->irqs, 0, sizeof(ops->irqs));
	for (i = 0; i < 10; i++)
		declare(ops, i, PCI_CAP_ID_VNDR, i < 6 ? 13 : 8, 0);
	for (; i < 16; i++)
		declare(ops, i, PCI_CAP_ID_VNDR, i < 15 ? 12 : 4, LOW);
}

MTAP_TEST(as_many_as_possible)
{
	variant(most);
	EXPECT_EQ(where(15), 0x7c);
	EXPECT_EQ(where(9), 0xf8);
	EXPECT_HAS(chain(), "80:09 90:09 a0:09 b0:09 c0:09 d0:09 e0:09 e8:09 f0:09 f8:09 40:09 ");
	EXPECT_HAS(chain(), " 40:09 4c:09 58:09 64:09 70:09 7c:09 ");
	EXPECT_EQ(strlen(chain()), 16 * 6);
	/* No byte is left that is in no capability */
	EXPECT_EQ(own_write(0x7c, 1, 1), -EPERM);
	EXPECT_EQ(own_write(0x7f, 1, 1), 0);
	EXPECT_EQ(own_write(0x78, 4, 1), 0);
	EXPECT_EQ(own_write(0xfc, 4, 0x5a5a5a5a), 0);
	EXPECT_EQ(cfg(0xfc, 4), 0x5a5a5a5a);
	EXPECT_EQ(dev.region[CFG].size, MDEV_BPF_CONFIG_SIZE);
}

/* What virtio has, on PCI Express: five, 88 bytes */
static void like_virtio(struct mdev_bpf_ops *ops)
{
	none(ops);
	ops_region(ops, 0)->size = 512;
	ops_irq(ops, 1)->count = 0;
	*ops_irq(ops, 2) = (struct mdev_bpf_irq){
		.index = 2, .count = 5, .table = 0x100, .pba = 0x180,
	};
	declare(ops, 0, PCI_CAP_ID_VNDR, 16, LOW);
	declare(ops, 1, PCI_CAP_ID_VNDR, 20, LOW);
	declare(ops, 2, PCI_CAP_ID_VNDR, 16, LOW);
	declare(ops, 3, PCI_CAP_ID_VNDR, 16, 0);
	declare(ops, 4, PCI_CAP_ID_VNDR, 20, 0);
}

MTAP_TEST(five_and_express)
{
	variant(like_virtio);
	EXPECT_STR(chain(), "80:11 8c:01 94:10 40:09 50:09 64:09 d0:09 e0:09 ");
}

static void one_large(struct mdev_bpf_ops *ops)
{
	none(ops);
	declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 0xf00, EXTENDED);
}

MTAP_TEST(all_extended_space)
{
	variant(one_large);
	EXPECT_STR(extended_chain(), "100:000b.1 ");
	EXPECT_EQ(where(0), 0x100);
	EXPECT_EQ(own_write(0xffc, 4, 0xdeadbeef), 0);
	EXPECT_EQ(cfg(0xffc, 4), 0xdeadbeef);
	EXPECT_EQ(own_write(0x100, 4, 0), -EPERM);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(cfg(0xffc, 4), 0);
}

/* MSI is before them, so where it is missing they move. */
static void msi_of_one_type(struct mdev_bpf_ops *ops)
{
	memcpy(ops->types[1].name, "2", 2);
	ops_irq(ops, 1)->types = 2;
}

MTAP_TEST(types_differ)
{
	variant(msi_of_one_type);
	EXPECT_EQ(where(KPCI_CAP_EMPTY), 0xc4);
	EXPECT_EQ(where(KPCI_CAP_LOW), 0x40);
	EXPECT_EQ(where(KPCI_CAP_SERIAL), 0x100);
	EXPECT_STR(chain(), "80:01 88:10 c4:09 40:09 d8:09 50:09 64:09 ");
}

MTAP_TEST(upgrade)
{
	EXPECT_EQ(own_write(0x48, 4, 0x1234), 0);
	EXPECT_EQ(own_write(0x130, 4, 0x5678), 0);
	dev_set(CFG, SCRATCH, 4, 0x9abc);
	ASSERT_EQ(prog_open(&dev_prog2, KPCI, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT_EQ(cfg(0x48, 4), 0x1234);
	EXPECT_EQ(cfg(0x130, 4), 0x5678);
	EXPECT_EQ(cfg(SCRATCH, 4), 0x9abc);
	EXPECT_EQ(where(KPCI_CAP_DVSEC), 0x124);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
}

MTAP_TEST(migration)
{
	ssize_t len;

	EXPECT_EQ(own_write(0x48, 4, 0x1234), 0);
	EXPECT_EQ(own_write(0x104, 4, 0xabcd), 0);
	EXPECT_EQ(own_write(0x130, 4, 0x5678), 0);
	dev_set(CFG, SCRATCH, 4, 0x9abc);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	EXPECT_EQ(mig_find(stream, len, MIG_CONFIG)->size, KPCI_EXTENDED_END);
	dev_close();
	kpci_open();
	ASSERT_EQ(mig_load(&dev, stream, len), 0);
	EXPECT_EQ(cfg(0x48, 4), 0x1234);
	EXPECT_EQ(cfg(0x104, 4), 0xabcd);
	EXPECT_EQ(cfg(0x130, 4), 0x5678);
	EXPECT_EQ(cfg(SCRATCH, 4), 0x9abc);
	EXPECT_EQ(mig_save(&dev, stream2, sizeof(stream2)), len);
	EXPECT_EQ(memcmp(stream, stream2, len), 0);
}

static void swap_low(struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_pci_cap cap = ops->pci_caps[KPCI_CAP_LOW2];

	ops->pci_caps[KPCI_CAP_LOW2] = ops->pci_caps[KPCI_CAP_LOW3];
	ops->pci_caps[KPCI_CAP_LOW3] = cap;
}

static void swap_extended(struct mdev_bpf_ops *ops)
{
	struct mdev_bpf_pci_cap cap = ops->pci_caps[KPCI_CAP_VSEC];

	ops->pci_caps[KPCI_CAP_VSEC] = ops->pci_caps[KPCI_CAP_DVSEC];
	ops->pci_caps[KPCI_CAP_DVSEC] = cap;
}

/* The same places, but of one the length differs, or the version */
static void other_length(struct mdev_bpf_ops *ops)
{
	ops->pci_caps[KPCI_CAP_EMPTY].size++;
}

static void other_version(struct mdev_bpf_ops *ops)
{
	ops->pci_caps[KPCI_CAP_DVSEC].version = 2;
}

static void no_power(struct mdev_bpf_ops *ops)
{
	ops->pci.flags &= ~MDEV_BPF_PCI_PM;
}

static void no_extended(struct mdev_bpf_ops *ops)
{
	ops->pci_caps[KPCI_CAP_DVSEC] = (struct mdev_bpf_pci_cap){};
}

static const struct {
	void (*change)(struct mdev_bpf_ops *ops);
	const char *why;
} other_layouts[] = {
	{ swap_low, "section config makes no sense" },
	{ swap_extended, "section config makes no sense" },
	{ other_length, "section config makes no sense" },
	{ other_version, "section config makes no sense" },
	{ no_power, "section config makes no sense" },
	{ no_extended, "section config has 308 bytes, not 292" },
};

/* A driver goes on with the places that it found: the state of another device is not for this. */
MTAP_TEST(foreign_layout)
{
	size_t i;
	ssize_t len;

	EXPECT_EQ(own_write(0x48, 4, 0x1234), 0);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	for (i = 0; i < ARRAY_SIZE(other_layouts); i++) {
		dev_close();
		prog_close(&dev_prog);
		load_variant("kpci", other_layouts[i].change);
		kpci_open();
		EXPECT_EQ(mig_load(&dev, stream, len), -EINVAL);
		EXPECT_HAS(why_refused(), other_layouts[i].why);
		EXPECT_EQ(vfio_reset(&dev), 0);
		EXPECT_EQ(cfg(0x48, 4), 0);
		EXPECT_EQ(cfg(0x44, 4), KPCI_LOW);
	}
	dev_close();
	dev_load(KPCI);
}

const struct mtap_suite mtap_suite = {
	.setup = kpci_load, .before = kpci_open, .after = dev_close, .teardown = dev_unload,
};
