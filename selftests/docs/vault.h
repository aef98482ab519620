/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VAULT_H
#define VAULT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Put value into a word and get what was there; returns how many swaps there were. */
struct vault_swap {
        __u32 index;
        __u32 reserved;
        __u64 value;
};

#define VAULT_SWAP _IOWR('V', 0x10, struct vault_swap)

#endif
