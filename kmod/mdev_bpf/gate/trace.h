/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events. They are also raw tracepoints: BPF programs such as bpf/trace/ attach to them by
 * name and receive the arguments of TP_PROTO. So these arguments are ABI.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mdev_bpf

#if !defined(__MDEV_BPF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define __MDEV_BPF_TRACE_H

#include <linux/mdev_bpf.h>
#include <linux/tracepoint.h>

/*
 * One access that a program has handled, with the value that was read or written. @reg is the name
 * of the declared register that it was to, or "-".
 */
TRACE_EVENT(mdev_bpf_region,
	TP_PROTO(const struct mdev_bpf_dev *dev, const struct mdev_bpf_access *access,
		 bool write, int ret, const char *reg),
	TP_ARGS(dev, access, write, ret, reg),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__field(u64, offset)
		__field(u64, val)
		__field(u32, region)
		__field(u32, size)
		__field(bool, write)
		__field(int, ret)
		__string(reg, reg)
		__field(u32, index)
	),
	TP_fast_assign(
		__assign_str(name);
		__assign_str(reg);
		__entry->index = access->index;
		__entry->offset = access->offset;
		__entry->val = access->val;
		__entry->region = access->region;
		__entry->size = access->size;
		__entry->write = write;
		__entry->ret = ret;
	),
	TP_printk("dev=%s %s region=%u offset=%#llx size=%u val=%#llx ret=%d reg=%s[%u]",
		  __get_str(name), __entry->write ? "write" : "read", __entry->region,
		  __entry->offset, __entry->size, __entry->val, __entry->ret, __get_str(reg),
		  __entry->index)
);

/* One ioctl on a device, with its result */
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

/* A line that a program prints */
TRACE_EVENT(mdev_bpf_print,
	TP_PROTO(const struct mdev_bpf_dev *dev, const char *text),
	TP_ARGS(dev, text),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__string(text, text)
	),
	TP_fast_assign(
		__assign_str(name);
		__assign_str(text);
	),
	TP_printk("dev=%s %s", __get_str(name), __get_str(text))
);

/*
 * One interrupt, when it is delivered. @index is the VFIO irq index. @taken is true if an eventfd
 * or a kernel client has received it.
 */
TRACE_EVENT(mdev_bpf_irq,
	TP_PROTO(const struct mdev_bpf_dev *dev, unsigned int index, unsigned int vector,
		 bool taken),
	TP_ARGS(dev, index, vector, taken),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__field(u32, index)
		__field(u32, vector)
		__field(bool, taken)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->index = index;
		__entry->vector = vector;
		__entry->taken = taken;
	),
	TP_printk("dev=%s index=%u vector=%u taken=%d", __get_str(name), __entry->index,
		  __entry->vector, __entry->taken)
);

/* One request, for DMA or of a file, when it has completed or failed */
TRACE_EVENT(mdev_bpf_dma,
	TP_PROTO(const struct mdev_bpf_dev *dev, const struct mdev_bpf_dma *dma),
	TP_ARGS(dev, dma),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__field(u64, iova)
		__field(u64, size)
		__field(u64, offset)
		__field(u32, op)
		__field(u32, channel)
		__field(u32, count)
		__field(u32, file)
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->iova = dma->iova;
		__entry->size = dma->size;
		__entry->offset = dma->offset;
		__entry->op = dma->op;
		__entry->channel = dma->channel;
		__entry->count = dma->count;
		__entry->file = dma->file;
		__entry->error = dma->error;
	),
	TP_printk("dev=%s %s iova=%#llx size=%llu channel=%u count=%u file=%u offset=%llu error=%d",
		  __get_str(name),
		  __print_symbolic(__entry->op, { MDEV_BPF_DMA_READ, "read" },
				   { MDEV_BPF_DMA_WRITE, "write" },
				   { MDEV_BPF_DMA_PIN, "pin" },
				   { MDEV_BPF_FILE_READ, "file-read" },
				   { MDEV_BPF_FILE_WRITE, "file-write" },
				   { MDEV_BPF_FILE_FLUSH, "file-flush" },
				   { MDEV_BPF_FILE_DISCARD, "file-discard" },
				   { MDEV_BPF_FILE_ZERO, "file-zero" }),
		  __entry->iova, __entry->size, __entry->channel, __entry->count, __entry->file,
		  __entry->offset, __entry->error)
);

/* An op of a queue has returned. */
TRACE_EVENT(mdev_bpf_queue,
	TP_PROTO(const struct mdev_bpf_dev *dev, u32 id, int ret),
	TP_ARGS(dev, id, ret),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__field(u32, id)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->id = id;
		__entry->ret = ret;
	),
	TP_printk("dev=%s queue=%u ret=%d", __get_str(name), __entry->id, __entry->ret)
);

/* A step in the life of a device, when it is complete, with its result */
TRACE_EVENT(mdev_bpf_lifecycle,
	TP_PROTO(const struct mdev_bpf_dev *dev, unsigned int event, int ret),
	TP_ARGS(dev, event, ret),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__field(u32, event)
		__field(int, ret)
	),
	TP_fast_assign(
		__assign_str(name);
		__entry->event = event;
		__entry->ret = ret;
	),
	TP_printk("dev=%s %s ret=%d", __get_str(name),
		  __print_symbolic(__entry->event, { MDEV_BPF_EVENT_CREATE, "create" },
				   { MDEV_BPF_EVENT_OPEN, "open" },
				   { MDEV_BPF_EVENT_CLOSE, "close" },
				   { MDEV_BPF_EVENT_RESET, "reset" },
				   { MDEV_BPF_EVENT_DETACH, "detach" },
				   { MDEV_BPF_EVENT_ATTACH, "attach" },
				   { MDEV_BPF_EVENT_UPGRADE, "upgrade" },
				   { MDEV_BPF_EVENT_REMOVE, "remove" }),
		  __entry->ret)
);

/* A program has failed a device, with the op and its reason */
TRACE_EVENT(mdev_bpf_failure,
	TP_PROTO(const struct mdev_bpf_dev *dev, const char *op, int code, const char *text),
	TP_ARGS(dev, op, code, text),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__string(op, op)
		__string(text, text)
		__field(int, code)
	),
	TP_fast_assign(
		__assign_str(name);
		__assign_str(op);
		__assign_str(text);
		__entry->code = code;
	),
	TP_printk("dev=%s op=%s code=%d text=%s", __get_str(name), __get_str(op), __entry->code,
		  __get_str(text))
);

/* An op took longer than /sys/kernel/mdev_bpf/slow_op_us allows. */
TRACE_EVENT(mdev_bpf_slow_op,
	TP_PROTO(const struct mdev_bpf_dev *dev, const char *op, u64 ns),
	TP_ARGS(dev, op, ns),
	TP_STRUCT__entry(
		__string(name, dev->name)
		__string(op, op)
		__field(u64, ns)
	),
	TP_fast_assign(
		__assign_str(name);
		__assign_str(op);
		__entry->ns = ns;
	),
	TP_printk("dev=%s op=%s ns=%llu", __get_str(name), __get_str(op), __entry->ns)
);

#endif /* __MDEV_BPF_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH gate
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
