/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events. They are raw tracepoints too: bpf/trace/ attaches to them by
 * name and gets the arguments of TP_PROTO as they are, so those are ABI.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mdev_bpf

#if !defined(__MDEV_BPF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define __MDEV_BPF_TRACE_H

#include <linux/mdev_bpf.h>
#include <linux/tracepoint.h>

/* One access by a program: @ret is what became of it, val what was read or written. */
TRACE_EVENT(mdev_bpf_region,
	TP_PROTO(const struct mdev_bpf_dev *dev, const struct mdev_bpf_access *access,
		 bool write, int ret),
	TP_ARGS(dev, access, write, ret),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__field(u64, offset)
		__field(u64, val)
		__field(u32, region)
		__field(u32, size)
		__field(bool, write)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->offset = access->offset;
		__entry->val = access->val;
		__entry->region = access->region;
		__entry->size = access->size;
		__entry->write = write;
		__entry->ret = ret;
	),
	TP_printk("dev=%s %s region=%u offset=%#llx size=%u val=%#llx ret=%d",
		  __get_str(name), __entry->write ? "write" : "read", __entry->region,
		  __entry->offset, __entry->size, __entry->val, __entry->ret)
);

/* One ioctl on a device, with its result. */
TRACE_EVENT(mdev_bpf_ioctl,
	TP_PROTO(const struct mdev_bpf_dev *dev, unsigned int cmd, long ret),
	TP_ARGS(dev, cmd, ret),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__field(u32, cmd)
		__field(long, ret)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->cmd = cmd;
		__entry->ret = ret;
	),
	TP_printk("dev=%s cmd=%#x ret=%ld", __get_str(name), __entry->cmd, __entry->ret)
);

#endif /* __MDEV_BPF_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
