# SPDX-License-Identifier: GPL-2.0-only
"""
shows.py FILE WIDTH HEIGHT PIXEL: is each pixel of a PPM file what PIXEL says, a Python expression of
x and y for (r, g, b)? If it has no x, all pixels of a line are the same, and it is evaluated once;
then it may also be None, for a line with any content.
"""
import re
import sys

name, width, height, pixel = sys.argv[1:]
kind, size, depth, data = open(name, "rb").read().split(b"\n", 3)
if size.decode() != width + " " + height:
    sys.exit("it has " + size.decode())
width, height = int(width), int(height)
if kind != b"P6" or depth != b"255" or len(data) != width * height * 3:
    sys.exit("it is no picture")
uniform = not re.search(r"\bx\b", pixel)
pixel = eval("lambda x, y: " + pixel)
for y in range(height):
    line = data[3 * y * width:3 * (y + 1) * width]
    if uniform and pixel(0, y) is None:
        continue
    if uniform:
        wanted = bytes(pixel(0, y)) * width
    else:
        wanted = bytes(part for x in range(width) for part in pixel(x, y))
    if line != wanted:
        x = next(x for x in range(width) if line[3 * x:][:3] != wanted[3 * x:][:3])
        sys.exit(f"pixel {x}, {y} is {tuple(line[3 * x:][:3])}, not {tuple(wanted[3 * x:][:3])}")
print("ok")
