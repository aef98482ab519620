// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_io COMMAND...: in a nested guest, what a device costs. Prints the time stamp counter's
 * advance: the median over one access, or the mean over a request to a disk. In a VM with --icount
 * that is all that the machine executes for it, host and guest.
 *	in PCI BAR OFFSET	have the kernel read a byte of an I/O port
 *	read PCI BAR OFFSET	read 32 bits of a register
 *	write PCI BAR OFFSET	write them
 *	fill PCI BAR BYTES	write so many to memory, by 64 bits
 *	disk DEVICE BLOCK DEPTH [REQUESTS]	read blocks in turn, with so many requests at a time
 * PCI is the device's directory in sysfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "compiler.h"
#include "cost.h"

#define REQUESTS	"384"
#define MAX_DEPTH	32

static __noreturn void die(const char *what)
{
	fprintf(stderr, "guest_io: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int ports = -1;
static off_t port;
static __u32 *reg;
static __u64 *memory;
static size_t words;

static void in_byte(void)
{
	char byte;

	if (pread(ports, &byte, 1, port) != 1)
		die("/dev/port");
}

static void read_word(void)
{
	__atomic_load_n(reg, __ATOMIC_RELAXED);
}

static void write_word(void)
{
	__atomic_store_n(reg, 0, __ATOMIC_RELAXED);
}

static void fill(void)
{
	size_t i;

	for (i = 0; i < words; i++)
		__atomic_store_n(&memory[i], i, __ATOMIC_RELAXED);
}

/* The first port of a BAR: its line of "resource" begins with it. */
static void open_port(const char *dir, unsigned int bar, unsigned int off)
{
	unsigned long long first;
	char path[256], line[128] = "";
	unsigned int i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/resource", dir);
	f = fopen(path, "r");
	if (!f)
		die(path);
	for (i = 0; i <= bar && fgets(line, sizeof(line), f); i++)
		;
	fclose(f);
	first = strtoull(line, NULL, 16);
	ports = open("/dev/port", O_RDWR);
	if (!first || ports < 0)
		die(path);
	port = first + off;
}

static void *map(const char *dir, const char *bar, size_t size)
{
	char path[256];
	void *p;
	int fd;

	snprintf(path, sizeof(path), "%s/resource%s", dir, bar);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(path);
	return p;
}

/* One that has a driver is on already. */
static void turn_on(const char *dir)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/enable", dir);
	fd = open(path, O_WRONLY);
	if (fd < 0 || (write(fd, "1", 1) != 1 && errno != EBUSY))
		die(path);
	close(fd);
}

/* A disk: requests go around a part of it, a fixed number at a time. */

struct disk {
	int fd;
	aio_context_t ctx;
	struct iocb cb[MAX_DEPTH];
	size_t block;
	unsigned int blocks, next;
};

static void submit(struct disk *d, struct iocb *cb)
{
	cb->aio_offset = (__u64)(d->next++ % d->blocks) * d->block;
	if (syscall(SYS_io_submit, d->ctx, 1, &cb) != 1)
		die("io_submit");
}

static void read_blocks(struct disk *d, unsigned int depth, unsigned int nr)
{
	unsigned int i, done = 0, sent = depth;

	for (i = 0; i < depth; i++)
		submit(d, &d->cb[i]);
	while (done < nr) {
		struct io_event events[MAX_DEPTH];
		long n = syscall(SYS_io_getevents, d->ctx, 1, depth, events, NULL);

		if (n < 1)
			die("io_getevents");
		for (i = 0; i < n; i++) {
			if (events[i].res != (__s64)d->block)
				die("a request failed");
			done++;
			if (sent++ < nr)
				submit(d, (struct iocb *)events[i].obj);
		}
	}
}

static void open_disk(struct disk *d, const char *path, unsigned int depth)
{
	unsigned int i;

	d->fd = open(path, O_RDONLY | O_DIRECT);
	if (d->fd < 0 || syscall(SYS_io_setup, MAX_DEPTH, &d->ctx))
		die(path);
	d->blocks = (4 << 20) / d->block;
	for (i = 0; i < depth; i++) {
		void *p = NULL;

		if (posix_memalign(&p, 4096, d->block))
			die("no memory");
		memset(p, 1, d->block);
		d->cb[i] = (struct iocb){
			.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = d->fd,
			.aio_buf = (unsigned long)p, .aio_nbytes = d->block,
		};
	}
}

static __u64 cost_of_disk(const char *path, size_t block, unsigned int depth, unsigned int nr)
{
	struct disk d = { .block = block };
	__u64 start;

	if (!depth || depth > MAX_DEPTH || !block || block > 1 << 20 || nr < depth) {
		errno = EINVAL;
		die("block, depth or requests");
	}
	open_disk(&d, path, depth);
	read_blocks(&d, depth, 2 * depth);
	start = __rdtsc();
	read_blocks(&d, depth, nr);
	return (__rdtsc() - start) / nr;
}

static __u64 cost_of_register(const char *what, const char *dir, const char *bar, unsigned int n)
{
	turn_on(dir);
	if (!strcmp(what, "in")) {
		open_port(dir, atoi(bar), n);
		return cost(in_byte);
	}
	if (!strcmp(what, "fill")) {
		memory = map(dir, bar, n);
		words = n / 8;
		return cost(fill);
	}
	reg = (__u32 *)((char *)map(dir, bar, (n | 4095) + 1) + n);
	return cost(strcmp(what, "read") ? write_word : read_word);
}

int main(int argc, char **argv)
{
	if (argc != 5 && (argc != 6 || strcmp(argv[1], "disk"))) {
		fprintf(stderr, "Usage: guest_io in|read|write|fill PCI BAR N\n"
				"       guest_io disk DEVICE BLOCK DEPTH [REQUESTS]\n");
		return 2;
	}
	if (!strcmp(argv[1], "disk"))
		printf("%llu\n", cost_of_disk(argv[2], atoi(argv[3]), atoi(argv[4]),
					      atoi(argc == 6 ? argv[5] : REQUESTS)));
	else
		printf("%llu\n", cost_of_register(argv[1], argv[2], argv[3],
						  strtoul(argv[4], NULL, 0)));
	return 0;
}
