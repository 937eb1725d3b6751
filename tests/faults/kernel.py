# SPDX-License-Identifier: GPL-2.0-or-later
"""What the hooks may change in the kernel, read and put back without starting a program, which would take longer than
a hook does; but for the tables of iptables-nft. By rtnetlink, the socket options of ip_tables [linux include/uapi/linux/netfilter_ipv4/ip_tables.h], and
ethtool's ioctl."""
import array
import ctypes
import fcntl
import os
import re
import socket
import struct
import subprocess

NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWLINK, RTM_GETLINK, RTM_SETLINK = 16, 18, 19
RTM_DELQDISC, RTM_GETQDISC, RTM_GETTFILTER = 37, 38, 46
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLA_F_NESTED, NLA_TYPE = 0x8000, 0x3fff

IFLA_MASTER, IFLA_PROTINFO, IFLA_LINKINFO = 10, 12, 18
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_SLAVE_DATA = 1, 2, 5
IFLA_BR_FORWARD_DELAY, IFLA_BR_STP_STATE = 1, 5
IFLA_BRPORT_STATE, IFLA_BRPORT_GUARD = 1, 5
TCA_KIND = 1

FORWARDING, HELD = 3, (1, 2)

AF_BRIDGE = 7
IFF_UP = 1
CLSACT, EGRESS, INGRESS = 0xfffffff1, 0xfffffff3, 0xfffffff2

libc = ctypes.CDLL(None, use_errno=True)


