# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the kernel's own table "mangle" as an input for fuzz_legacy.c: its POSTROUTING and all chains behind, without
what legacy_blob.c adds to each. The argument is ip6tables-legacy or another."""
import ctypes
import socket
import struct
import sys

GET_INFO, GET_ENTRIES = 64, 65
POST_ROUTING = 4
VERDICT, HEAD = 40, 64  # the sizes of targets

ip6 = sys.argv[1].startswith("ip6")
libc = ctypes.CDLL(None, use_errno=True)
sock = socket.socket(socket.AF_INET6 if ip6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
header = 168 if ip6 else 112  # sizeof(struct ip6t_entry), of ipt_entry
offsets = header - 28 if ip6 else header - 24  # of target_offset: nfcache, the two, comefrom, counters


def ask(option, question):
    answer = ctypes.create_string_buffer(question, len(question))
    length = ctypes.c_uint32(len(question))
    level = socket.IPPROTO_IPV6 if ip6 else socket.IPPROTO_IP
    if libc.getsockopt(sock.fileno(), level, option, answer, ctypes.byref(length)) != 0:
        raise OSError(ctypes.get_errno(), "getsockopt")
    return answer.raw


info = ask(GET_INFO, b"mangle".ljust(84, b"\0"))
hooks = struct.unpack_from("5I", info, 36)
size = struct.unpack_from("I", info, 80)[0]
table = ask(GET_ENTRIES, b"mangle".ljust(32, b"\0") + struct.pack("=II", size, 0) + bytes(size))[40:]

entries, heads, offset = [], [], hooks[POST_ROUTING]
while offset < size:
    target, length = struct.unpack_from("=HH", table, offset + offsets)
    entry = bytearray(table[offset:offset + length])
    name = bytes(entry[target + 2:target + 31]).rstrip(b"\0")
    entries.append((entry, target, name))
    offset += length
    if name == b"ERROR":
        heads.append(offset)

written = []
for i, (entry, target, name) in enumerate(entries[:-1]):
    if entries[i + 1][2] == b"ERROR" and not name:
        continue  # the chain's end
    verdict = struct.unpack_from("=i", entry, target + 32)[0]
    if not name and verdict >= 0:
        struct.pack_into("=i", entry, target + 32, heads.index(verdict))
    written.append(bytes(entry))
sys.stdout.buffer.write(bytes([ip6]) + b"".join(written))
