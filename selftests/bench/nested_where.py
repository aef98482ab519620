#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""nested_where.py DIR PROGRAM: of the logs that bench/nested_where.sh leaves in DIR, a table for each
kind of request: instructions by part of the host, and by symbol of its kernel, of our device and
QEMU's. PROGRAM is what has made the requests in the guest. It reads the time stamp counter before
them, and after; what is executed between is theirs. DIR/NAME.txt gets all symbols."""

import collections
import glob
import re
import subprocess
import sys

from where import KERNEL, Symbols

# "Trace 0: 0x7f... [cs_base/pc/flags/cflags] symbol"; the flags tell the mode of the processor.
TRACE = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/([0-9a-f]+)/")
STOPPED = re.compile(r"^Stopped execution of TB chain before \S+ \[([0-9a-f]+)\]")
IN_GUEST = 1 << 21      # QEMU's HF_GUEST_MASK
REQUESTS = 64           # of vm/guest-bench
SHOWN = 40


def clock_reads(program):
    """The addresses where it reads the time stamp counter."""
    code = subprocess.run(["objdump", "-d", program], check=True, capture_output=True, text=True)
    found = re.findall(r"^ *([0-9a-f]+):.*\brdtsc\b", code.stdout, re.MULTILINE)
    return {(True, int(address, 16)) for address in found}


def executed(path):
    """(in the guest, address) of each instruction."""
    last = None
    with open(path, encoding="ascii", errors="replace") as f:
        for line in f:
            match = TRACE.match(line)
            if match:
                if last:
                    yield last
                last = bool(int(match.group(2), 16) & IN_GUEST), int(match.group(1), 16)
                continue
            match = STOPPED.match(line)
            if match and last and last[1] == int(match.group(1), 16):
                last = None     # It is executed later, and logged again


def places(path, marks):
    """How often each instruction is executed between two marks: where these are farthest apart, as
    the program reads the clock at other places, too."""
    best, found = collections.Counter(), collections.Counter()
    for place in executed(path):
        if place in marks:
            best = max(best, found, key=lambda counts: counts.total())
            found = collections.Counter()
        found[place] += 1
    return best


def request(directory, name, marks):
    """The instructions of one request, by (part, symbol)."""
    symbols = Symbols("%s/symbols" % directory)
    found = collections.Counter()
    for (in_guest, pc), times in places("%s/%s.log" % (directory, name), marks).items():
        times /= REQUESTS
        if in_guest:
            found["guest", "its kernel" if pc >= KERNEL else "its program"] += times
        elif pc < KERNEL:
            found["programs", "QEMU and others"] += times
        else:
            symbol = symbols.find(pc)[0]
            found[symbols.module(symbol), symbol] += times
    return found


def by_part(costs):
    """Sums of the parts."""
    found = collections.Counter()
    for (part, _), n in costs.items():
        found[part] += n
    return found


def table(head, ours, theirs):
    """Lines of text, the rows that take most first."""
    rows = sorted(set(ours) | set(theirs), key=lambda k: -max(ours.get(k, 0), theirs.get(k, 0)))
    lines = ["%-48s %9s %9s" % (head, "ours", "QEMU's"),
             "%-48s %9.0f %9.0f" % ("all", sum(ours.values()), sum(theirs.values()))]
    for key in rows:
        text = key if isinstance(key, str) else " ".join(key)
        lines.append("%-48s %9.0f %9.0f" % (text, ours.get(key, 0), theirs.get(key, 0)))
    return lines


def main():
    """Both tables of each kind of request."""
    directory, program = sys.argv[1:]
    marks = clock_reads(program)
    end = "_bpf.log"
    for path in sorted(glob.glob("%s/*%s" % (directory, end))):
        name = path[len(directory) + 1:-len(end)]
        ours, theirs = (request(directory, "%s_%s" % (name, who), marks) for who in ("bpf", "qemu"))
        print("\n".join(["", *table(name, by_part(ours), by_part(theirs))]))
        lines = table(name + " by symbol", ours, theirs)
        print("\n".join(["", *lines[:SHOWN]]))
        with open("%s/%s.txt" % (directory, name), "w", encoding="ascii") as f:
            f.writelines(line + "\n" for line in lines)


main()
