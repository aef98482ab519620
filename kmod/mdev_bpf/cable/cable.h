/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cables: each connects two devices of a program. An end is plugged in while a parameter of kind
 * CABLE names the cable.
 */
#ifndef __MDEV_BPF_CABLE_CABLE_H
#define __MDEV_BPF_CABLE_CABLE_H

#include <linux/list.h>
#include <linux/mdev_bpf.h>
#include <linux/rcupdate.h>

struct mdev_bpf_device;
struct mdev_bpf_memory;

/* Bytes of frames that an end keeps, with their headers; a power of two */
#define MDEV_BPF_CABLE_RING	(256u << 10)

/**
 * struct mdev_bpf_cable_end - an end of a cable
 * @node: entry in the list of all ends
 * @bdev: the device
 * @param: index of its parameter
 * @work: the work that is queued when there is something to do
 * @placed: it is in the parameter, so it can be connected
 * @peer: the other end, read under RCU; NULL if there is none
 * @ring: frames to the device, of MDEV_BPF_CABLE_RING bytes
 * @head: bytes that were put in so far; changed under the gate of the other device
 * @tail: bytes that were taken so far; changed under the gate of @bdev
 * @starved: the other device waits for room in @ring
 * @name: name of the cable, unique among those of the program
 */
struct mdev_bpf_cable_end {
	struct list_head node;
	struct mdev_bpf_device *bdev;
	unsigned int param;
	u32 work;
	bool placed;
	struct mdev_bpf_cable_end __rcu *peer;
	u8 *ring;
	u32 head ____cacheline_aligned;
	u32 tail ____cacheline_aligned;
	bool starved;
	char name[MDEV_BPF_MAX_PARAM_TEXT];
};

/**
 * struct mdev_bpf_cable_data - the device's side of a copy
 * @state: bytes of the state; NULL if they are in @mem
 * @mem: memory of a region
 * @offset: first byte in @mem
 */
struct mdev_bpf_cable_data {
	u8 *state;
	struct mdev_bpf_memory *mem;
	u64 offset;
};

struct mdev_bpf_cable_end *mdev_bpf_cable_plug(struct mdev_bpf_device *bdev, unsigned int param,
					       const char *name);
void mdev_bpf_cable_unplug(struct mdev_bpf_cable_end *end);
void mdev_bpf_cable_unplug_device(struct mdev_bpf_device *bdev);
void mdev_bpf_cable_connect(struct mdev_bpf_device *bdev, unsigned int param);
struct mdev_bpf_cable_end *mdev_bpf_cable_end(struct mdev_bpf_device *bdev, unsigned int param);
int mdev_bpf_cable_ring_end(struct mdev_bpf_cable_end *end);
int mdev_bpf_cable_peer_state(const struct mdev_bpf_cable_end *end);
int mdev_bpf_cable_ring_peer(const struct mdev_bpf_cable_end *end);
void mdev_bpf_cable_started(struct mdev_bpf_device *bdev);
void mdev_bpf_cable_stopped(struct mdev_bpf_device *bdev);

int mdev_bpf_cable_put(const struct mdev_bpf_cable_end *end, const struct mdev_bpf_cable_data *data,
		       u32 size);
s64 mdev_bpf_cable_first(const struct mdev_bpf_cable_end *end);
s64 mdev_bpf_cable_take(struct mdev_bpf_cable_end *end, const struct mdev_bpf_cable_data *data,
			u32 size);
void mdev_bpf_cable_clear(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_CABLE_CABLE_H */
