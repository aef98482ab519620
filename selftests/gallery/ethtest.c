// SPDX-License-Identifier: GPL-2.0-only
/*
 * For nested guests, which have no ethtool: have a network driver test its card, and print the
 * result of each test, where 0 is good. Those of e1000 are: registers, EEPROM, interrupts,
 * loopback, link.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#define MAX_TESTS	32

static int ethtool(const char *name, void *cmd)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), ret;
	struct ifreq ifr = { .ifr_data = cmd };

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ret = ioctl(fd, SIOCETHTOOL, &ifr) ? -errno : 0;
	close(fd);
	return ret;
}

int main(int argc, char **argv)
{
	static union {
		struct ethtool_test head;
		char room[sizeof(struct ethtool_test) + MAX_TESTS * sizeof(__u64)];
	} test = { .head = { .cmd = ETHTOOL_TEST, .flags = ETH_TEST_FL_OFFLINE } };
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	unsigned int i;
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: ethtest INTERFACE\n");
		return 2;
	}
	ret = ethtool(argv[1], &info);
	if (!ret && info.testinfo_len > MAX_TESTS)
		ret = -E2BIG;
	test.head.len = info.testinfo_len;
	if (!ret)
		ret = ethtool(argv[1], &test);
	if (ret) {
		fprintf(stderr, "ethtest: %s: %s\n", argv[1], strerror(-ret));
		return 1;
	}
	for (i = 0; i < info.testinfo_len; i++)
		printf("%s%llu", i ? " " : "", (unsigned long long)test.head.data[i]);
	printf("\n");
	return !!(test.head.flags & ETH_TEST_FL_FAILED);
}