def attribute(kind, data):
    return struct.pack("HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def nest(kind, *attributes):
    return attribute(kind | NLA_F_NESTED, b"".join(attributes))


def u32(value):
    return struct.pack("I", value)


def attributes(data):
    """The attributes in data, by kind."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        if length < 4:
            break
        found[kind & NLA_TYPE] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def link(ifindex, body=b"", flags=0, change=0, kind=RTM_NEWLINK, family=0):
    """A request about a link, for Netlink.all()."""
    return kind, struct.pack("BxHiII", family, 0, ifindex, flags, change) + body


def bridge(ifindex, *values):
    return link(ifindex, nest(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, b"bridge"), nest(IFLA_INFO_DATA, *values)))


def stp(ifindex, state):
    return bridge(ifindex, attribute(IFLA_BR_STP_STATE, u32(state)))


def delay(ifindex, hundredths):
    return bridge(ifindex, attribute(IFLA_BR_FORWARD_DELAY, u32(hundredths)))


def master(ifindex, of):
    return link(ifindex, attribute(IFLA_MASTER, u32(of)))


def up(ifindex):
    return link(ifindex, flags=IFF_UP, change=IFF_UP)


def down(ifindex):
    return link(ifindex, change=IFF_UP)


def guard_off(ifindex):
    """No BPDU guard."""
    return link(ifindex, nest(IFLA_PROTINFO, attribute(IFLA_BRPORT_GUARD, b"\0")), kind=RTM_SETLINK, family=AF_BRIDGE)


def no_qdisc(ifindex):
    """Neither clsact nor ingress."""
    return RTM_DELQDISC, struct.pack("BxHiIII", 0, 0, ifindex, 0xffff0000, CLSACT, 0)


class Netlink:
    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.sequence = 0

    def answers(self, kind, body, flags):
        self.sequence += 1
        self.socket.send(struct.pack("IHHII", 16 + len(body), kind, NLM_F_REQUEST | flags, self.sequence, 0) + body)
        while True:
            data = self.socket.recv(1 << 18)
            while data:
                length, kind, _, sequence, _ = struct.unpack_from("IHHII", data)
                if sequence == self.sequence:
                    if kind in (NLMSG_DONE, NLMSG_ERROR):
                        return
                    yield data[16:length]
                    if not flags:
                        return
                data = data[(length + 3) & ~3:]

    def all(self, requests):
        """In this order, whatever becomes of each: what is wanted may be so already."""
        for kind, body in requests:
            list(self.answers(kind, body, NLM_F_ACK))

    def get(self, ifindex):
        """The link's attributes."""
        for answer in self.answers(*link(ifindex, kind=RTM_GETLINK), 0):
            return attributes(answer[16:])
        return {}

    def traffic_control(self, kind, ifindex, parent=0):
        """(handle, parent, info, kind) of the device's qdiscs or filters."""
        request = struct.pack("BxHiIII", 0, 0, ifindex, 0, parent, 0)
        found = []
        for answer in self.answers(kind, request, NLM_F_DUMP):
            _, of, handle, at, info = struct.unpack_from("BxxxiIII", answer)
            if of == ifindex:
                found.append((handle, at, info, attributes(answer[20:]).get(TCA_KIND, b"").rstrip(b"\0").decode()))
        return sorted(found)

    def filters(self, ifindex):
        return [("qdisc", *q) for q in self.traffic_control(RTM_GETQDISC, ifindex)] + \
            [("filter", *f) for at in (INGRESS, EGRESS) for f in self.traffic_control(RTM_GETTFILTER, ifindex, at)]


def unpack(data):
    return int.from_bytes(data, "little")


def bridge_state(attributes_of_link):
    """(stp, forward delay) of a bridge."""
    data = attributes(attributes(attributes_of_link[IFLA_LINKINFO])[IFLA_INFO_DATA])
    return unpack(data[IFLA_BR_STP_STATE]), unpack(data[IFLA_BR_FORWARD_DELAY])


def port_state(attributes_of_link):
    """(bridge, state, BPDU guard) of a port, or of what is none."""
    data = attributes(attributes(attributes_of_link.get(IFLA_LINKINFO, b"")).get(IFLA_INFO_SLAVE_DATA, b""))
    return tuple(unpack(part) for part in (attributes_of_link.get(IFLA_MASTER, b""), data.get(IFLA_BRPORT_STATE, b""),
                                           data.get(IFLA_BRPORT_GUARD, b"")))


class Table:
    """A legacy table of one family."""
    INFO, ENTRIES, REPLACE, ADD_COUNTERS = 64, 65, 64, 65
    SIZE_OF_INFO = 84

    def __init__(self, family, name):
        self.name = name.ljust(32, b"\0")
        six = family == socket.AF_INET6
        self.level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
        self.device_at, self.next_at, self.counters_at = (80, 142, 152) if six else (32, 90, 96)
        self.socket = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def ask(self, option, request):
        buffer = ctypes.create_string_buffer(request, len(request))
        size = ctypes.c_uint32(len(request))
        if libc.getsockopt(self.socket.fileno(), self.level, option, buffer, ctypes.byref(size)) < 0:
            raise OSError(ctypes.get_errno(), "legacy table")
        return buffer.raw

    def tell(self, option, request):
        if libc.setsockopt(self.socket.fileno(), self.level, option, request, len(request)) < 0:
            raise OSError(ctypes.get_errno(), "legacy table")

    def read(self):
        """All of it, for write() and rules()."""
        info = self.ask(self.INFO, self.name.ljust(self.SIZE_OF_INFO, b"\0"))
        size, = struct.unpack_from("I", info, 80)
        return info, self.ask(self.ENTRIES, self.name + struct.pack("I4x", size) + bytes(size))[40:]

    def entries(self, blob):
        at = 0
        while at < len(blob):
            length, = struct.unpack_from("H", blob, at + self.next_at)
            yield blob[at:at + length]
            at += length

    def counters(self, entry):
        return entry[self.counters_at:self.counters_at + 16]

    def rules(self, table):
        """(device, counters, rest) of each entry; chains' policies are entries too."""
        for entry in self.entries(table[1]):
            device = entry[self.device_at:self.device_at + 16].rstrip(b"\0").decode()
            # comefrom, before the counters, is the kernel's own.
            rest = entry[:self.next_at + 2] + entry[self.counters_at + 16:]
            yield device, struct.unpack("QQ", self.counters(entry)), rest

    def write(self, table):
        info, blob = table
        now, = struct.unpack_from("I", self.ask(self.INFO, self.name.ljust(self.SIZE_OF_INFO, b"\0")), 76)
        old = ctypes.create_string_buffer(16 * now)
        hooks, points, count, size = info[32:36], info[36:76], info[76:80], info[80:84]
        self.tell(self.REPLACE, self.name + hooks + count + size + points +
                  struct.pack("=IQ", now, ctypes.addressof(old)) + blob)
        self.tell(self.ADD_COUNTERS, self.name + count + bytes(4) +
                  b"".join(self.counters(entry) for entry in self.entries(blob)))


class NftTable:
    """The same in the tables of iptables-nft, by its programs."""

    def __init__(self, family, name):
        self.program = ("ip6tables" if family == socket.AF_INET6 else "iptables") + "-nft-"
        self.name = name

    def read(self):
        text = subprocess.run([self.program + "save", "-c", "-t", self.name], check=True, capture_output=True, text=True).stdout
        return re.sub("^#.*\n", "", text, flags=re.MULTILINE)

    def rules(self, text):
        for line in text.splitlines():
            device, counters = re.search("-o (\\S+)", line), re.search(r"\[(\d+):(\d+)\] ?", line)
            yield (device[1] if device else "", tuple(map(int, counters.groups())) if counters else (),
                   line.replace(counters[0] if counters else "", "", 1).encode())

    def write(self, text):
        subprocess.run([self.program + "restore", "-c"], check=True, input=text, text=True)


ethtool_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def transmit_checksums(device, value=None):
    """Whether the device takes packets without a checksum; set if there is a value."""
    request = array.array("I", [0x16 if value is None else 0x17, value or 0])
    fcntl.ioctl(ethtool_socket, 0x8946, struct.pack("16sP16x", device.encode(), request.buffer_info()[0]))
    return request[1]


def files(*folders):
    """What is in them, without what is in folders there."""
    return {os.path.join(folder, name) for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)}
