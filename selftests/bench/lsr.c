// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsr UUID: what reading a register costs. Prints the median of the time stamp counter's advance
 * over one getppid(), one pread() of a byte of /dev/zero, and one of the line status register of
 * the device's first port. In a VM with --icount the unit is guest instructions, and exact.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "vfio.h"

#define CALLS	10001
#define WARM_UP	100
#define LSR	5

static __u64 cost[CALLS];

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static __u64 median(void)
{
	qsort(cost, CALLS, sizeof(cost[0]), compare);
	return cost[CALLS / 2];
}

static __u64 cost_getppid(void)
{
	int i;

	for (i = -WARM_UP; i < CALLS; i++) {
		__u64 start = __rdtsc();

		getppid();
		cost[i < 0 ? 0 : i] = __rdtsc() - start;
	}
	return median();
}

/* 0 if a read fails */
static __u64 cost_pread(int fd, off_t off)
{
	char byte;
	int i;

	for (i = -WARM_UP; i < CALLS; i++) {
		__u64 start = __rdtsc();
		ssize_t ret = pread(fd, &byte, 1, off);

		cost[i < 0 ? 0 : i] = __rdtsc() - start;
		if (ret != 1)
			return 0;
	}
	return median();
}

int main(int argc, char **argv)
{
	__u64 floor, zero, lsr;
	struct mdev m = { 0 };
	struct vfio v;
	int fd, ret;

	if (argc != 2 || strlen(argv[1]) != UUID_LEN) {
		fprintf(stderr, "Usage: lsr UUID\n");
		return 2;
	}
	memcpy(m.uuid, argv[1], UUID_LEN);
	ret = vfio_open(&v, &m);
	fd = open("/dev/zero", O_RDONLY);
	if (ret || fd < 0) {
		fprintf(stderr, "lsr: cannot open %s: %s\n", argv[1], strerror(-ret));
		return 1;
	}
	floor = cost_getppid();
	zero = cost_pread(fd, 0);
	lsr = cost_pread(v.device, v.region[0].offset + LSR);
	if (!zero || !lsr) {
		fprintf(stderr, "lsr: cannot read\n");
		return 1;
	}
	printf("getppid   %6llu\n/dev/zero %6llu\nLSR       %6llu\n", floor, zero, lsr);
	printf("LSR / /dev/zero     %.3f\n", (double)lsr / zero);
	printf("above getppid       %.3f\n", (double)(lsr - floor) / (zero - floor));
	return 0;
}
