#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py DIR: turn the lines of all.sh, on standard input, into a table on standard output, and
into bench.json and bench.svg in DIR."""

import json
import sys

# path, peer, what it may take of the peer at most (None: no goal), what it is
RATIOS = [
    ("declared_read", "native_read", 0.4, "read of a declared register"),
    ("declared_write", "native_write", 0.6, "write of a declared register"),
    ("called_read", "native_read", 1.3, "read that calls the program"),
    ("called_write", "native_write", None, "write that calls the program"),
    ("config_read", "native_config_read", 1.0, "read of configuration space"),
    ("create_ours_1000", "create_kernel_1000", None, "creating device 1000"),
    ("create_ours_100", "create_kernel_100", None, "creating device 100"),
]
BAR, LINE, LEFT = 420, 22, 250


def table(costs):
    """Lines of text: each path with its peer, then the others."""
    lines = ["%-34s %10s %10s %6s %6s" % ("instructions above the floor", "here", "peer",
                                          "ratio", "goal")]
    for path, peer, goal, text in RATIOS:
        if path not in costs or not costs.get(peer):
            continue
        ratio = costs[path] / costs[peer]
        verdict = "" if goal is None else "%.1f%s" % (goal, "" if ratio <= goal else " missed")
        lines.append("%-34s %10d %10d %6.2f %6s" % (text, costs[path], costs[peer], ratio, verdict))
    compared = {name for path, peer, _, _ in RATIOS for name in (path, peer)}
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
    """An SVG file: accesses, each above its peer."""
    bars, y = [], 30
    pairs = [r for r in RATIOS if r[0] in costs and r[1] in costs and not r[0].startswith("create")]
    largest = max([costs[name] for r in pairs for name in r[:2]] or [1])
    for path, peer, _, text in pairs:
        bars.append(bar(y, text, costs[path], largest, "#2a6fb0"))
        bars.append(bar(y + LINE - 6, "mtty.ko", costs[peer], largest, "#b0b0b0"))
        y += 2 * LINE
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'font-family="sans-serif" font-size="12">'
            '<text x="%d" y="18" font-weight="bold">Instructions of an access, above that of '
            '/dev/zero or /dev/null</text>%s</svg>\n'
            % (LEFT + BAR + 60, y + 10, 10, "".join(bars)))


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
