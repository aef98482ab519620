// SPDX-License-Identifier: GPL-2.0-only
/*
 * The educational device with one fault, a bit of its ID register: gallery/edu.sh, which compares
 * it with QEMU's, has to find that.
 */
#include "../../bpf/edu.h"

#undef EDU_VERSION
#define EDU_VERSION	0x010000ec

#include "../../bpf/edu.bpf.c"
