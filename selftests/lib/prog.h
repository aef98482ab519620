/* SPDX-License-Identifier: GPL-2.0-only */
/* Device programs through libbpf. Nothing is pinned: a program goes when its test ends. */
#ifndef PROG_H
#define PROG_H

#include <bpf/libbpf.h>
#include <linux/mdev_bpf.h>

struct prog {
	struct bpf_object *obj;
	struct bpf_map *map;	/* the struct_ops map */
	struct bpf_link *link;
};

/*
 * Open an object: of ours ("progs/x.bpf.o"), or an installed one ("mtty.bpf.o"). Where it has
 * several struct_ops maps, @map names the one to use, else it is NULL. All return 0 or negative
 * errno; call prog_close() after any of them, even if it failed.
 */
int prog_open(struct prog *p, const char *file, const char *map);
int prog_load(struct prog *p);
/* Waits until a program of the same name that was detached is gone, as mdev-bpf does. */
int prog_attach(struct prog *p);
/* -EBUSY if it is not */
int prog_attach_once(struct prog *p);
int prog_update(struct prog *p, struct prog *new);
/* When this returns, the kernel no longer uses the program. */
void prog_detach(struct prog *p);
void prog_close(struct prog *p);
/* open, load and attach */
int prog_up(struct prog *p, const char *file);

/* What the program declares, to be changed between open and load. */
struct mdev_bpf_ops *prog_ops(struct prog *p);

/* The program's global variables as they are at each moment; NULL if it has none in .bss. */
void *prog_globals(struct prog *p);

/* The row with this VFIO index; the first unused one, if the program has none. */
struct mdev_bpf_region *ops_region(struct mdev_bpf_ops *ops, unsigned int index);
struct mdev_bpf_irq *ops_irq(struct mdev_bpf_ops *ops, unsigned int index);

/* A global variable of the program, which must be in .bss; 0 or negative errno. */
int prog_global(struct prog *p, void *buf, size_t off, size_t size);

/* The messages of libbpf and the verifier since the last prog_open(). */
const char *prog_log(void);
/* The end of that, where the verifier gives its reason */
const char *prog_log_tail(void);

#endif /* PROG_H */
