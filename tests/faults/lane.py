# SPDX-License-Identifier: GPL-2.0-or-later
"""One lane of tests/faults/faults, in whose sandbox the host and the XML are made: runs each operation undisturbed,
plans what is done to its calls, does it, and judges what libvirt and the kernel have seen.

Every fact about the kernel must afterwards be as it was before or as the undisturbed run leaves it: that is STP and the
delay of bridges, ports' guard, devices' checksums, the files in /run, /etc and /tmp. Of our rules and filters there is
at most one for each place, and those of others are there. Then an undisturbed run has to find its way from there to
the good state, with whatever notes the disturbed one has left."""
import collections
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import command
import kernel
import plan
from operations import DEADLINE, OPERATIONS, POLICY, Command

WORK = "/tmp/faults"
RUNS = "/run/virt-netboot"
TOOLS = os.environ["TOOLS"]
TOOL = TOOLS + "/inject"
HAS_CSUM = os.environ["HAS_CSUM"] == "1"

BRIDGES = ("br0", "virbr0")
PORTS = ("vnet1", "vnet2", "vnet3")
DEVICES = BRIDGES + PORTS + ("macvtap0", "host8", "eth8")

# Milliseconds. A hook's deadline is FAULTS_DEADLINE by its configuration, 10 s before that is read, 20 s while it waits
# for a lock; then it may read its input for a second, and wait half a second for the log. The machine may be slow.
SHORT, LONG, LOCKED = 3500 + DEADLINE * 1000, 14500, 24500
DEADLINE_PASSED = DEADLINE * 1000 - 100
LINGER = 1000
LAST_LINGER = 25000

# The command has no deadline, but for each thing that it waits for: 20 s for a kernel that does not say whether STP is
# on, which takes longer as each call is looked at.
COMMAND_LONGEST = 60000

# One of so many injections is followed by an undisturbed run.
FOLLOWED = 3

number_of = {name: socket.if_nametoindex(name) for name in DEVICES}
names = plan.call_numbers()
numbers = {name: number for number, name in names.items()}
netlink = kernel.Netlink()
FAMILIES = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
tables = {f"{version} {name}": kernel.Table(family, name.encode())
          for name in ("mangle", "filter") for version, family in FAMILIES.items()}
nft_tables = {f"{version} filter nft": kernel.NftTable(family, "filter") for version, family in FAMILIES.items()}


class Log:
    """What arrives at /dev/log."""

    def __init__(self):
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            self.lines.append(self.socket.recv(70000).decode(errors="replace"))


log = Log()


class State(dict):
    """Facts by name, and what there may be more than one good state of."""

    def __init__(self):
        super().__init__()
        self.forwards = set()              # ports
        self.ours = collections.Counter()  # rules, by table and device
        self.others, self.counters = {}, {}
        for name in BRIDGES:
            self["STP and delay of " + name] = kernel.bridge_state(netlink.get(number_of[name]))
            self["checksums of " + name] = kernel.transmit_checksums(name)
        for name in PORTS:
            bridge, state, guard = kernel.port_state(netlink.get(number_of[name]))
            if state == kernel.FORWARDING:
                self.forwards.add(name)
            self["bridge and guard of " + name] = bridge, guard
        for name, table in host.tables.items():
            self.read_rules(name, table)
        self.filters = {name: netlink.filters(number_of[name]) for name in DEVICES}
        self.files = kernel.files("/run", RUNS, "/etc", "/tmp")

    def read_rules(self, name, table):
        rules = list(table.rules(table.read()))
        for device, _, rest in rules:
            if b"virt-netboot" in rest:
                self.ours[name, device] += 1
        self.others[name] = [(device, rest) for device, _, rest in rules if b"virt-netboot" not in rest]
        self.counters[name] = [counters for _, counters, rest in rules if b"keep-me" in rest]

    def is_as(self, good, left=None):
        """As good as that: also what is none of the facts. A port may forward in the meantime by itself. A run that
        could not ask the kernel for act_csum has made a rule in a filter's place; that is in the state left, and stays
        beside the filter until the last guest goes."""
        fallback = left.ours & self.ours if left and HAS_CSUM else collections.Counter()
        return dict(self) == dict(good) and self.forwards >= good.forwards and \
            self.ours == good.ours | fallback and self.filters == good.filters


