# SPDX-License-Identifier: GPL-2.0-only
"""
console.py FILE: print the second line of a text console in a PPM file. The first one tells what
letters look like: it has a to z, 0 to 9 and "-", in this order, in cells of 8 x 16 pixels.
"""
import string
import sys

LETTERS = string.ascii_lowercase + string.digits + "-"
kind, size, depth, data = open(sys.argv[1], "rb").read().split(b"\n", 3)
width, height = map(int, size.split())
if kind != b"P6" or len(data) != 3 * width * height:
    sys.exit("it is no picture")


def cell(column, line):
    rows = []
    for y in range(16 * line, 16 * line + 16):
        row = data[3 * (y * width + 8 * column):][:24]
        rows.append("".join("#" if sum(row[x:x + 3]) > 128 else " " for x in range(0, 24, 3)))
    return "\n".join(rows)


blank = "\n".join([" " * 8] * 16)
known = {cell(i, 0): letter for i, letter in enumerate(LETTERS)}
if blank in known or len(known) != len(LETTERS):
    sys.exit(f"of {len(LETTERS)} letters, {len(known)} differ: no console ({width} x {height})")
text = ""
for column in range(width // 8):
    letter = cell(column, 1)
    if letter == blank:
        break
    text += known.get(letter, "?")
print(text)
