# SPDX-License-Identifier: GPL-2.0-only
"""
on_pty.py COMMAND...: run a command on a terminal, whose keyboard is standard input and whose screen
is standard output. At last, say how it ended, and whether the terminal is as it was before.
"""
import os
import pty
import select
import sys
import termios

parent, terminal = pty.openpty()
before = termios.tcgetattr(terminal)
pid = os.fork()
if not pid:
    os.close(parent)
    os.login_tty(terminal)
    os.execvp(sys.argv[1], sys.argv[1:])

keyboard = [0]
while True:
    ready = select.select([parent] + keyboard, [], [], 0.1)[0]
    if 0 in ready:
        keys = os.read(0, 4096)
        if keys:
            os.write(parent, keys)
        else:
            keyboard = []
    if parent in ready:
        os.write(1, os.read(parent, 4096))
        continue
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        break
while select.select([parent], [], [], 0)[0]:
    os.write(1, os.read(parent, 4096))
same = termios.tcgetattr(terminal) == before
print(f"status {os.waitstatus_to_exitcode(status)}, terminal {'restored' if same else 'changed'}")
