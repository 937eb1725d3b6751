# SPDX-License-Identifier: GPL-2.0-or-later
#
# tcx.py DEVICE HOOK VERDICT: until it is killed, a tcx program is at the device, which gives every packet this verdict:
# next, pass or drop. Says "attached" when it is there; ends with 2 on kernels that know no tcx.
import ctypes
import errno
import os
import signal
import socket
import struct
import sys

BPF_PROG_LOAD, BPF_LINK_CREATE = 5, 28
SCHED_CLS = 3
hooks = {"ingress": 46, "egress": 47}
verdicts = {"next": -1, "pass": 0, "drop": 2}

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(120, b"\0"), 120)
    result = libc.syscall(321, command, buffer, 120)
    if result < 0:
        number = ctypes.get_errno()
        print(os.strerror(number), file=sys.stderr)
        sys.exit(2 if number == errno.EINVAL else 1)
    return result


device, hook, verdict = sys.argv[1:]
# r0 = verdict; exit
program = struct.pack("<BBhi", 0xB7, 0, 0, verdicts[verdict]) + struct.pack("<BBhi", 0x95, 0, 0, 0)
instructions = ctypes.create_string_buffer(program)
license = ctypes.create_string_buffer(b"GPL")
loaded = bpf(
    BPF_PROG_LOAD,
    struct.pack("<IIQQ", SCHED_CLS, 2, ctypes.addressof(instructions), ctypes.addressof(license)),
)
link = bpf(BPF_LINK_CREATE, struct.pack("<IIII", loaded, socket.if_nametoindex(device), hooks[hook], 0))
print("attached", flush=True)
signal.pause()
