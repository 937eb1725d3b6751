# SPDX-License-Identifier: GPL-2.0-or-later
"""What virt-netboot repair says that it did, beside what it did. Nothing is read or run here."""
import re

FIELD = re.compile(r'([a-z][a-z-]*)=("(?:[^"\\]|\\.)*"|\S*)')
TABLES = {"iptables": "IPv4", "ip6tables": "IPv6"}

# Statuses of the command but that of a wrong usage [virt-netboot(8)].
DONE, FAILED = 0, 3


def changes(before, after):
    """What is another than before, in words."""
    found = {f"port {name}" for name in after.forwards - before.forwards}
    found |= {fact for fact, value in after.items() if value != before[fact]}
    found |= {f"rule {table.removesuffix(' nft')} {device}"
              for table, device in (after.ours - before.ours) + (before.ours - after.ours)}
    return found | {f"filters {name}" for name, filters in after.filters.items() if filters != before.filters[name]}


def change(line):
    """What a line is about, in the same words."""
    fields = dict(FIELD.findall(line))
    action, device = fields["action"], fields.get("bridge") or fields.get("macvlan")
    if action == "edge-port":
        return "port " + fields["port"]
    if action == "set-forward-delay":
        return "STP and delay of " + device
    table = {"checksum-rule": "mangle", "docker-user-rule": "filter"}.get(action.partition("-")[2])
    return f"rule {TABLES[fields['mechanism']]} {table} {device}" if table else line


def told(text):
    """(what, whether it was done) of each line."""
    return [(change(line), line.endswith(" result=done")) for line in text.splitlines() if line.startswith("action=")]


def is_mute(injection):
    """Who cannot write tells by the exit status only."""
    return injection and (injection.call, injection.kind) == ("write", "on")


def faults_of_telling(run, before, state, good, injection):
    """What was said must be so; and all must be said, or that something was not."""
    lines, made = told(run.said.decode(errors="replace")), without_passing(changes(before, state), before, good)
    for what, done in lines:
        if done and what not in made:
            yield f"said and not done: {what}"
    unsaid = made - {what for what, _ in lines}
    if unsaid and not is_mute(injection) and not re.search(rb"standard output|out of memory|thread-local data", run.complained):
        yield f"done and not said: {sorted(unsaid)}"


def without_passing(made, before, good):
    """A port that was to be left alone may forward by itself meanwhile."""
    wanted = changes(before, good)
    return {what for what in made if what in wanted or not what.startswith("port ")}


def is_answer(injection):
    """Whether the error says that there is nothing."""
    return injection and injection.value in ("ENOENT", "ENODEV")


def faults_of_status(run, before, state, good, injection):
    """0 is said of all that was to be done, and whoever gets another is told why."""
    kind, _, number = run.result["end"].partition(":")
    # Without memory for a library's thread-local data the C library ends the program itself.
    if run.result["end"] == "exit:127" and b"thread-local data: ABORT" in run.complained:
        return
    if kind != "exit" or not DONE <= int(number) <= FAILED:
        yield "ended with " + run.result["end"]
        return
    lacking = changes(before, good) ^ without_passing(changes(before, state), before, good)
    # Without a configuration there are the defaults.
    if int(number) == DONE and lacking and not is_answer(injection) and b"virt-netboot.conf" not in run.complained:
        yield f"status 0, and not done: {sorted(lacking)}"
    # Libraries have messages of their own. Trouble with the configuration is told, and is no failure.
    complained = [line for line in run.complained.splitlines()
                  if line.startswith(b"virt-netboot: ") and b"virt-netboot.conf" not in line]
    if not is_mute(injection) and (int(number) == DONE) != (not complained and b"finding=" not in run.said and b"result=failed" not in run.said):
        yield f"status {number} and said: {run.said + run.complained!r}"
