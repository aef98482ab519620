// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsr UUID: what the registers of a serial card cost. Prints the median of the time stamp counter's
 * advance over one getppid(), and over one pread() or pwrite() of a byte: of /dev/zero and
 * /dev/null, to compare with; of the line status and of the scratch register of the device's first
 * port; of its configuration space. The second number is what is above the file of /dev.
 * In a VM with --icount the unit is guest instructions, and exact.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "median.h"
#include "vfio.h"

#define CALLS	10001
#define WARM_UP	100
#define LSR	5
#define SCR	7

static __u64 cost[CALLS];

static __u64 cost_getppid(void)
{
	int i;

	for (i = -WARM_UP; i < CALLS; i++) {
		__u64 start = __rdtsc();

		getppid();
		cost[i < 0 ? 0 : i] = __rdtsc() - start;
	}
	return median(cost, CALLS);
}

static void failed(const char *what)
{
	perror(what);
	exit(1);
}

static __u64 cost_pread(const char *what, int fd, off_t off)
{
	char byte;
	int i;

	for (i = -WARM_UP; i < CALLS; i++) {
		__u64 start = __rdtsc();
		ssize_t ret = pread(fd, &byte, 1, off);

		cost[i < 0 ? 0 : i] = __rdtsc() - start;
		if (ret != 1)
			failed(what);
	}
	return median(cost, CALLS);
}

static __u64 cost_pwrite(const char *what, int fd, off_t off)
{
	char byte = 0x5a;
	int i;

	for (i = -WARM_UP; i < CALLS; i++) {
		__u64 start = __rdtsc();
		ssize_t ret = pwrite(fd, &byte, 1, off);

		cost[i < 0 ? 0 : i] = __rdtsc() - start;
		if (ret != 1)
			failed(what);
	}
	return median(cost, CALLS);
}

static void print(const char *what, __u64 n, __u64 floor)
{
	printf("%-12s %6llu %6llu\n", what, n, n - floor);
}

static void measure(const struct vfio *v, int zero, int null)
{
	off_t bar = v->region[VFIO_PCI_BAR0_REGION_INDEX].offset;
	off_t config = v->region[VFIO_PCI_CONFIG_REGION_INDEX].offset;
	__u64 read_floor = cost_pread("/dev/zero", zero, 0);
	__u64 write_floor = cost_pwrite("/dev/null", null, 0);

	printf("%-12s %6llu\n", "getppid", cost_getppid());
	printf("%-12s %6llu\n", "read zero", read_floor);
	print("read LSR", cost_pread("LSR", v->device, bar + LSR), read_floor);
	print("read config", cost_pread("config", v->device, config), read_floor);
	printf("%-12s %6llu\n", "write null", write_floor);
	print("write SCR", cost_pwrite("SCR", v->device, bar + SCR), write_floor);
}

int main(int argc, char **argv)
{
	int ret, zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
	struct mdev m = { 0 };
	struct vfio v;

	if (argc != 2 || strlen(argv[1]) != UUID_LEN) {
		fprintf(stderr, "Usage: lsr UUID\n");
		return 2;
	}
	memcpy(m.uuid, argv[1], UUID_LEN);
	ret = vfio_open(&v, &m);
	if (ret || zero < 0 || null < 0) {
		fprintf(stderr, "lsr: cannot open %s: %s\n", argv[1], strerror(-ret));
		return 1;
	}
	measure(&v, zero, null);
	return 0;
}
