#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""at-terminal.py TEXT COMMAND...: runs it at a terminal, and types Ctrl-C as soon as it has written TEXT, or at once if
that is empty; prints what it wrote, and ends with its status."""

import os
import pty
import sys
import time


def main():
    text, command = sys.argv[1].encode(), sys.argv[2:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    said, typed = b"", False
    if not text:
        time.sleep(0.3)
    while True:
        if not typed and text in said:
            os.write(terminal, b"\x03")
            typed = True
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        said += data
    sys.stdout.buffer.write(said)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(status if status >= 0 else 128 - status)


main()
