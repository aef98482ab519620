// SPDX-License-Identifier: GPL-2.0-only
/*
 * mtty with the migration stream of the kernel's sample driver: a guest can be migrated from the
 * sample to this program, and back. "mdev-bpf load --replace" takes over devices of mtty.bpf.c.
 */
#define MTTY_NATIVE
#include "mtty.bpf.c"
