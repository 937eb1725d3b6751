# SPDX-License-Identifier: GPL-2.0-or-later
"""From the calls that an operation makes to what is done to them.

An error is plausible if the kernel can give it to this call as we use it. Left out is what cannot be: close(2) closes
whatever it says, wait4(2) is asked not to wait, rt_sigaction(2) and fcntl(F_GETFD) fail for bad arguments only, and
what has no error at all. What happens before main() is the dynamic linker's, which ends with 127 where it lacks memory
for libc itself: nothing of ours has begun then, and the same would be true of /bin/sh. Of the command, neither is what
loads the libraries of libvirt and their constructors, which end the program where they lack memory.

An allocation is a call that no kernel has: tests/tools/no-memory.c makes it."""
import errno
import re
import subprocess
import zlib
from collections import namedtuple

# kind: once, on (from here on), before, after (a signal); value: an errno's or signal's name
Injection = namedtuple("Injection", "process call nth kind value role")
Call = namedtuple("Call", "process parent name nth arguments")

SIGNALS = {"KILL": 9, "SEGV": 11, "STOP": 19}

ERRORS = {
    "brk": "ENOMEM", "mmap": "ENOMEM", "mprotect": "ENOMEM", "mremap": "ENOMEM", "munmap": "ENOMEM",
    "openat": "ENOENT EACCES EMFILE ENOMEM EINTR EIO", "open": "ENOENT EACCES EMFILE ENOMEM EINTR EIO",
    "read": "EIO EINTR EAGAIN", "pread64": "EIO EINTR", "write": "EIO ENOSPC EINTR EPIPE", "pwrite64": "ENOSPC EIO EINTR",
    "fstat": "EIO ENOMEM", "fstatfs": "EACCES ENOMEM", "newfstatat": "ENOENT EACCES ENOMEM EIO", "stat": "ENOENT EACCES ENOMEM", "statx": "ENOENT EACCES",
    "access": "ENOENT EACCES", "readlink": "ENOENT EACCES", "getdents64": "EIO ENOMEM", "lseek": "ESPIPE",
    "mkdir": "ENOSPC EACCES EROFS ENOMEM", "unlink": "EACCES EROFS", "rename": "ENOSPC EACCES",
    "flock": "EINTR ENOLCK", "ftruncate": "EIO EINTR", "dup2": "EMFILE EINTR EBUSY", "dup": "EMFILE",
    "pipe2": "EMFILE ENFILE", "close_range": "ENOSYS ENOMEM EMFILE",
    "socket": "EMFILE ENOBUFS ENOMEM EACCES EAFNOSUPPORT EPROTONOSUPPORT", "bind": "EPERM EADDRINUSE ENOMEM",
    "connect": "ECONNREFUSED ENOENT EAGAIN EINTR EACCES", "getsockname": "ENOBUFS",
    "setsockopt": "ENOMEM EPERM EAGAIN EINVAL", "getsockopt": "ENOMEM EPERM EAGAIN ENOENT",
    "sendmsg": "ENOBUFS EPERM EINTR EAGAIN ENOMEM", "sendto": "ENOBUFS EPERM EINTR EAGAIN ECONNREFUSED",
    "recvmsg": "ENOBUFS EINTR EAGAIN ENOMEM", "recvfrom": "ENOBUFS EINTR EAGAIN ENOMEM",
    "poll": "EINTR ENOMEM", "ppoll": "EINTR ENOMEM", "ioctl": "EPERM ENODEV EOPNOTSUPP ENOMEM",
    "clone": "EAGAIN ENOMEM", "clone3": "EAGAIN ENOMEM ENOSYS", "fork": "EAGAIN ENOMEM", "vfork": "EAGAIN ENOMEM",
    "rt_sigtimedwait": "EAGAIN EINTR", "clock_nanosleep": "EINTR", "kill": "EPERM ESRCH", "prctl": "EPERM",
    "setpriority": "EPERM EACCES", "sched_setscheduler": "EPERM", "setsid": "EPERM", "prlimit64": "EPERM",
    "getrandom": "EINTR ENOSYS", "allocation": "ENOMEM",
}

# tests/tools/no-memory.c has the same.
ALLOCATION = 511

# By the command, which is the second argument; the others fail for bad arguments only.
FCNTL_ERRORS = {
    0: "EMFILE", 4: "EPERM", 37: "EAGAIN ENOLCK", 38: "EINTR ENOLCK EDEADLK", 1030: "EMFILE", 1031: "EPERM ENOMEM EBUSY",
}

