# SPDX-License-Identifier: GPL-2.0-only
"""
record.py FILE: run the commands of FILE, one a line, in one shell, and print what a terminal shows of
them as an SVG, in which each line appears when it did. In a comment line of FILE, "#" is the first
character. See vm/record, which runs this in the VM.

A viewer that does not animate SVG shows all lines. Pauses are cut to PAUSE seconds, since a command
that the emulated machine needs seconds for is not interesting meanwhile.
"""
import html
import subprocess
import sys
import time

PAUSE = 1.2
TYPING = 0.03   # seconds a character
READING = 1.0   # before the next command is typed
COLUMNS = 96
WIDTH, HEIGHT = 8.4, 18  # pixels of a character, and of a line
END = "<end of command>"


def screen_lines(text):
    """What is wider than the terminal goes on in the next line."""
    return [text[at:at + COLUMNS] for at in range(0, len(text), COLUMNS)] or [""]


def record(commands):
    """(seconds, class, text) for each line of the screen"""
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, bufsize=1)
    now, lines = 0.5, []
    for command in commands:
        kind = "note" if command.startswith("#") else "typed"
        lines += [(now, kind, part) for part in
                  screen_lines(command if kind == "note" else "$ " + command)]
        now += TYPING * len(command) + 0.3
        if kind == "note":
            continue
        shell.stdin.write(f"{command}\necho '{END}'\n")
        shell.stdin.flush()
        last = time.monotonic()
        for line in shell.stdout:
            text = line.rstrip("\n")
            now += min(time.monotonic() - last, PAUSE)
            last = time.monotonic()
            if text == END:
                break
            kind = "error" if text.startswith("Error:") else "shown"
            lines += [(now, kind, part) for part in screen_lines(text)]
        now += READING
    shell.stdin.close()
    shell.wait()
    return lines


def svg(lines):
    """The picture of a terminal that is as high as there are lines"""
    width, height = COLUMNS * WIDTH + 24, len(lines) * HEIGHT + 24
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
           f'viewBox="0 0 {width:.0f} {height}">')
    yield ("<style>text{font:14px monospace;white-space:pre;fill:#d8dee9}.typed{fill:#a3be8c;"
           "font-weight:bold}.note{fill:#81a1c1}.error{fill:#ebcb8b}</style>")
    yield '<rect width="100%" height="100%" rx="6" fill="#2e3440"/>'
    for row, (when, kind, text) in enumerate(lines):
        yield (f'<text x="12" y="{(row + 1) * HEIGHT + 6}" class="{kind}" xml:space="preserve">'
               f'{html.escape(text)}<set attributeName="visibility" to="hidden" begin="0s" '
               f'dur="{when:.2f}s"/></text>')
    yield "</svg>"


def main():
    with open(sys.argv[1], encoding="utf-8") as script:
        commands = [line.rstrip("\n") for line in script if line.strip()]
    print("\n".join(svg(record(commands))))


main()