def faults_of_state(state, before, good):
    """In words."""
    for fact, value in state.items():
        if value not in (before[fact], good[fact]):
            yield f"{fact}: {value}, was {before[fact]}"
    for (table, device), count in state.ours.items():
        if count > 1:
            yield f"{count} rules of ours towards {device}, {table}"
    for table, rules in before.others.items():
        if state.others[table] != rules:
            yield f"rules of others have changed, {table}"
    for device in DEVICES:
        gone = [f for f in before.filters[device] if f in good.filters[device] and f not in state.filters[device]]
        made = [f for f in state.filters[device] if f not in before.filters[device] + good.filters[device]]
        if gone or made:
            yield f"filters of {device}: gone {gone}, made {made}"
    strange = state.files - before.files - good.files
    if strange:
        yield f"files left: {sorted(strange)}"


def say(text, to=sys.stderr):
    """A line, in one piece: other lanes write to the same pipe."""
    os.write(to.fileno(), (text + "\n").encode())


def forget_notes():
    for path in kernel.files(RUNS):
        os.unlink(path)


class Host:
    """Puts back what operations change."""

    def __init__(self):
        self.tables = tables
        self.empty = self.rules = self.read_tables()
        self.delays, self.notes = {}, {}

    def read_tables(self):
        return [table.read() for table in self.tables.values()]

    def use_nft(self, nft):
        """Whether Docker's rules are in the tables of iptables-nft, instead of the legacy ones."""
        if nft == (self.tables is not tables):
            return
        self.write_tables(self.empty)
        script = "docker_through_nft" if nft else "docker_through_legacy"
        subprocess.run(["bash", "-ec", script], check=True)
        self.tables = {**tables, **nft_tables} if nft else tables
        self.empty = self.read_tables()

    def reset(self, operation):
        forget_notes()
        for path, content in self.notes.items():
            with open(path, "wb") as file:
                file.write(content)
        requests = []
        if HAS_CSUM:
            requests += [kernel.no_qdisc(number_of[name]) for name in BRIDGES + PORTS + ("macvtap0",)]
        for name in BRIDGES:
            # Switched on again, its hello timer has just been armed.
            requests += [kernel.stp(number_of[name], 0), kernel.stp(number_of[name], 1),
                         kernel.delay(number_of[name], self.delays.get(name, operation.delay))]
            if not kernel.transmit_checksums(name):
                kernel.transmit_checksums(name, 1)
        for name, bridge in zip(PORTS, ("br0", "virbr0", "br0")):
            requests += self.reset_port(number_of[name], number_of[bridge] if name in operation.ports else 0)
        netlink.all(requests)
        self.write_tables(self.rules)

    def write_tables(self, contents):
        for table, rules in zip(self.tables.values(), contents):
            if table.read() != rules:
                table.write(rules)

    def reset_port(self, port, bridge):
        """A port that is held, or none; only if it is not, for that takes time."""
        now, state, guard = kernel.port_state(netlink.get(port))
        if now != bridge or (bridge and state not in kernel.HELD):
            yield from (kernel.down(port), kernel.master(port, bridge), kernel.up(port))
        if bridge and guard:
            yield kernel.guard_off(port)

    def plug(self, port, bridge):
        """As libvirt does, after the event, which is over when the log has it."""
        until = time.monotonic() + 3
        while not log.lines and time.monotonic() < until:
            time.sleep(0.01)
        kernel.Netlink().all([kernel.master(number_of[port], number_of[bridge]), kernel.up(number_of[port])])

    def begin(self, operation):
        """From here on tables are as the operation has them before: as its first one leaves them. To what was repaired
        belong delays, and notes."""
        self.use_nft(operation.nft)
        self.rules, self.delays, self.notes = self.empty, {}, {}
        for first in operation.first:
            self.reset(first)
            Run(first).whole()
            self.rules = self.read_tables()
            repaired = isinstance(operation, Command)
            if repaired:
                self.delays = {name: kernel.bridge_state(netlink.get(number_of[name]))[1] for name in BRIDGES}
            # Without that file no hook looks into DOCKER-USER.
            self.notes = {path: open(path, "rb").read() for path in kernel.files(RUNS)
                          if repaired or path.endswith(".docker-user")}


