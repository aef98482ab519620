// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev-bpf trace: print the trace events of devices as they come, with names in place of numbers.
 * They are recorded in an instance of tracefs of our own, so that other users of trace events are
 * not disturbed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "cmd.h"
#include "describe.h"
#include "device.h"
#include "end.h"
#include "output.h"
#include "sysfs.h"

#define TRACEFS		"/sys/kernel/tracing"
#define INSTANCES	TRACEFS "/instances"
#define INSTANCE	"mdev-bpf-"	/* and the process id */
#define PREFIX		"mdev_bpf_"	/* of the names of events */

static const struct {
	unsigned int cmd;
	const char *name;
} ioctls[] = {
	{ VFIO_DEVICE_GET_INFO,			"VFIO_DEVICE_GET_INFO" },
	{ VFIO_DEVICE_GET_REGION_INFO,		"VFIO_DEVICE_GET_REGION_INFO" },
	{ VFIO_DEVICE_GET_IRQ_INFO,		"VFIO_DEVICE_GET_IRQ_INFO" },
	{ VFIO_DEVICE_SET_IRQS,			"VFIO_DEVICE_SET_IRQS" },
	{ VFIO_DEVICE_RESET,			"VFIO_DEVICE_RESET" },
	{ VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,	"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO" },
	{ VFIO_DEVICE_PCI_HOT_RESET,		"VFIO_DEVICE_PCI_HOT_RESET" },
	{ VFIO_DEVICE_QUERY_GFX_PLANE,		"VFIO_DEVICE_QUERY_GFX_PLANE" },
	{ VFIO_DEVICE_GET_GFX_DMABUF,		"VFIO_DEVICE_GET_GFX_DMABUF" },
	{ VFIO_DEVICE_IOEVENTFD,		"VFIO_DEVICE_IOEVENTFD" },
	{ VFIO_DEVICE_FEATURE,			"VFIO_DEVICE_FEATURE" },
	{ VFIO_MIG_GET_PRECOPY_INFO,		"VFIO_MIG_GET_PRECOPY_INFO" },
};

/* An ioctl of the device's own has no name here. */
static const char *ioctl_name(const char *number)
{
	unsigned int cmd = strtoul(number, NULL, 0);

	for (size_t i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++)
		if (ioctls[i].cmd == cmd)
			return ioctls[i].name;
	return NULL;
}

/* Indices of regions and interrupts have names if the device is a PCI device. */
static bool is_pci(const char *uuid)
{
	static char last[UUID_LEN];
	static bool pci;
	struct device dev;
	struct type type;

	if (strcmp(uuid, last)) {
		snprintf(last, sizeof(last), "%s", uuid);
		pci = device_find(uuid, &dev) && type_find(dev.type, &type) &&
		      !strcmp(type.device_api, VFIO_DEVICE_API_PCI_STRING);
	}
	return pci;
}

/* The name of what a number stands for, or NULL */
static const char *value_name(const char *event, const char *uuid, const char *key, const char *val)
{
	if (!strcmp(key, "cmd"))
		return ioctl_name(val);
	if (!strcmp(key, "region") && is_pci(uuid))
		return region_name(atoi(val));
	if (!strcmp(event, "irq") && !strcmp(key, "index") && is_pci(uuid))
		return irq_name(atoi(val));
	return NULL;
}

static void add_value(struct json_object *obj, const char *key, const char *val)
{
	char *rest;
	long long number = strtoll(val, &rest, 10);

	if (*val && !*rest)
		json_object_object_add(obj, key, json_object_new_int64(number));
	else
		add_str(obj, key, val);
}

/* What stands after "dev=UUID": words, numbers with a name, and a text up to the end of the line */
static void add_fields(struct json_object *obj, const char *event, const char *uuid, char *text)
{
	char *word, *val, *rest = text;

	if (!strcmp(event, "print")) {
		add_str(obj, "text", text);
		return;
	}
	while ((word = strsep(&rest, " "))) {
		const char *name;

		val = strchr(word, '=');
		if (!val) {
			add_str(obj, "what", word);
			continue;
		}
		*val++ = '\0';
		/* Bytes that are no declared register */
		if (!strcmp(word, "reg") && !strncmp(val, "-[", 2))
			continue;
		if (!strcmp(word, "text") && rest)
			rest[-1] = ' ';
		if (!strcmp(word, "text"))
			rest = NULL;
		name = value_name(event, uuid, word, val);
		if (name)
			add_str(obj, word, name);
		else
			add_value(obj, word, val);
	}
}

/* "TASK-PID [CPU] FLAGS SECONDS: EVENT: dev=UUID ..."; NULL if a line is not one of our events */
static struct json_object *parse(char *line)
{
	char *event = strstr(line, ": " PREFIX), *uuid = strstr(line, " dev="), *time, *end;
	struct json_object *obj;

