// SPDX-License-Identifier: GPL-2.0-only
/* PCI capabilities that the module must refuse. */
#include <linux/pci_regs.h>
#include <string.h>

#include "dev.h"
#include "wrong.h"

#define KPCI	"progs/kpci.bpf.o"

#define EXTENDED	MDEV_BPF_PCI_CAP_EXTENDED
#define LOW		MDEV_BPF_PCI_CAP_LOW

static void none(struct mdev_bpf_ops *ops)
{
	memset(ops->pci_caps, 0, sizeof(ops->pci_caps));
}

static void declare(struct mdev_bpf_ops *ops, unsigned int i, __u16 id, __u16 size, __u8 flags)
{
	ops->pci_caps[i] = (struct mdev_bpf_pci_cap){ .id = id, .size = size, .flags = flags };
}

/* A change for struct wrong: no capabilities but these */
#define CAPS(fn, statement) \
static void fn(struct mdev_bpf_ops *ops) { none(ops); statement; }

CAPS(hole, declare(ops, 1, PCI_CAP_ID_VNDR, 8, 0))
CAPS(hole_later, declare(ops, 0, PCI_CAP_ID_VNDR, 8, 0); declare(ops, 15, PCI_CAP_ID_VNDR, 8, 0))
CAPS(no_id, declare(ops, 0, 0, 8, 0))
CAPS(no_id_flags, declare(ops, 0, 0, 0, EXTENDED))
CAPS(flag, declare(ops, 0, PCI_CAP_ID_VNDR, 8, 0x84))
CAPS(reserved, declare(ops, 0, PCI_CAP_ID_VNDR, 8, 0); ops->pci_caps[0].reserved = 1)
CAPS(both, declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 8, EXTENDED | LOW))
CAPS(not_express, declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 8, EXTENDED); ops->pci.flags = 0)
CAPS(power, declare(ops, 0, PCI_CAP_ID_PM, 8, 0))
CAPS(wide_id, declare(ops, 0, 0x109, 8, 0))
CAPS(low_vpd, declare(ops, 0, PCI_CAP_ID_VPD, 8, LOW))
CAPS(sriov, declare(ops, 0, PCI_EXT_CAP_ID_SRIOV, 64, EXTENDED))
CAPS(ats, declare(ops, 0, PCI_EXT_CAP_ID_ATS, 8, EXTENDED))
CAPS(pasid, declare(ops, 0, PCI_EXT_CAP_ID_PASID, 8, EXTENDED))
CAPS(errors, declare(ops, 0, PCI_EXT_CAP_ID_ERR, 8, EXTENDED))
CAPS(rebar, declare(ops, 0, PCI_EXT_CAP_ID_REBAR, 8, EXTENDED))
CAPS(wide_extended, declare(ops, 0, 0xffff, 8, EXTENDED))
CAPS(version, declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 8, EXTENDED); ops->pci_caps[0].version = 16)
CAPS(vendor_version, declare(ops, 0, PCI_CAP_ID_VNDR, 8, 0); ops->pci_caps[0].version = 1)
CAPS(no_size, declare(ops, 0, PCI_CAP_ID_VNDR, 0, 0))
CAPS(no_body, declare(ops, 0, PCI_CAP_ID_VNDR, 3, LOW))
CAPS(no_extended_size, declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 0, EXTENDED))
CAPS(short_vsec, declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 4, EXTENDED))
CAPS(short_dvsec, declare(ops, 0, PCI_EXT_CAP_ID_DVSEC, 8, EXTENDED))
CAPS(odd_vsec, declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 10, EXTENDED))
CAPS(long_vsec, declare(ops, 0, PCI_EXT_CAP_ID_VNDR, 0xf04, EXTENDED))
CAPS(short_serial, declare(ops, 0, PCI_EXT_CAP_ID_DSN, 8, EXTENDED))
CAPS(long_serial, declare(ops, 0, PCI_EXT_CAP_ID_DSN, 16, EXTENDED))
/* MSI, PM and Express take 84 bytes of 128, with what goes between them */
CAPS(full, declare(ops, 0, PCI_CAP_ID_VNDR, 45, 0))
CAPS(full_two, declare(ops, 0, PCI_CAP_ID_VNDR, 40, 0); declare(ops, 1, PCI_CAP_ID_VNDR, 5, 0))
CAPS(huge, declare(ops, 0, PCI_CAP_ID_VNDR, 0xffff, 0))
CAPS(full_low, declare(ops, 0, PCI_CAP_ID_VNDR, 61, LOW); declare(ops, 1, PCI_CAP_ID_VNDR, 4, LOW))

