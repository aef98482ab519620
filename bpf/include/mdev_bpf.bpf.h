/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only header that a device program needs. Compiling with it takes clang, libbpf's headers and
 * the kernel's uapi headers, but neither the module nor a vmlinux.h: when the program is loaded,
 * the structs below are relocated (CO-RE) to match those of the running kernel.
 */
#ifndef __MDEV_BPF_BPF_H
#define __MDEV_BPF_BPF_H

/* clang does not define it for BPF. Without it, <drm/drm_fourcc.h> includes headers of the libc. */
#ifndef __linux__
#define __linux__	1
#endif

#include <linux/types.h>
#include <linux/bpf.h>
#include <asm-generic/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#include <linux/mdev_bpf.h>
#pragma clang attribute pop

#include "mdev_bpf_op.bpf.h"
#include "mdev_bpf_register.bpf.h"
#include "mdev_bpf_access.bpf.h"
#include "mdev_bpf_state.bpf.h"
#include "mdev_bpf_pci.bpf.h"
#include "mdev_bpf_time.bpf.h"
#include "mdev_bpf_loop.bpf.h"
#include "mdev_bpf_text.bpf.h"
#include "mdev_bpf_param.bpf.h"
#include "mdev_bpf_console.bpf.h"
#include "mdev_bpf_memory.bpf.h"
#include "mdev_bpf_dma.bpf.h"
#include "mdev_bpf_queue.bpf.h"
#include "mdev_bpf_cable.bpf.h"

#endif /* __MDEV_BPF_BPF_H */