class Run:
    """One run of an operation's hook, and what came of it."""

    def __init__(self, operation):
        self.operation = operation
        self.arguments = ()
        self.result = {}
        self.said = b""
        self.complained = b""

    def with_options(self, *options, linger=LINGER):
        operation = self.operation
        with open("/etc/virt-netboot.conf", "w", encoding="ascii") as file:
            file.write(POLICY[operation.policy])
        del log.lines[:]
        later = threading.Thread(target=host.plug, args=("vnet3", "br0")) if operation.plugs else None
        if later:
            later.start()
        line = [TOOL, "-i", f"{WORK}/{operation.xml}.xml", "-o", WORK + "/stdout", "-x", WORK + "/stderr", "-l", str(linger),
                "-t", "70000", *options, operation.program, *operation.arguments, *self.arguments]
        environment = {"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        if isinstance(operation, Command):
            environment |= {"LD_PRELOAD": f"{TOOLS}/libvirt-stub.so {TOOLS}/no-memory.so",
                            "LIBVIRT_STUB": f"{WORK}/libvirt-{operation.xml}"}
        answer = subprocess.run(line, stdout=subprocess.PIPE, check=True, text=True, close_fds=False, cwd="/",
                                env=environment).stdout
        if later:
            later.join()
        self.result = dict(word.split("=") for word in answer.split())
        self.said, self.complained = (open(WORK + name, "rb").read() for name in ("/stdout", "/stderr"))
        return self

    def whole(self, *arguments):
        """Undisturbed."""
        self.arguments = arguments
        return self.with_options(linger=LAST_LINGER)

    @property
    def ms(self):
        return int(self.result["ms"])

    @property
    def left(self):
        return int(self.result["left"])

    @property
    def seen(self):
        """What libvirtd sees."""
        return self.result["end"], self.said, self.complained

    @property
    def hit(self):
        return self.result["hit"] == "1"


class Tally(collections.Counter):
    WHAT = ("calls", "injections", "violations", "late", "missed", "counters", "followed", "skipped")

    def line(self, name, seconds):
        return f"SUM\t{name}\t" + "\t".join(str(self[what]) for what in self.WHAT) + f"\t{seconds:.0f}"


class Trial:
    """An operation, its good run, and the injections into it."""

    def __init__(self, operation):
        self.operation = operation
        self.tally = Tally()
        self.waited = collections.Counter()
        host.begin(operation)
        self.learn()

    def learn(self):
        """Until two runs agree: on a busy machine one may pass its deadline."""
        self.good, apart = None, "each was too slow"
        for _ in range(10):
            host.reset(self.operation)
            self.before = State()
            run = Run(self.operation).with_options("-r", WORK + "/calls", linger=LAST_LINGER)
            state = State()
            agree = self.good is not None and state.is_as(self.good) and run.seen == self.run.seen
            if self.good is not None and not agree:
                apart = differences(state, self.good) or f"{run.seen} instead of {self.run.seen}"
            if agree:
                # A port that nobody was to repair may have begun to forward by itself.
                state.forwards &= self.good.forwards
            self.good, self.run = state, run
            if agree and run.ms < DEADLINE_PASSED:
                break
        else:
            say(f"VIOLATION {self.operation.name}: undisturbed, ten runs do not agree: {apart}; {run.result}")
            self.tally["violations"] += 1
        self.calls = list(self.with_roles(plan.read_calls(WORK + "/calls", names)))
        self.tally["calls"] = len([role for role, _ in self.calls if role in self.operation.roles])

    with_roles = staticmethod(plan.with_roles)

    def bound(self, injection):
        """The most that a run may take."""
        if injection.call == "flock":
            return LOCKED
        return LONG if injection.role in ("launcher", "loader") else SHORT

    def faults_of_run(self, run, injection=None, _=None):
        """In words: what libvirtd sees, who takes every status but 0 for a refusal, and reads stderr then."""
        end, may = run.result["end"], [self.run.result["end"], "exit:0"]
        if injection and injection.process == 0 and injection.value == "KILL":
            may.append("signal:9")
        if end not in may:
            yield "ended with " + end
        if run.said not in (b"", self.run.said):
            yield f"{len(run.said)} bytes on stdout"
        if injection and injection.process == 0:
            complaint = run.complained in self.run.complained
        else:
            complaint = run.complained == (self.run.complained if end == "exit:1" else b"")
        if not complaint:
            yield f"on stderr: {run.complained!r}"
        if run.result["closed"] != "1":
            yield "somebody holds stdout or stderr"

    def disturb(self, injection):
        """Return: the run, its faults and the state that it left."""
        def once(linger):
            host.reset(self.operation)
            run = Run(self.operation).with_options(*plan.options(injection, numbers), linger=linger)
            return run, State()
        run, state = once(LINGER)
        faults = []
        if run.ms > self.bound(injection) or (run.left and injection.value != "STOP" and self.wants_end(injection)):
            run, state = once(LAST_LINGER)
            if run.left and injection.value != "STOP":
                faults.append(f"{run.left} processes left")
            if run.ms > self.bound(injection):
                faults.append(f"took {run.ms} ms")
        faults += self.faults_of_run(run, injection, state)
        faults += faults_of_state(state, self.before, self.good)
        return run, faults, state

    def wants_end(self, injection):
        """Whether it is worth waiting for what a run has left in the background: not each time, for it takes seconds."""
        self.waited[injection.call, injection.kind] += 1
        return self.waited[injection.call, injection.kind] <= 2

    def follow(self, left, *_):
        """An undisturbed run from the state left. Return: faults."""
        self.tally["followed"] += 1
        run = Run(self.operation).whole()
        reached, until = State(), time.monotonic() + 10
        while not reached.is_as(self.good, left) and time.monotonic() < until:
            # A port may have been left to a watcher, or the deadline have passed.
            time.sleep(0.3)
            run = Run(self.operation).whole()
            reached = State()
        faults = [f"then, undisturbed: {fault}" for fault in self.faults_of_run(run)]
        if not reached.is_as(self.good, left):
            faults.append("then, undisturbed, not the good state: " + differences(reached, self.good))
        return faults

    def count(self, run, state):
        self.tally["injections"] += 1
        self.tally["late"] += run.ms > DEADLINE_PASSED
        self.tally["missed"] += not run.hit
        # There may be packets meanwhile.
        less = any(now < then for name, counters in self.before.counters.items()
                   for now, then in zip(state.counters[name], counters))
        lost = less and not any("counters-lost=" in line for line in [*log.lines, run.said.decode(errors="replace")])
        self.tally["counters"] += lost
        return lost

    def inject(self, injection):
        run, faults, state = self.disturb(injection)
        label = plan.label(self.operation.name, injection)
        if self.count(run, state):
            # Who is killed between the two steps of a commit cannot say so.
            if injection.kind in ("once", "on"):
                faults.append("counters of another's rule lost, and not said")
            elif self.tally["counters"] <= 3:
                say(f"COUNTERS of another's rule lost, {label}")
        if ONLY or plan.chosen("again " + label, SEED, FOLLOWED):
            faults += self.follow(state, run, injection)
        if VERBOSE:
            say(f"DONE {label}: {run.result}")
        if faults:
            self.tally["violations"] += 1
            say(f"VIOLATION {label}: {'; '.join(faults)} {run.result} {run.complained!r}\n"
                  f"    again: FAULTS_ONLY='{label}' tests/faults/faults {self.operation.name}")


class CommandTrial(Trial):
    """The same of the command, which has told a person what it did. It can be taken back."""
    with_roles = staticmethod(plan.with_roles_of_command)

    def learn(self):
        super().learn()
        for fault in self.faults_of_run(self.run, None, self.good):
            say(f"VIOLATION {self.operation.name}: undisturbed: {fault}")
            self.tally["violations"] += 1

    def bound(self, injection):
        return COMMAND_LONGEST

    def faults_of_run(self, run, injection=None, state=None):
        if run.result["closed"] != "1":
            yield "somebody holds stdout or stderr"
        if injection and injection.value == "KILL":
            return
        yield from command.faults_of_telling(run, self.before, state, self.good, injection)
        yield from command.faults_of_status(run, self.before, state, self.good, injection)

    def follow(self, left, run, injection):
        """Undisturbed, until all is done; and what is done can be undone, unless it was said that it cannot be. Rules that
        are not wanted are those of the defaults, for which there was no configuration: they stay until they are undone."""
        lost = b"cannot be noted" in run.complained or command.is_answer(injection)
        self.tally["followed"] += 1
        faults = []
        on = [] if left.ours - self.good.ours and not self.operation.undoes else [([], self.good)]
        back = [] if self.operation.undoes or lost else [(["--undo"], self.before)]
        for options, wanted in on + back:
            run = Run(self.operation).whole(*options)
            reached = State()
            if run.result["end"] != "exit:0":
                faults.append(f"then {options}: {run.result['end']}, {run.said + run.complained!r}")
            if not (dict(reached) == dict(wanted) and reached.ours == wanted.ours and reached.filters == wanted.filters):
                faults.append(f"then {options}: " + differences(reached, wanted))
        return faults


def differences(state, good):
    found = [f"{fact}: {value} instead of {good[fact]}" for fact, value in state.items() if value != good[fact]]
    held = good.forwards - state.forwards
    found += [f"held: {held}"] if held else []
    for what in ("ours", "filters"):
        if getattr(state, what) != getattr(good, what):
            found.append(f"{what}: {getattr(state, what)} instead of {getattr(good, what)}")
    return "; ".join(found)


def environment(name, default):
    return int(os.environ.get(name) or default)


VERBOSE = environment("V", 0)
SEED, SHARE = os.environ["FAULTS_SEED"], environment("FAULTS_SHARE", 1)
LANE, LANES = environment("FAULTS_LANE", 0), environment("FAULTS_LANES", 1)
ONLY = os.environ.get("FAULTS_ONLY")
END = time.monotonic() + environment("FAULTS_SECONDS", 1 << 30)


def planned(operation, calls):
    """In an order of the seed's: if there is not time for all, it is not the last calls that are left out."""
    found = []
    for injection in plan.injections(calls, operation.roles):
        text = plan.label(operation.name, injection)
        if re.fullmatch(ONLY, text) if ONLY else plan.chosen(text, SEED, SHARE, LANE, LANES):
            found.append((plan.number("order " + text, SEED), injection))
    return [injection for _, injection in sorted(found)]


def try_operation(operation, end):
    """Until then at the latest."""
    begin = time.monotonic()
    trial = (CommandTrial if isinstance(operation, Command) else Trial)(operation)
    todo = planned(operation, trial.calls)
    for injection in todo:
        if time.monotonic() > end:
            trial.tally["skipped"] += 1
        elif os.environ.get("FAULTS_PLAN"):
            say("PLANNED " + plan.label(operation.name, injection))
        else:
            trial.inject(injection)
    say(trial.tally.line(operation.name, time.monotonic() - begin), sys.stdout)


def main(wanted):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    todo = [o for o in OPERATIONS if (not wanted or o.name in wanted) and (HAS_CSUM or not o.csum)]
    for done, operation in enumerate(todo):
        # If time is short, each has its share of it.
        now = time.monotonic()
        try_operation(operation, now + (END - now) / (len(todo) - done))


host = Host()
main(sys.argv[1:])
