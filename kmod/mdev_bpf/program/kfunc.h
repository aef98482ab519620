/* SPDX-License-Identifier: GPL-2.0-only */
/* The kfuncs. */
#ifndef __MDEV_BPF_PROGRAM_KFUNC_H
#define __MDEV_BPF_PROGRAM_KFUNC_H

#include <linux/mdev_bpf.h>

#include "device/device.h"
#include "gate/watchdog.h"

struct btf;

extern const struct btf *mdev_bpf_kfunc_btf;
int mdev_bpf_kfunc_init(void);

/* An op that has run for too long has to end: kfuncs that take time, or wake somebody, fail. */
static inline bool mdev_bpf_kfunc_is_over(struct mdev_bpf_dev *dev)
{
	return unlikely(mdev_bpf_watchdog_is_over(&ctx_to_bdev(dev)->watch));
}

/* Only programs call these, but global functions need declarations. */
u8 *mdev_bpf_state_get(struct mdev_bpf_dev *dev, const size_t rdwr_buf_size);
u8 *mdev_bpf_ioctl_data(struct mdev_bpf_ioctl *call, const size_t rdwr_buf_size);
const u8 *mdev_bpf_upgrade_data(struct mdev_bpf_old *old, const size_t rdonly_buf_size);
const u8 *mdev_bpf_upgrade_queue(struct mdev_bpf_old *old, u32 id, const size_t rdonly_buf_size);
u8 *mdev_bpf_queue_stop(struct mdev_bpf_dev *dev, u32 id, const size_t rdwr_buf_size);
int mdev_bpf_queue_kick(struct mdev_bpf_dev *dev, u32 id);
int mdev_bpf_irq_set(struct mdev_bpf_dev *dev, u32 level);
int mdev_bpf_irq_trigger(struct mdev_bpf_dev *dev, u32 vector);
int mdev_bpf_irq_mode(struct mdev_bpf_dev *dev);
int mdev_bpf_irq_line(struct mdev_bpf_dev *dev, u32 index, u32 level);
int mdev_bpf_irq_signal(struct mdev_bpf_dev *dev, u32 index, u32 vector);
s64 mdev_bpf_config_read(struct mdev_bpf_dev *dev, u32 offset, u32 size);
int mdev_bpf_config_write(struct mdev_bpf_dev *dev, u32 offset, u32 size, u32 val);
int mdev_bpf_pci_cap_offset(struct mdev_bpf_dev *dev, u32 index);
int mdev_bpf_timer_arm(struct mdev_bpf_dev *dev, u32 id, u64 delay, u64 period);
int mdev_bpf_timer_cancel(struct mdev_bpf_dev *dev, u32 id);
int mdev_bpf_work_queue(struct mdev_bpf_dev *dev, u32 id);
int mdev_bpf_request(struct mdev_bpf_dev *dev, const struct mdev_bpf_request *req, u32 req__sz);
int mdev_bpf_request_cancel(struct mdev_bpf_dev *dev, u32 id, u32 mask);
int mdev_bpf_dma_unpin(struct mdev_bpf_dev *dev, u32 id);
u8 *mdev_bpf_dma_get(struct mdev_bpf_dev *dev, u64 where, const size_t rdwr_buf_size);
int mdev_bpf_stream_put(struct mdev_bpf_stream *stream, const void *data, u32 data__sz);
int mdev_bpf_stream_get(struct mdev_bpf_stream *stream, u64 offset, void *buf, u32 buf__sz);
int mdev_bpf_memory_read(struct mdev_bpf_dev *dev, u32 region, u64 offset, void *data,
			 u32 data__sz);
int mdev_bpf_memory_write(struct mdev_bpf_dev *dev, u32 region, u64 offset, const void *data,
			  u32 data__sz);
u8 *mdev_bpf_memory_get(struct mdev_bpf_dev *dev, u64 where, const size_t rdwr_buf_size);

u64 mdev_bpf_param(struct mdev_bpf_dev *dev, u32 index);
s64 mdev_bpf_file_size(struct mdev_bpf_dev *dev, u32 index);
int mdev_bpf_param_text(struct mdev_bpf_dev *dev, u32 index, void *text, u32 text__sz);

int mdev_bpf_fail(struct mdev_bpf_dev *dev, s32 code, const char *msg, u32 msg__sz);
int mdev_bpf_dump_text(struct mdev_bpf_dump *out, const char *text, u32 text__sz);

#endif /* __MDEV_BPF_PROGRAM_KFUNC_H */
