// SPDX-License-Identifier: GPL-2.0-only
/* Counts trace events of the test device, by their arguments as raw tracepoints get them. */
#include "mdev_bpf.bpf.h"
#include "ktrace.h"

char _license[] SEC("license") = "GPL";

struct ktrace seen;

SEC("tp_btf/mdev_bpf_irq")
int BPF_PROG(trace_irq, const struct mdev_bpf_dev *dev, unsigned int index, unsigned int vector,
	     bool taken)
{
	if (!dev)
		return 0;
	seen.irqs++;
	seen.irq_index = index;
	seen.irq_vector = vector;
	seen.irq_taken = taken;
	return 0;
}

SEC("tp_btf/mdev_bpf_lifecycle")
int BPF_PROG(trace_lifecycle, const struct mdev_bpf_dev *dev, unsigned int event, int ret)
{
	if (dev && event < KTRACE_EVENTS && !ret)
		seen.events[event]++;
	return 0;
}

SEC("tp_btf/mdev_bpf_failure")
int BPF_PROG(trace_failure, const struct mdev_bpf_dev *dev, const char *op, int code,
	     const char *text)
{
	seen.code = code;
	bpf_probe_read_kernel_str(seen.op, sizeof(seen.op), op);
	bpf_probe_read_kernel_str(seen.text, sizeof(seen.text), text);
	return 0;
}

SEC("tp_btf/mdev_bpf_slow_op")
int BPF_PROG(trace_slow_op, const struct mdev_bpf_dev *dev, const char *op, __u64 ns)
{
	seen.slow_ns = ns;
	bpf_probe_read_kernel_str(seen.slow_op, sizeof(seen.slow_op), op);
	return 0;
}
