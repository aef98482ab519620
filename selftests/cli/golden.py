# SPDX-License-Identifier: GPL-2.0-only
"""
golden.py [TEXT=WORD]...: make a transcript of what commands have printed, with fixed words in place
of what differs between two runs (ids, times, numbers of VFIO files, versions) and of these texts.

The input is records, each a line that begins with RS (0x1e) and what follows it: "$ COMMAND" for
the transcript, "text" and "json" for what was printed, "errors" for messages, "status N". JSON is one
document, of which each member, or row, gets a line. Tables of a text are laid out anew, since widths
depend on values; one that was not aligned says so.
"""
import json
import re
import sys

# By member in JSON, which in a table is the head of the column
VARIES = {
    "link_id": "ID", "map_id": "ID", "prog_id": "ID",
    "iommu_group": "N", "vfio": "/dev/vfio/N",
    "boot_time": "SECONDS", "time": "TIME",
    "total_ns": "NS", "average_ns": "NS", "max_ns": "NS", "ns": "NS",
    "calls_per_second": "N", "busy_percent": "N",
    "libbpf": "VERSION", "features": "FEATURES",
    "found": (r"^v?\d+\.\d+$", "VERSION"),
    "program": (r"bpf_prog_[0-9a-f]{16}_", "bpf_prog_TAG_"),
}
# In any text. Numbers that a trace, a dump and the kernel's reasons have.
PATTERNS = (
    (r"^\d+\.\d{6} ", "SECONDS "),
    (r"time: \d+ ns", "time: N ns"),
    (r"\bns=\d+", "ns=NS"),
    (r"(prog_id|link_id|map_id) \d+", r"\1 ID"),
    (r"boot_time \d+\.\d+, time [0-9TZ:-]+", "boot_time SECONDS, time TIME"),
    (r"bpf_prog_[0-9a-f]{16}_", "bpf_prog_TAG_"),
    (r"/dev/vfio/devices/vfio\d+", "/dev/vfio/devices/vfioN"),
    (r"/dev/vfio/\d+", "/dev/vfio/N"),
    (r"/dev/pts/\d+", "/dev/pts/N"),
    (r"process \d+", "process PID"),
    (r"'test\d+'", "'testPID'"),
)
# What is only said on a slow machine
SLOW = re.compile(r"the verifier has been at work for")
HEAD = re.compile(r"( *)([A-Z][A-Z0-9 ]*?)(  +[A-Z][A-Z0-9 ]*?)+$")


def worded(text, words):
    """The text with fixed words"""
    for old, new in words:
        text = text.replace(old, new)
    for pattern, new in PATTERNS:
        text = re.sub(pattern, new, text, flags=re.M)
    return text


def varied(key, value):
    """The value of a member or cell, if the key says that it varies"""
    word = VARIES.get(key)
    if word is None or value in (None, "-"):
        return value
    return word if isinstance(word, str) else re.sub(word[0], word[1], value)


def document(value, key=None):
    """The same document with fixed words"""
    if isinstance(value, dict):
        # A member that only a kernel with VFIO_DEVICE_CDEV has
        return {k: document(v, k) for k, v in value.items() if k != "vfio_cdev"}
    if isinstance(value, list) and (key not in VARIES or not value):
        return [document(v) for v in value]
    return varied(key, value)


def members(value):
    """One line for each row or member"""
    def short(part):
        return json.dumps(part, ensure_ascii=False)

    if isinstance(value, list) and value:
        return "[\n" + ",\n".join("  " + short(row) for row in value) + "\n]"
    if not isinstance(value, dict):
        return short(value)
    lines = []
    for key, part in value.items():
        if isinstance(part, list) and part and isinstance(part[0], dict):
            rows = ",\n".join("    " + short(row) for row in part)
            lines.append(f"  {short(key)}: [\n{rows}\n  ]")
        else:
            lines.append(f"  {short(key)}: {short(part)}")
    return "{\n" + ",\n".join(lines) + "\n}"


def table(lines, words):
    """Cells by the columns of the head, in a layout of our own"""
    starts = [m.start() for m in re.finditer(r"(?<=  )(?=\S)|^(?=\S)", lines[0])]
    heads = [h.strip() for h in re.split(r"  +", lines[0].strip())]
    keys = [head.lower().replace(" ", "_") for head in heads]
    rows = [heads]
    for line in lines[1:]:
        if any(start and line[start - 1:start].strip() for start in starts):
            return lines + ["NOT ALIGNED: " + line]
        cells = [line[a:b].rstrip() for a, b in zip(starts, starts[1:] + [None])]
        rows.append([varied(key, worded(cell, words)) for key, cell in zip(keys, cells)])
    # Not every kernel has these files
    for row in rows[1:]:
        if keys[-1] == "vfio_cdev":
            row[-1] = "vfioN"
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return [" " * starts[0] + "  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip()
            for row in rows]


def detail(line, words):
    """A line that may be a member and its value"""
    key, gap, value = line.partition("  ")
    if key in VARIES and value.strip() and isinstance(VARIES[key], str):
        line = key + gap + value[:-len(value.strip())] + varied(key, value.strip())
    return worded(line, words)


def text_lines(lines, words):
    """The lines with their tables anew; a table ends where the indentation changes, or the text."""
    out = []
    while lines:
        head = HEAD.fullmatch(lines[0])
        if not head:
            line = lines.pop(0)
            # Of a kernel with VFIO_DEVICE_CDEV only
            if not line.startswith("vfio_cdev "):
                out.append(detail(line, words))
            continue
        end = 1
        while end < len(lines) and re.match(head[1] + r"\S", lines[end]):
            end += 1
        out += table(lines[:end], words)
        lines = lines[end:]
    return out


def record(what, text, words):
    """The lines of a record"""
    if what == "json":
        try:
            return worded(members(document(json.loads(text))), words).split("\n")
        except json.JSONDecodeError as error:
            return [f"NOT JSON: {error}: {text}"]
    if what == "errors":
        return ["stderr: " + line for line in worded(text, words).split("\n")
                if not SLOW.match(line)]
    return text_lines(text.split("\n"), words)


def main():
    words = [a.split("=", 1) for a in sys.argv[1:]]
    for part in sys.stdin.read().split("\x1e")[1:]:
        what, _, text = part.partition("\n")
        text = text.removesuffix("\n")
        if what.startswith("$ ") or what.startswith("status "):
            print(worded(what, words))
        elif text:
            print("".join(line + "\n" for line in record(what, text, words)), end="")


main()
