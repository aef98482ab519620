#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py DIR: turn the lines of all.sh, wall.sh and nested.sh, on standard input, into a table on
standard output, and into bench.json and bench.svg in DIR."""

import json
import re
import sys

# path, peer, what it may take of the peer at most (None: no goal), what it is
RATIOS = [
    ("declared_read", "native_read", 0.4, "read of a declared register"),
    ("declared_write", "native_write", 0.6, "write of a declared register"),
    ("called_read", "native_read", 1.3, "read that calls the program"),
    ("called_write", "native_write", None, "write that calls the program"),
    ("config_read", "native_config_read", 1.0, "read of configuration space"),
    ("called_read", "null_read", None, "the same: no-op in C"),
    ("called_write", "null_write", None, "the same: no-op in C"),
    ("called_read", "vfio_user_read", None, "the same: vfio-user"),
    ("called_write", "vfio_user_write", None, "the same: vfio-user"),
    ("write_and_message", "null_message", None, "write that sends an MSI"),
    ("dma_request_64", "null_dma_64", 1.05, "DMA of 64 bytes"),
    ("dma_request_4096", "null_dma_4096", 1.05, "DMA of 4 KiB"),
    ("dma_request_131072", "null_dma_131072", 1.05, "DMA of 128 KiB"),
    ("dma_request_1048576", "null_dma_1048576", 1.05, "DMA of 1 MiB"),
    ("create_ours_1000", "create_kernel_1000", None, "creating device 1000"),
    ("create_ours_1000", "create_ours_100", 1.2, "creating device 1000, or 100"),
    ("upgrade_longest_access", "usual_access", 2.0, "longest access in an upgrade"),
    ("upgrade_latest_access", "otherwise_latest_access", None, "access, from when it was due"),
    ("memory_empty", "memory_null", None, "memory of a device, bytes"),
]
# The same by the clock, in nanoseconds
CLOCK = [
    ("wall_two_queues", "wall_one_queue", 1 / 1.7, "a command in two queues, or one"),
]
# Of these the plot shows the path, and the peer's name
BARS = [
    ("declared_read", "read, declared register"),
    ("null_read", "read, no-op in C"),
    ("native_read", "read, mtty.ko"),
    ("called_read", "read, calls the program"),
    ("vfio_user_read", "read, vfio-user"),
    ("declared_write", "write, declared register"),
    ("null_write", "write, no-op in C"),
    ("native_write", "write, mtty.ko"),
    ("called_write", "write, calls the program"),
    ("vfio_user_write", "write, vfio-user"),
]
OURS = ("declared", "called")
# Of nested.sh: the goal for our NAME_bpf in instructions of QEMU's own NAME_qemu
NESTED_GOALS = {"nvme_file_4k_1": 0.3, "nvme_file_128k_8": 0.9}
BAR, LINE, LEFT = 460, 22, 190


def line_of(text, ours, peer, goal):
    """A line of the table: two costs and their ratio."""
    ratio = ours / peer
    verdict = "" if goal is None else "%.2f%s" % (goal, "" if ratio <= goal else " missed")
    return "%-34s %10d %10d %7.2f  %s" % (text, ours, peer, ratio, verdict)


def ratios(costs, rows, title):
    """Lines: each path with its peer."""
    lines = ["%-34s %10s %10s %7s  %s" % (title, "here", "peer", "ratio", "goal")]
    for path, peer, goal, text in rows:
        if path in costs and costs.get(peer, 0) > 0:
            lines.append(line_of(text, costs[path], costs[peer], goal))
    return lines


def nested(costs):
    """Lines: our devices and QEMU's own, in the same guest."""
    lines = []
    for name in costs:
        match = re.fullmatch(r"((?:insn|wall)_(\w+))_bpf(|_exits|_switches)", name)
        if not match:
            continue
        peer = costs.get(match[1] + "_qemu" + match[3])
        goal = NESTED_GOALS.get(match[2]) if name.startswith("insn_") and not match[3] else None
        if peer:
            lines.append(line_of(match[1] + match[3], costs[name], peer, goal))
    return ["", "in a guest: QEMU's own is the peer"] + lines if lines else []


def table(costs):
    """Lines of text: each path with its peer, then the others."""
    lines = ratios(costs, RATIOS, "instructions above the floor")
    lines += [""] + ratios(costs, CLOCK, "ns by the clock")
    lines += nested(costs)
    compared = {name for path, peer, _, _ in RATIOS + CLOCK for name in (path, peer)}
    compared.update(name for name in costs if re.match("(insn|wall)_.*_(bpf|qemu)", name))
    lines += ["", "%-34s %10s" % ("others", "here")]
    lines += ["%-34s %10d" % (name, n) for name, n in costs.items() if name not in compared]
    return lines


def bar(y, text, n, largest, color):
    """One bar of the plot, with its label and its number."""
    width = max(1, BAR * n // largest)
    return ('<text x="%d" y="%d" text-anchor="end">%s</text>'
            '<rect x="%d" y="%d" width="%d" height="14" fill="%s"/>'
            '<text x="%d" y="%d">%d</text>'
            % (LEFT - 8, y + 12, text, LEFT, y, width, color, LEFT + width + 6, y + 12, n))


def plot(costs):
    """An SVG file: reads, then writes."""
    shown = [(path, text) for path, text in BARS if path in costs]
    largest = max([costs[path] for path, _ in shown] or [1])
    bars, y = [], 32
    for path, text in shown:
        color = "#2a6fb0" if path.startswith(OURS) else "#b0b0b0"
        if path == "declared_write":
            y += LINE // 2
        bars.append(bar(y, text, costs[path], largest, color))
        y += LINE
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'font-family="sans-serif" font-size="12">'
            '<rect width="100%%" height="100%%" fill="white"/>'
            '<text x="%d" y="20" font-weight="bold">Instructions of a register access, above that '
            'of /dev/zero or /dev/null</text>%s</svg>\n'
            % (LEFT + BAR + 70, y + 10, 10, "".join(bars)))


def main():
    """Read, and write all three."""
    costs = {}
    for line in sys.stdin:
        name, _, number = line.rstrip().rpartition(" ")
        if name and number.lstrip("-").isdigit():
            costs[name] = int(number)
    if not costs:
        sys.exit("report.py: nothing was measured")
    with open(sys.argv[1] + "/bench.json", "w", encoding="ascii") as f:
        json.dump(costs, f, indent=1)
        f.write("\n")
    with open(sys.argv[1] + "/bench.svg", "w", encoding="ascii") as f:
        f.write(plot(costs))
    print("\n".join(table(costs)))


main()