	if (!event || !uuid || uuid < event)
		return NULL;
	*event = '\0';
	time = strrchr(line, ' ');
	event += strlen(": " PREFIX);
	end = strchr(event, ':');
	uuid += strlen(" dev=");
	if (!time || !end || strlen(uuid) < UUID_LEN)
		return NULL;
	*end = '\0';
	uuid[UUID_LEN - 1] = '\0';
	obj = json_object_new_object();
	json_object_object_add(obj, "boot_time",
			       json_object_new_double_s(strtod(time + 1, NULL), time + 1));
	add_str(obj, "uuid", uuid);
	add_str(obj, "event", event);
	add_fields(obj, event, uuid, uuid + UUID_LEN);
	return obj;
}

static void print_text(struct json_object *obj)
{
	bool first = true;

	json_object_object_foreach(obj, key, val) {
		const char *text = json_object_get_string(val);
		bool bare = !strcmp(key, "boot_time") || !strcmp(key, "uuid") ||
			    !strcmp(key, "event") || !strcmp(key, "what") || !strcmp(key, "text");

		printf("%s%s%s%s", first ? "" : " ", bare ? "" : key, bare ? "" : "=", text);
		first = false;
	}
	putchar('\n');
	json_object_put(obj);
}

static int write_file(const char *dir, const char *file, const char *val)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return write_attr(path, val);
}

/* Print a line of trace_pipe, if it is an event of ours. */
static int print_line(char *line)
{
	struct json_object *obj;

	line[strcspn(line, "\n")] = '\0';
	obj = parse(line);
	if (!obj)
		return 0;
	if (json_output)
		out_text(obj, NULL);
	else
		print_text(obj);
	return fflush(stdout);
}

/* Print what @pipe has now. An error: nobody reads the events, or no more can come. */
static int print_present(FILE *pipe, char **line, size_t *size)
{
	while (!end_came() && getline(line, size, pipe) > 0)
		if (print_line(*line))
			return -1;
	if (feof(pipe) || (errno != EAGAIN && errno != EINTR))
		return -1;
	clearerr(pipe);
	return 0;
}

/* Print events until a signal comes, or nobody reads them. */
static int print_events(const char *dir)
{
	char path[PATH_MAX + 16], *line = NULL;
	size_t size = 0;
	FILE *pipe;
	int fd;

	snprintf(path, sizeof(path), "%s/trace_pipe", dir);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	pipe = fd < 0 ? NULL : fdopen(fd, "r");
	if (!pipe)
		return p_err("cannot open %s: %s", path, strerror(errno));
	while (end_wait(fd) && !print_present(pipe, &line, &size))
		;
	free(line);
	fclose(pipe);
	return 0;
}

/* Instances of processes that were killed still record. */
static void remove_stale(void)
{
	DIR *dir = opendir(INSTANCES);
	char path[PATH_MAX];
	struct dirent *de;

	while (dir && (de = readdir(dir))) {
		if (strncmp(de->d_name, INSTANCE, strlen(INSTANCE)))
			continue;
		snprintf(path, sizeof(path), "/proc/%s", de->d_name + strlen(INSTANCE));
		if (!access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), INSTANCES "/%s", de->d_name);
		rmdir(path);
	}
	if (dir)
		closedir(dir);
}

static int start(const char *dir, const char *uuid)
{
	char filter[64];
	int err = 0;

	if (uuid) {
		snprintf(filter, sizeof(filter), "name == \"%s\"", uuid);
		err = write_file(dir, "events/mdev_bpf/filter", filter);
	}
	return err ?: write_file(dir, "events/mdev_bpf/enable", "1");
}

int do_trace(const struct opts *opts, int argc, char **argv)
{
	char dir[PATH_MAX];
	struct device dev;
	int err, ret = 0;

	if (need_module())
		return -1;
	if (argc)
		ret = device_arg(argv[0], &dev);
	if (ret)
		return ret;
	/* They end the wait for events, so that the instance is removed */
	end_catch(false);
	remove_stale();
	snprintf(dir, sizeof(dir), INSTANCES "/" INSTANCE "%d", getpid());
	if (mkdir(dir, 0700))
		return p_err("cannot make %s: %s%s", dir, err_hint(errno),
			     errno == ENOENT ? " (mount -t tracefs none " TRACEFS "?)" : "");
	err = start(dir, argc ? dev.uuid : NULL);
	if (err)
		ret = p_err("cannot turn the trace events on: %s", err_hint(-err));
	else
		ret = print_events(dir);
	if (rmdir(dir))
		return p_err("cannot remove %s: %s", dir, strerror(errno));
	return ret;
}
