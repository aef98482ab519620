// SPDX-License-Identifier: GPL-2.0-only
/* Implements prog.h. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mdev.h"
#include "prog.h"

#define INSTALLED	"/usr/lib/mdev-bpf"

static char log_buf[1 << 18];
static size_t log_len;

/* Keep the end: a log of the verifier can have megabytes, and its last lines have the reason. */
static void keep_text(const char *text, size_t len)
{
	size_t half = sizeof(log_buf) / 2;

	if (len > half) {
		text += len - half;
		len = half;
	}
	if (log_len + len >= sizeof(log_buf)) {
		memmove(log_buf, log_buf + log_len - half + 1, half - 1);
		log_len = half - 1;
	}
	memcpy(log_buf + log_len, text, len);
	log_len += len;
	log_buf[log_len] = 0;
}

static int keep_log(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text;
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	len = vasprintf(&text, fmt, ap);
	if (len < 0)
		return 0;
	keep_text(text, len);
	free(text);
	return 0;
}

const char *prog_log(void)
{
	return log_buf;
}

const char *prog_log_tail(void)
{
	return log_len > 700 ? log_buf + log_len - 700 : log_buf;
}

/* Objects of ours are in a folder beside the test program's, wherever that was started from. */
static void find_object(char *path, size_t size, const char *file)
{
	const char *dir = getenv("MDEV_BPF_OBJECTS");
	char exe[PATH_MAX] = "";

	if (strchr(file, '/')) {
		if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
			exe[0] = 0;
		dir = dirname(dirname(exe));
	}
	snprintf(path, size, "%s/%s", dir ? dir : INSTALLED, file);
}

/* Use one struct_ops map; libbpf shall not even try the others of the object. */
static int pick_map(struct prog *p, const char *name)
{
	struct bpf_map *map;
	bool use;

	bpf_object__for_each_map(map, p->obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		use = name ? !strcmp(name, bpf_map__name(map)) : !p->map;
		if (bpf_map__set_autocreate(map, use))
			return -errno;
		if (use)
			p->map = map;
	}
	return p->map ? 0 : -ENOENT;
}

int prog_open(struct prog *p, const char *file, const char *map)
{
	char path[PATH_MAX];

	memset(p, 0, sizeof(*p));
	log_len = 0;
	log_buf[0] = 0;
	libbpf_set_print(keep_log);
	find_object(path, sizeof(path), file);
	p->obj = bpf_object__open(path);
	if (!p->obj)
		return -errno;
	return pick_map(p, map);
}

int prog_load(struct prog *p)
{
	return bpf_object__load(p->obj);
}

int prog_attach_once(struct prog *p)
{
	p->link = bpf_map__attach_struct_ops(p->map);
	return p->link ? 0 : -errno;
}

static bool old_one_is_there(int ret)
{
	return ret == -EBUSY && strstr(why_refused(), "is still being removed");
}

int prog_attach(struct prog *p)
{
	int ret = prog_attach_once(p), tries;

	for (tries = 0; old_one_is_there(ret) && tries < 10000; tries++) {
		usleep(1000);
		ret = prog_attach_once(p);
	}
	return ret;
}

int prog_update(struct prog *p, struct prog *new)
{
	return bpf_link__update_map(p->link, new->map) ? -errno : 0;
}

void prog_detach(struct prog *p)
{
	bpf_link__destroy(p->link);
	p->link = NULL;
}

void prog_close(struct prog *p)
{
	prog_detach(p);
	bpf_object__close(p->obj);
	memset(p, 0, sizeof(*p));
}

int prog_up(struct prog *p, const char *file)
{
	int ret = prog_open(p, file, NULL);

	ret = ret ? ret : prog_load(p);
	return ret ? ret : prog_attach(p);
}

struct mdev_bpf_ops *prog_ops(struct prog *p)
{
	return bpf_map__initial_value(p->map, NULL);
}

void *prog_globals(struct prog *p)
{
	struct bpf_map *map;
	size_t size;

	bpf_object__for_each_map(map, p->obj)
		if (strstr(bpf_map__name(map), ".bss"))
			return bpf_map__initial_value(map, &size);
	return NULL;
}

struct mdev_bpf_region *ops_region(struct mdev_bpf_ops *ops, unsigned int index)
{
	struct mdev_bpf_region *r;

	for (r = ops->regions; r->size; r++)
		if (r->index == index)
			return r;
	r->index = index;
	return r;
}

struct mdev_bpf_irq *ops_irq(struct mdev_bpf_ops *ops, unsigned int index)
{
	struct mdev_bpf_irq *irq;

	for (irq = ops->irqs; irq->count; irq++)
		if (irq->index == index)
			return irq;
	irq->index = index;
	return irq;
}

int prog_global(struct prog *p, void *buf, size_t off, size_t size)
{
	struct bpf_map *map;
	char value[4096];
	int key = 0;

	bpf_object__for_each_map(map, p->obj) {
		size_t len = bpf_map__value_size(map);

		if (!strstr(bpf_map__name(map), ".bss") || len > sizeof(value) ||
		    off + size > len)
			continue;
		if (bpf_map__lookup_elem(map, &key, sizeof(key), value, len, 0))
			return -errno;
		memcpy(buf, value + off, size);
		return 0;
	}
	return -ENOENT;
}
