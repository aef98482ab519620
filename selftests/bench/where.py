#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""where.py DIR: of the logs that bench/where.sh leaves in DIR, a table for each path: symbol and
instructions, above those of the floor. DIR/PATH.trace gets what one access executes."""

import bisect
import collections
import os
import re
import sys

FLOORS = [("read_floor", re.compile("_read$")), ("dma_floor", re.compile("^dma_")),
          ("write_floor", re.compile(""))]
# "Trace 0: 0x7f... [cs_base/pc/flags/cflags] symbol"
TRACE = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
STOPPED = re.compile(r"^Stopped execution of TB chain before \S+ \[([0-9a-f]+)\]")
KERNEL = 1 << 63
CALL = re.compile("_sys_p(read|write)64$")
FAR = 1 << 16


class Symbols:
    """What /proc/kallsyms says of code."""

    def __init__(self, path):
        found = {}
        self.modules = {}
        with open(path, encoding="ascii") as f:
            for line in f:
                address, kind, name, *module = line.split()
                if kind in "tTwW":
                    found.setdefault(int(address, 16), name)
                    self.modules[name] = module[0].strip("[]") if module else "kernel"
        self.starts = sorted(found)
        self.names = [found[a] for a in self.starts]

    def find(self, pc):
        """Its symbol, and the offset from that."""
        i = bisect.bisect_right(self.starts, pc) - 1
        if i < 0 or pc - self.starts[i] > FAR:
            return "(no symbol)", pc
        return self.names[i], pc - self.starts[i]

    def module(self, symbol):
        """Where it is: "kernel", a module, or "bpf"."""
        return self.modules.get(symbol, "kernel")


def calls(path):
    """The runs of kernel instructions, from one user instruction to the next."""
    runs, run = [], []
    with open(path, encoding="ascii") as f:
        for line in f:
            match = STOPPED.match(line)
            if match and run and run[-1] == int(match.group(1), 16):
                run.pop()      # It is executed later, and logged again
                continue
            match = TRACE.match(line)
            if not match:
                continue
            pc = int(match.group(1), 16)
            if pc >= KERNEL:
                run.append(pc)
            elif run:
                runs.append(run)
                run = []
    return runs


def access(directory, name):
    """One access: (symbol, offset) of each instruction. Of all, one of the median length."""
    symbols = Symbols("%s/%s.syms" % (directory, name))
    runs = []
    for run in calls("%s/%s.log" % (directory, name)):
        found = [symbols.find(pc) for pc in run]
        if any(CALL.search(symbol) for symbol, _ in found):
            runs.append(found)
    if not runs:
        sys.exit("where.py: no access is in %s.log" % name)
    runs.sort(key=len)
    with open("%s/%s.trace" % (directory, name), "w", encoding="ascii") as f:
        f.writelines("%s+%#x\n" % place for place in runs[len(runs) // 2])
    return collections.Counter(symbol for symbol, _ in runs[len(runs) // 2])


def table(name, here, floor):
    """Lines of text, the most expensive symbols first."""
    above = {symbol: here[symbol] - floor[symbol] for symbol in here | floor}
    lines = ["", "%-40s %6d" % (name, sum(above.values()))]
    for symbol, n in sorted(above.items(), key=lambda item: (-item[1], item[0])):
        if n:
            lines.append("    %-36s %6d" % (symbol, n))
    return lines


def main():
    """A table for each log that is no floor."""
    directory = sys.argv[1]
    names = sorted(f[:-4] for f in os.listdir(directory) if f.endswith(".log"))
    counts = {name: access(directory, name) for name in names}
    for name in names:
        if name.endswith("_floor"):
            continue
        floor = next(floor for floor, pattern in FLOORS if pattern.search(name))
        if floor in counts:
            print("\n".join(table(name, counts[name], counts[floor])))


if __name__ == "__main__":
    main()
