#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""evil-server.py DEVICE MODE: answers a probe as no server should; in the network namespace of its own machine.

It offers 192.168.66.50, is 192.168.66.1, and answers ARP for that. MODE is what it does:

  garbage      offers with any bytes changed, cut or added, and some whose fields say more than there is
  names        texts with control sequences and bytes that are no UTF-8, in all that a server may name
  flood        300 000 offers to each question, each from another MAC address and another server
  proxies      16 servers that have boot files only, name none, and answer nothing
  endless      TFTP: blocks that never end, as small as they may be
  silence      TFTP: options, and then nothing
  numbers      TFTP: blocks with wrong numbers, never the one that is next
  options      TFTP: options that are none, then blocks
  errors       TFTP: an error whose text controls a terminal
  advertise    DHCPv6 and router advertisements, with any bytes changed
"""

import random
import socket
import struct
import sys

ME, OFFERED = bytes([192, 168, 66, 1]), bytes([192, 168, 66, 50])
MAC = bytes.fromhex("0212345678ff")
EVIL = b"\x1b]0;owned\x07\x1b[2J\r\nvirt-netboot: ok\xff\xfe\xc3(\xe2\x80\xae\"'`$(reboot)\\\n# HELP x{\t"
BLOCK = 1468


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(to_mac, to, ports, data, mac=MAC, source=ME):
    udp = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, source, to)
    return to_mac + mac + b"\x08\0" + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


def option(number, value):
    return bytes([number, min(len(value), 255)]) + value[:255]


def offer(request, file=b"boot.ipxe", name=b"", address=OFFERED, server=ME, more=b""):
    return (
        struct.pack("!BBBB", 2, 1, 6, 0) + request[4:8] + struct.pack("!HH", 0, 0x8000) + bytes(4) + address + server
        + bytes(4) + request[28:44] + name[:64].ljust(64, b"\0") + file[:128].ljust(128, b"\0")
        + bytes.fromhex("63825363") + option(53, b"\2") + option(54, server) + option(51, b"\0\0\x0e\x10")
        + option(1, b"\xff\xff\xff\0") + more + b"\xff"
    )


def broken(data, dice):
    data = bytearray(data)
    for _ in range(dice.randrange(1, 12)):
        data[dice.randrange(len(data))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    how = dice.randrange(4)
    if how == 0:
        data = data[: dice.randrange(14, len(data))]
    elif how == 1:
        data += bytes(dice.randrange(256) for _ in range(dice.randrange(1500 - min(len(data), 1499))))
    return bytes(data[:1514])


class Server:
    def __init__(self, device, mode):
        self.mode = mode
        self.dice = random.Random(4711)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((device, 0))

    def send(self, data):
        try:
            self.socket.send(data)
        except OSError:
            pass

    def answer(self, request, **what):
        sender = {key: what.pop(key) for key in ("mac", "source") if key in what}
        return frame(b"\xff" * 6, b"\xff" * 4, (67, 68), offer(request, **what), **sender)

    def discover(self, request):
        if self.mode == "garbage":
            for _ in range(3000):
                self.send(broken(self.answer(request, more=option(52, b"\3") + option(67, b"x" * 255)), self.dice))
            for length in (0, 1, 239, 240, 300):
                self.send(frame(b"\xff" * 6, b"\xff" * 4, (67, 68), offer(request)[:length]))
            self.send(self.answer(request, more=b"\x43" * 900))
        elif self.mode == "names":
            for i, more in enumerate((b"", option(67, EVIL) + option(66, EVIL), option(60, b"PXEClient" + EVIL))):
                server = bytes([192, 168, 66, 10 + i])
                self.send(self.answer(request, file=EVIL, name=EVIL, server=server, more=more))
            self.send(self.answer(request, file=b"tftp://" + EVIL, server=bytes([192, 168, 66, 20])))
            self.send(self.answer(request, file=b"http://192.168.66.1/" + EVIL, server=bytes([192, 168, 66, 21])))
            self.send(self.answer(request, file=b"../" * 40, server=ME))
        elif self.mode == "flood":
            self.flood(request)
        elif self.mode == "proxies":
            self.send(self.answer(request))
            for i in range(16):
                self.send(self.answer(request, file=b"", address=bytes(4), server=bytes([192, 168, 66, 100 + i]),
                                      more=option(60, b"PXEClient")))
        else:
            self.send(self.answer(request))

    def flood(self, request):
        base = bytearray(self.answer(request))
        at = base.index(b"\x36\x04", 282) + 2
        for count in range(300000):
            base[6:12] = struct.pack("!HI", 0x0200, count)
            base[26:30] = base[62:66] = base[at : at + 4] = struct.pack("!I", 0xC0A80000 + count)
            base[24:26] = bytes(2)
            base[24:26] = struct.pack("!H", checksum(bytes(base[14:34])))
            self.send(bytes(base))

    def tftp(self, data, to_mac, to, port):
        def say(*parts):
            self.send(frame(to_mac, to, (3000, port), b"".join(parts)))

        kind = data[:2]
        if self.mode == "errors":
            say(b"\0\5\0\7", EVIL, b"\0")
        elif self.mode == "silence":
            say(b"\0\6tsize\x0099999\0blksize\x001468\0") if kind == b"\0\1" else None
        elif self.mode == "numbers":
            for number in (0, 2, 3, 65535, 1 << 15):
                say(b"\0\3", struct.pack("!H", number), b"x" * 512)
        elif self.mode == "options":
            for text in (b"blksize\x000\0", b"blksize\x0065464\0", b"tsize\0-1\0", b"tsize\x00999999999999999999999\0",
                         b"\0\0\0", b"blksize", b"x\0" * 600, EVIL + b"\0" + EVIL + b"\0"):
                say(b"\0\6", text)
            say(b"\0\3\0\1", b"end")
        elif self.mode == "endless":
            if kind == b"\0\1":
                say(b"\0\6blksize\x008\0tsize\x0018446744073709551615\0")
            elif kind == b"\0\4":
                say(b"\0\3", struct.pack("!H", (struct.unpack("!H", data[2:4])[0] + 1) & 0xFFFF), b"12345678")
        elif kind == b"\0\1":
            say(b"\0\3\0\1", b"#!ipxe\n")

    def advertise(self, packet):
        """Of IPv6: an answer that is nearly right, many times."""
        source, ports = packet[22:38], struct.unpack("!HH", packet[54:58])
        if packet[20] != 17 or ports != (546, 547):
            return
        asked = packet[62:]
        identity = asked[asked.index(b"\0\1", 4) :][: 4 + asked[asked.index(b"\0\1", 4) + 3]]
        me = bytes.fromhex("fe80000000000000001234fffe5678ff")
        for _ in range(2000):
            url = b"tftp://[fe80::1]/" + EVIL
            data = (b"\2" + asked[1:4] + identity + b"\0\2\0\x0a\0\3\0\1" + MAC
                    + b"\0\3\0\x28\0\0\0\1\0\0\0\0\0\0\0\0\0\5\0\x18" + me[:15] + b"\x77" + b"\0\0\0\x99" * 2
                    + struct.pack("!HH", 59, len(url)) + url)
            udp = struct.pack("!HHHH", 547, 546, 8 + len(data), 0) + data
            whole = packet[6:12] + MAC + b"\x86\xdd\x60\0\0\0" + struct.pack("!HBB", len(udp), 17, 255) + me + source + udp
            self.send(broken(whole, self.dice) if self.dice.randrange(8) else whole)
            router = b"\x86\0\0\0\x40\xc0\0\x1e" + bytes(8) + bytes(self.dice.randrange(256) for _ in range(16))
            whole = packet[6:12] + MAC + b"\x86\xdd\x60\0\0\0" + struct.pack("!HBB", len(router), 58, 255) + me + source + router
            self.send(broken(whole, self.dice))

    def take(self, packet):
        if packet[12:14] == b"\x08\x06" and packet[20:22] == b"\0\1" and packet[38:41] == ME[:3] and packet[38:42] != OFFERED:
            self.send(packet[6:12] + MAC + packet[12:20] + b"\0\2" + MAC + packet[38:42] + packet[22:32])
        elif packet[12:14] == b"\x86\xdd" and self.mode == "advertise":
            self.advertise(packet)
        elif packet[12:14] == b"\x08\0" and packet[23] == 17:
            ports, data = struct.unpack("!HH", packet[34:38]), packet[42:]
            if ports == (68, 67):
                self.discover(data)
            elif ports[1] in (69, 3000):
                self.tftp(data, packet[6:12], packet[26:30], ports[0])


def main():
    server = Server(*sys.argv[1:])
    print("ready", flush=True)
    while True:
        packet, address = server.socket.recvfrom(2048)
        if address[2] != socket.PACKET_OUTGOING:
            server.take(packet)


main()