static void full_extended(struct mdev_bpf_ops *ops)
{
	none(ops);
	declare(ops, 0, PCI_EXT_CAP_ID_DSN, 12, EXTENDED);
	declare(ops, 1, PCI_EXT_CAP_ID_VNDR, 0xf00 - 8, EXTENDED);
}

static void other_kind(struct mdev_bpf_ops *ops)
{
	none(ops);
	declare(ops, 0, PCI_CAP_ID_VNDR, 8, 0);
	memcpy(ops->device_api, "vfio-ap", 8);
	memset(&ops->pci, 0, sizeof(ops->pci));
}

static const struct wrong wrongs[] = {
	{ hole, -EINVAL, "pci_caps[0] has no id, but it or a later row is not empty" },
	{ hole_later, -EINVAL, "pci_caps[1] has no id, but it or a later row is not empty" },
	{ no_id, -EINVAL, "pci_caps[0] has no id, but it or a later row is not empty" },
	{ no_id_flags, -EINVAL, "pci_caps[0] has no id, but it or a later row is not empty" },
	{ flag, -EOPNOTSUPP, "pci_caps[0].flags 0x84 are not supported" },
	{ reserved, -EINVAL, "pci_caps[0].reserved is not zero" },
	{ both, -EINVAL, "pci_caps[0] is EXTENDED, so not LOW" },
	{ not_express, -EINVAL, "pci_caps[0] is EXTENDED, which needs EXPRESS" },
	{ power, -EOPNOTSUPP, "pci_caps[0].id 0x1: one that is not EXTENDED is 0x9" },
	{ wide_id, -EOPNOTSUPP, "pci_caps[0].id 0x109" },
	{ low_vpd, -EOPNOTSUPP, "pci_caps[0].id 0x3: one that is not EXTENDED" },
	{ sriov, -EOPNOTSUPP, "pci_caps[0].id 0x10: an EXTENDED one is 0x3, 0xb or 0x23" },
	{ ats, -EOPNOTSUPP, "pci_caps[0].id 0xf: an EXTENDED one" },
	{ pasid, -EOPNOTSUPP, "pci_caps[0].id 0x1b: an EXTENDED one" },
	{ errors, -EOPNOTSUPP, "pci_caps[0].id 0x1: an EXTENDED one" },
	{ rebar, -EOPNOTSUPP, "pci_caps[0].id 0x15: an EXTENDED one" },
	{ wide_extended, -EOPNOTSUPP, "pci_caps[0].id 0xffff: an EXTENDED one" },
	{ version, -EINVAL, "pci_caps[0].version 16 is more than 15" },
	{ vendor_version, -EINVAL, "pci_caps[0].version is for EXTENDED ones" },
	{ no_size, -EINVAL, "pci_caps[0].size 0 is a header without a body" },
	{ no_body, -EINVAL, "pci_caps[0].size 3 is a header without a body" },
	{ no_extended_size, -EINVAL, "pci_caps[0].size 0 is no multiple of 4 from 8 to 3840" },
	{ short_vsec, -EINVAL, "pci_caps[0].size 4 is no multiple of 4 from 8 to 3840" },
	{ short_dvsec, -EINVAL, "pci_caps[0].size 8 is no multiple of 4 from 12 to 3840" },
	{ odd_vsec, -EINVAL, "pci_caps[0].size 10 is no multiple of 4 from 8" },
	{ long_vsec, -EINVAL, "pci_caps[0].size 3844 is no multiple of 4 from 8 to 3840" },
	{ short_serial, -EINVAL, "pci_caps[0].size 8 is no multiple of 4 from 12 to 12" },
	{ long_serial, -EINVAL, "pci_caps[0].size 16 is no multiple of 4 from 12 to 12" },
	{ full, -E2BIG, "the PCI capabilities take 132 bytes of 128" },
	{ full_two, -E2BIG, "the PCI capabilities take 132 bytes of 128" },
	{ huge, -E2BIG, "the PCI capabilities take 65620 bytes of 128" },
	{ full_low, -E2BIG, "the LOW PCI capabilities take 68 bytes of 64" },
	{ full_extended, -E2BIG, "the EXTENDED PCI capabilities take 3844 bytes of 3840" },
	{ other_kind, -EINVAL, "pci_caps[] is not empty, but device_api is \"vfio-ap\"" },
};

MTAP_TEST(refusals)
{
	expect_wrong(KPCI, wrongs, ARRAY_SIZE(wrongs));
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
