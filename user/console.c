// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev-bpf console: connect a port of a device to this terminal, or to a pseudo terminal that
 * programs such as minicom and screen can open.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cmd.h"
#include "device.h"
#include "output.h"

#define CLASS_DIR	"/sys/class/mdev_bpf_console"
#define NODE_DIR	"/dev/mdev_bpf"
#define ESCAPE		0x1d	/* Ctrl-], as in virsh and telnet */
#define HUNG_UP_MS	100	/* how often to look if somebody has opened a pseudo terminal */

/* The port that the command line names, or the first one that is connected to the host */
struct port {
	const char *uuid;
	const char *wanted;
	char name[MDEV_BPF_NAME_LEN];
	char all[256];
	bool connected;
};

/* Bytes on their way, in one direction */
struct way {
	int from;
	int to;
	char bytes[4096];
	size_t start;
	size_t size;
	bool ended;	/* nothing more will come */
};

enum { CONSOLE, INPUT, OUTPUT, NR_FDS };

/* How copying ends: the device is gone, the user has left, or has closed the pseudo terminal */
enum end { GOING_ON, GONE, LEFT, HUNG_UP, FAILED };

static struct termios saved;

static int visit(const char *name, const char *value, void *ctx)
{
	struct port *port = ctx;
	char path[PATH_MAX];
	bool connected = !strcmp(value, "1");

	snprintf(path, sizeof(path), CLASS_DIR "/%s.%s", port->uuid, name);
	if (access(path, F_OK))
		return 0;
	snprintf(port->all + strlen(port->all), sizeof(port->all) - strlen(port->all), "%s%s",
		 *port->all ? ", " : "", name);
	if (port->wanted ? strcmp(name, port->wanted) != 0 : port->connected)
		return 0;
	/* Without a connected one, the first is what the error is about */
	if (!port->wanted && *port->name && !connected)
		return 0;
	snprintf(port->name, sizeof(port->name), "%s", name);
	port->connected = connected;
	return 0;
}

static int find_port(struct port *port, const struct device *dev)
{
	walk_params(port->uuid, visit, port);
	if (!*port->all)
		return p_err("%s has no console: program '%s' declares none", port->uuid,
			     dev->program);
	if (!*port->name)
		return p_err("%s has no console '%s': it has %s", port->uuid, port->wanted,
			     port->all);
	if (!port->connected)
		return p_err("%s of %s is not connected to the host: create the device with --set %s=1, or write 1 to its file params/%s while it is not in use",
			     port->name, port->uuid, port->name, port->name);
	return 0;
}

static int open_port(const struct port *port)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), NODE_DIR "/%s.%s", port->uuid, port->name);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == EBUSY)
		return p_err("%s of %s is in use: somebody else has %s open", port->name,
			     port->uuid, path);
	return p_err("cannot open %s: %s", path, err_hint(errno));
}

static void restore_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
}

/* Nothing but the terminal has to be put back. */
static void leave(int sig)
{
	restore_terminal();
	_exit(128 + sig);
}

static int take_terminal(void)
{
	struct sigaction action = { .sa_handler = leave };
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved))
		return p_err("cannot use the terminal: %s", strerror(errno));
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	raw = saved;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	return 0;
}

static bool is_transient(int err)
{
	return err == EAGAIN || err == EINTR;
}

/* Return: false, with errno, if the file has failed. */
static bool fill(struct way *way)
{
	ssize_t n;

	memmove(way->bytes, way->bytes + way->start, way->size);
	way->start = 0;
	n = read(way->from, way->bytes + way->size, sizeof(way->bytes) - way->size);
	if (n < 0)
		return is_transient(errno);
	way->size += n;
	way->ended = !n;
	return true;
}

static bool drain(struct way *way)
{
	ssize_t n = write(way->to, way->bytes + way->start, way->size);

	if (n < 0)
		return is_transient(errno);
	way->start += n;
	way->size -= n;
	return true;
}

/*
 * Take what the user types, although the device may not take it for now: the escape character works
 * nevertheless, and what has no room is lost. Return: as fill(); with @left set if the user leaves.
 */
static bool fill_typed(struct way *way, bool *left)
{
	const char *at;

	if (way->size == sizeof(way->bytes))
		way->size = 0;
	if (!fill(way))
		return false;
	at = memchr(way->bytes, ESCAPE, way->size);
	if (!at)
		return true;
	way->size = at - way->bytes;
	*left = true;
	return true;
}

/* What to wait for: bytes that have been read are written before more are read. */
static void want(struct pollfd *fds, const struct way *in, const struct way *out, bool typed)
{
	fds[CONSOLE].fd = in->to;
	fds[CONSOLE].events = (in->size ? POLLOUT : 0) | (out->size ? 0 : POLLIN);
	fds[INPUT].fd = (in->size && !typed) || in->ended ? -1 : in->from;
	fds[INPUT].events = POLLIN;
	fds[OUTPUT].fd = out->size ? out->to : -1;
	fds[OUTPUT].events = POLLOUT;
	fds[CONSOLE].revents = 0;
	fds[INPUT].revents = 0;
	fds[OUTPUT].revents = 0;
}

