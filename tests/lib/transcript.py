#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does what a manual says: transcript.py [--write] PAGE SECTION CONSOLE

Runs the commands of one .Ss of an mdoc page, in its order, and compares what they print with what stands there. In a
literal block a command is a line that begins with "# "; what follows is its output. A block that begins with none is
what was on a guest's console, which is in the file CONSOLE. With --write the page
gets the outputs instead.
"""
import difflib
import re
import subprocess
import sys

# What differs from run to run.
NORMAL = (
    (r"\b\d+\.\d s\b", "TIME s"),
    (r"\b\d+\.\d (kB|MB)\b", r"SIZE \1"),
    (r"\b(less than )?\d+ ms\b", "TIME ms"),
    (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC"),
    (r"\b(192\.168\.\d+)\.\d{2,3}\b", r"\1.LEASE"),
    (r"\bprocess \d+\b", "process PID"),
    (r"\bhandle \d+\b", "handle NUMBER"),
    (r"\bvnet\d+\b", "vnetN"),
)


def normal(lines):
    """Lines may break elsewhere where a number has more digits."""
    text = " ".join(" ".join(lines).split())
    for pattern, name in NORMAL:
        text = re.sub(pattern, name, text)
    return text


def from_mdoc(line):
    return line.removeprefix("\\&").replace("\\e", "\\")


def to_mdoc(line):
    line = line.replace("\\", "\\e")
    return "\\&" + line if line[:1] in (".", "'") else line


def run(command):
    done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    print(f"# {command}\n{done.stdout}", end="", flush=True)
    return done.stdout.splitlines()


def is_command(line):
    return line.startswith("# ")


def steps(block):
    """Of a block: each command, which is none for a console, and its output's lines. An empty block is a console."""
    found = [] if block else [([], [])]
    for line in block:
        if is_command(line) or not found:
            found.append(([], []))
        found[-1][0 if is_command(line) else 1].append(line)
    return found


def carry_out(block, console):
    """Return: the block as it is now, and the differences."""
    now, differences = [], []
    for command, wanted in steps(block):
        if command:
            got = run(from_mdoc(command[0])[2:])
        else:
            with open(console, encoding="ascii", errors="replace") as file:
                got = file.read().splitlines()
        got = [to_mdoc(line.rstrip()) for line in got]
        if normal(wanted) != normal(got):
            differences += command + list(difflib.unified_diff(wanted, got, "page", "run", lineterm=""))
        now += command + got
    return now, differences


def main():
    write = sys.argv[1] == "--write"
    page, section, console = sys.argv[1 + write:]
    result, differences, block, here, commands = [], [], None, False, 0
    with open(page, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for line in lines:
        if line.startswith((".Ss ", ".Sh ")):
            here = line == ".Ss " + section
        if block is not None and line == ".Ed":
            now, different = carry_out(block, console)
            differences += different
            result += now
            commands += sum(map(is_command, block))
            block = None
        if block is not None:
            block.append(line)
        else:
            result.append(line)
        if here and line.startswith(".Bd -literal"):
            block = []
    if not commands:
        sys.exit(f"{page}: no command in a section '{section}'")
    if write:
        with open(page, "w", encoding="utf-8") as file:
            file.write("\n".join(result) + "\n")
    elif differences:
        sys.exit("\n".join(differences))


main()