MEMORY = {"brk", "mmap", "mprotect", "mremap", "munmap"}

# What changes nothing outside of its process: to be killed before or after it is to be killed before the next of others.
INNER = MEMORY | {
    "madvise", "getpid", "getppid", "geteuid", "getpriority", "fstat", "rt_sigprocmask", "sched_getscheduler",
    "sched_get_priority_min", "uname", "lseek", "getsockname", "clock_gettime", "futex", "allocation"}


def call_numbers():
    """The names of system calls, by number, as the compiler knows them."""
    text = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"], check=True,
                          capture_output=True, text=True).stdout
    found = {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", text)}
    return {**found, ALLOCATION: "allocation"}


def read_calls(path, names):
    with open(path, encoding="ascii") as file:
        for line in file:
            process, parent, number, nth, *arguments = (int(word) for word in line.split())
            yield Call(process, parent, names.get(number, str(number)), nth, arguments)


def with_roles(calls):
    """(role, call) of each; None for what is the dynamic linker's, before main()."""
    begun = forked = configured = False
    for call in calls:
        if call.process == 0:
            begun = begun or call.name in ("rt_sigaction", "exit_group")
            role = ("guard" if forked else "launcher") if begun else None
            forked = forked or (begun and call.name in ("clone", "clone3", "fork", "vfork"))
        elif call.process == 1:
            # The deadline of the configuration is told to the guard.
            role = "worker" if configured else "loader"
            configured = configured or call.name == "kill"
        else:
            role = "log" if call.parent == 0 else "background"
        yield role, call


def with_roles_of_command(calls):
    """The same of the command: what libvirt's library does, a file here, is in threads."""
    begun = loaded = False
    for call in calls:
        role = None if call.name != "allocation" else "libvirt"
        if call.process == 0:
            begun = begun or call.name == "rt_sigaction"
            loaded = loaded or call.name == "geteuid"
            role = "command" if loaded else "loading" if begun and call.name != "allocation" else None
        yield role, call


# Those that come to an end.
PASSING = {"EINTR", "EAGAIN"}


def errors(call):
    if call.name == "fcntl":
        text = FCNTL_ERRORS.get(call.arguments[1], "")
    elif call.name == "write" and call.arguments[0] in (1, 2):
        text = "EINTR EPIPE"  # pipes
    else:
        text = ERRORS.get(call.name, "")
    return text.split()


def signals(call, role):
    """(kind, name): in whose place the process is killed, crashes, stops."""
    if call.name in INNER:
        return
    if call.name != "rt_sigaction":
        yield "before", "KILL"
    if call.name != "exit_group":
        yield "after", "KILL"
        if role in ("guard", "worker"):
            yield "after", "SEGV"
        # Each takes until the deadline, which is short once the configuration has been read.
        if role == "log" or (role == "worker" and call.nth % 8 == 1) or (role == "loader" and call.name == "prctl"):
            yield "after", "STOP"


def injections(calls, roles):
    """All for these roles, of (role, call)."""
    for role, call in calls:
        # There each allocation fails by itself, also if the C library has still memory for it. One that cannot extend its
        # heap, and has other memory, may crash (glibc 2.36, sysmalloc()).
        if role not in roles or (role == "command" and call.name in MEMORY) or (role == "loading" and call.name == "brk"):
            continue
        where = call.process, call.name, call.nth
        for name in errors(call):
            yield Injection(*where, "once", name, role)
        for name in [name for name in errors(call) if name not in PASSING][:1]:
            yield Injection(*where, "on", name, role)
        for kind, name in signals(call, role):
            yield Injection(*where, kind, name, role)


def label(operation, injection):
    return f"{operation}: {injection.role} {injection.process} {injection.call} {injection.nth} " \
        f"{injection.kind} {injection.value}"


def number(text, seed):
    """Any, and for the same text and seed the same."""
    return zlib.crc32(f"{seed} {text}".encode())


def chosen(text, seed, share, lane=0, lanes=1):
    """Whether what has that label is one of the share, and this lane's."""
    return number(text, seed) % share == 0 and number("lane " + text, seed) % lanes == lane


def options(injection, numbers):
    """For the program inject."""
    value = SIGNALS.get(injection.value) or getattr(errno, injection.value)
    how = {"once": "-e", "on": "-E", "before": "-b", "after": "-a"}[injection.kind]
    return ["-p", str(injection.process), "-c", str(numbers[injection.call]), "-n", str(injection.nth), how, str(value)]
