// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_user [SOCKET REGION OFFSET]: what a register access costs by the vfio-user protocol. Prints
 * the median of the time stamp counter's advance over a read and a write of a byte. The server is
 * the one that listens at SOCKET; without it, a process of its own that answers as soon as it can
 * and has no device: no server is cheaper. The floor of /dev/zero and /dev/null is subtracted, as
 * everywhere. In a VM with --icount the unit is guest instructions, of both processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "cost.h"
#include "vfio_user.h"

#define LSR		5
#define SCR		7

static int server = -1;
static unsigned int region;
static __u64 offset[2] = { LSR, SCR };	/* of the read, and of the write */
static __u16 next_id;

static __noreturn void die(const char *what)
{
	fprintf(stderr, "vfio_user: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A stream: what was sent at once may come in pieces. False if the other end has closed it. */
static bool receive(int fd, struct vu_message *m)
{
	size_t want = sizeof(m->head), got = 0;

	while (got < want) {
		ssize_t ret = recv(fd, (char *)m + got, sizeof(*m) - got, 0);

		if (ret <= 0)
			return false;
		got += ret;
		if (got < sizeof(m->head))
			continue;
		want = m->head.size;
		if (want < sizeof(m->head) || want > sizeof(*m))
			return false;
	}
	return got == want;
}

static bool transmit(int fd, const struct vu_message *m)
{
	return send(fd, m, m->head.size, MSG_NOSIGNAL) == (ssize_t)m->head.size;
}

/* Turn a command into its reply. */
static void answer(struct vu_message *m)
{
	size_t size = sizeof(m->head);

	switch (m->head.command) {
	case VU_VERSION:
		size += sizeof(m->version);
		break;
	case VU_REGION_READ:
		if (m->access.count > sizeof(m->data)) {
			m->head.flags = VU_ERROR;
			m->head.error = EINVAL;
			break;
		}
		memset(m->data, 0, m->access.count);
		size += sizeof(m->access) + m->access.count;
		break;
	case VU_REGION_WRITE:
		size += sizeof(m->access);
		break;
	default:
		m->head.flags = VU_ERROR;
		m->head.error = ENOTSUP;
	}
	m->head.flags = VU_REPLY | (m->head.flags & VU_ERROR);
	m->head.size = size;
}

/* The process that answers, until the client is gone */
static void serve(int fd)
{
	static struct vu_message m;

	while (receive(fd, &m)) {
		bool quiet = m.head.flags & VU_NO_REPLY;

		answer(&m);
		if (!quiet && !transmit(fd, &m))
			break;
	}
}

static void call(struct vu_message *m, size_t size)
{
	__u16 id = next_id++;

	m->head.id = id;
	m->head.size = sizeof(m->head) + size;
	m->head.flags = 0;
	m->head.error = 0;
	if (!transmit(server, m))
		die("cannot send");
	/* A server may send commands of its own at any time: interrupts, DMA. */
	do {
		if (!receive(server, m))
			die("the server has closed the socket");
	} while (!(m->head.flags & VU_REPLY) || m->head.id != id);
	if (m->head.flags & VU_ERROR) {
		errno = m->head.error ?: EPROTO;
		die("the server refuses");
	}
}

static void negotiate(void)
{
	static struct vu_message m = {
		.head.command = VU_VERSION, .version = { .major = 0, .minor = 1 },
	};

	strcpy(m.json, "{\"capabilities\":{\"max_msg_fds\":1}}");
	call(&m, sizeof(m.version) + strlen(m.json) + 1);
	if (m.version.major) {
		errno = EPROTO;
		die("the server speaks another version");
	}
}

static struct vu_message *prepare(unsigned int command, __u64 at)
{
	static struct vu_message m;

	m.head.command = command;
	m.access.offset = at;
	m.access.region = region;
	m.access.count = 1;
	return &m;
}

static void read_register(void)
{
	call(prepare(VU_REGION_READ, offset[0]), sizeof(struct vu_access));
}

static void write_register(void)
{
	struct vu_message *m = prepare(VU_REGION_WRITE, offset[1]);

	m->data[0] = 0x5a;
	call(m, sizeof(m->access) + 1);
}

static int zero, null;

static void read_zero(void)
{
	char byte;

	if (pread(zero, &byte, 1, 0) != 1)
		die("/dev/zero");
}

static void write_null(void)
{
	if (pwrite(null, "\x5a", 1, 0) != 1)
		die("/dev/null");
}

static void connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(addr.sun_path, path);
	server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || connect(server, (void *)&addr, sizeof(addr)))
		die(path);
}

static void start_responder(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("no socket");
	switch (fork()) {
	case -1:
		die("no process");
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		serve(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	server = pair[0];
}

int main(int argc, char **argv)
{
	zero = open("/dev/zero", O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	if (argc == 4) {
		connect_to(argv[1]);
		region = strtoul(argv[2], NULL, 0);
		offset[0] = strtoull(argv[3], NULL, 0);
		offset[1] = offset[0];
	} else if (argc == 1) {
		start_responder();
	} else {
		fprintf(stderr, "Usage: vfio_user [SOCKET REGION OFFSET]\n");
		return 2;
	}
	negotiate();
	printf("vfio_user_read %llu\n", cost(read_register) - cost(read_zero));
	printf("vfio_user_write %llu\n", cost(write_register) - cost(write_null));
	close(server);
	while (wait(NULL) > 0)
		;
	return 0;
}
