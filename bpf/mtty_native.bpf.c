// SPDX-License-Identifier: GPL-2.0-only
/*
 * mtty, with the migration stream of the kernel's sample driver: a guest can be moved from that to
 * this, and back. Devices of mtty.bpf.c can be taken over with "mdev-bpf load --replace".
 */
#define MTTY_NATIVE
#include "mtty.bpf.c"
