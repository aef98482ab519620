/* SPDX-License-Identifier: GPL-2.0-only */
/* Failure: a program reports that it cannot continue with a device. */
#ifndef __MDEV_BPF_DEVICE_FAILURE_H
#define __MDEV_BPF_DEVICE_FAILURE_H

#include <linux/mdev_bpf.h>
#include <linux/workqueue.h>

#include "gate/ops.h"

struct mdev_bpf_device;
struct mdev_bpf_verdict;

/**
 * struct mdev_bpf_failure - the failure of a device, protected by the gate
 * @active: the device has failed; may be read without the gate
 * @op: the op that has reported the failure, or has run for too long
 * @code: the error code of the program
 * @link_id: id of the link that attached the program
 * @map_id: id of the program's struct_ops map; 0 if it was not known yet
 * @boot_ns: time of the failure, in nanoseconds since boot
 * @time: time of the failure, in seconds since 1970
 * @program: the BPF function that has reported the failure, as in kallsyms
 * @text: the reason, one line
 * @notify: work item that notifies user space
 * @notified: time in jiffies when it did that last
 */
struct mdev_bpf_failure {
	bool active;
	enum mdev_bpf_op op;
	s32 code;
	u32 link_id;
	u32 map_id;
	u64 boot_ns;
	time64_t time;
	char program[64];
	char text[MDEV_BPF_MAX_REASON];
	struct delayed_work notify;
	unsigned long notified;
};

void mdev_bpf_failure_init(struct mdev_bpf_failure *failure);
void mdev_bpf_failure_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_failure_clear(struct mdev_bpf_device *bdev);
void mdev_bpf_failure_stale(struct mdev_bpf_device *bdev, int err);
void mdev_bpf_failure_queue(struct mdev_bpf_device *bdev, const struct mdev_bpf_verdict *verdict,
			    unsigned int limit_ms);
void mdev_bpf_failure_slow(struct mdev_bpf_device *bdev, unsigned int limit_ms);
const char *mdev_bpf_failure_state(struct mdev_bpf_device *bdev);
int mdev_bpf_failure_emit(struct mdev_bpf_device *bdev, char *buf);

#endif /* __MDEV_BPF_DEVICE_FAILURE_H */