static enum end copy_console(const struct pollfd *fds, struct way *in, struct way *out)
{
	if (in->size && fds[CONSOLE].revents & POLLOUT && !drain(in))
		return errno == ENODEV ? GOING_ON : FAILED;
	if (!out->size && fds[CONSOLE].revents & (POLLIN | POLLHUP) && !fill(out))
		return FAILED;
	if (out->size && !drain(out))
		return errno == EIO ? HUNG_UP : FAILED;
	return out->ended ? GONE : GOING_ON;
}

/*
 * Copy both ways, until the device or the user is gone. @typed: the input is a terminal, in which
 * the escape character means something
 */
static enum end copy(struct way *in, struct way *out, bool typed)
{
	struct pollfd fds[NR_FDS];
	enum end end = GOING_ON;
	bool left = false, ok;

	while (end == GOING_ON) {
		want(fds, in, out, typed);
		if (poll(fds, NR_FDS, -1) < 0 && !is_transient(errno))
			return FAILED;
		if (fds[INPUT].revents) {
			ok = typed ? fill_typed(in, &left) : fill(in);
			/* That of a pseudo terminal whose user has closed it */
			if (!ok)
				return errno == EIO ? HUNG_UP : FAILED;
		}
		if (left) {
			drain(in);
			return LEFT;
		}
		end = copy_console(fds, in, out);
	}
	return end;
}

static int report(enum end end, const struct port *port)
{
	if (end == FAILED)
		return p_err("%s of %s: %s", port->name, port->uuid, strerror(errno));
	if (end == GONE)
		p_info("%s was removed", port->uuid);
	return 0;
}

static int use_terminal(int console, const struct port *port)
{
	static struct way in, out;
	bool typed = isatty(STDIN_FILENO);
	enum end end;

	in = (struct way){ .from = STDIN_FILENO, .to = console };
	out = (struct way){ .from = console, .to = STDOUT_FILENO };
	if (typed) {
		p_info("Connected to %s of %s; Ctrl-] leaves", port->name, port->uuid);
		if (take_terminal())
			return -1;
	}
	end = copy(&in, &out, typed);
	if (typed)
		restore_terminal();
	return report(end, port);
}

/*
 * While nobody has the pseudo terminal open, its master is hung up. What the device sends then is
 * lost, since who comes later wants to see what comes then. Nothing tells that somebody comes.
 */
static enum end wait_for_user(struct way *out, int pty)
{
	struct pollfd user = { .fd = pty }, console = { .fd = out->from, .events = POLLIN };

	for (;;) {
		poll(&user, 1, 0);
		if (!(user.revents & POLLHUP))
			return GOING_ON;
		if (poll(&console, 1, HUNG_UP_MS) <= 0)
			continue;
		out->size = 0;
		if (!fill(out))
			return FAILED;
		if (out->ended)
			return GONE;
	}
}

/* In raw mode. Its name is on standard output. Return: the master; -1 after an error. */
static int make_pty(void)
{
	struct termios raw;
	int pty, user = -1;

	pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty >= 0 && !grantpt(pty) && !unlockpt(pty))
		user = open(ptsname(pty), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (user < 0)
		return p_err("cannot make a pseudo terminal: %s", strerror(errno));
	tcgetattr(user, &raw);
	cfmakeraw(&raw);
	tcsetattr(user, TCSANOW, &raw);
	close(user);	/* Only now the master is hung up */
	return pty;
}

static int use_pty(int console, const struct port *port)
{
	static struct way in, out;
	struct json_object *obj;
	enum end end = HUNG_UP;
	int pty = make_pty();

	if (pty < 0)
		return -1;
	obj = json_object_new_object();
	add_str(obj, "pty", ptsname(pty));
	out_text(obj, ptsname(pty));
	fflush(stdout);
	while (end == HUNG_UP) {
		in = (struct way){ .from = pty, .to = console };
		out = (struct way){ .from = console, .to = pty };
		end = wait_for_user(&out, pty);
		if (end == GOING_ON) {
			out.size = 0;
			end = copy(&in, &out, false);
		}
	}
	close(pty);
	return report(end, port);
}

int do_console(const struct opts *opts, int argc, char **argv)
{
	struct port port = { .wanted = argc > 1 ? argv[1] : NULL };
	struct device dev;
	int fd, ret = device_arg(argv[0], &dev);

	if (ret)
		return ret;
	port.uuid = dev.uuid;
	if (find_port(&port, &dev))
		return -1;
	fd = open_port(&port);
	if (fd < 0)
		return -1;
	if (opts->send_break)
		ioctl(fd, TCSBRK, 0);
	ret = opts->pty ? use_pty(fd, &port) : use_terminal(fd, &port);
	close(fd);
	return ret;
}
