/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests with the device of progs/kreg.bpf.c share. */
#ifndef SELFTESTS_KREG_H
#define SELFTESTS_KREG_H

#include <linux/types.h>

/* Read 4 bytes of the open device while one of its ops runs: they are @want, at once. */
void kreg_read_beside_op(unsigned int region, __u64 offset, __u32 want);

#endif /* SELFTESTS_KREG_H */
