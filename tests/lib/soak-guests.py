# SPDX-License-Identifier: GPL-2.0-or-later
"""soak-guests.py SECONDS RATE BRIDGE XML: guests that start and stop, RATE of each in a second.

Each start makes a tap and plugs it into BRIDGE, as libvirt does, and runs the qemu hook with "prepare" before and
"start" and "started" after that. Of ALIVE guests the oldest stops: its tap goes, and the hook runs with "stopped" and
"release". XML is the document of a guest, in which TAP and MAC stand for its own. Prints what there is, a line of
numbers under names: before the first guest, twenty times at equal distances, and after the last. Ends with 1 if a hook says anything, ends with another status
than 0, or leaves a port that does not forward.
"""
import fcntl
import os
import struct
import subprocess
import sys
import time

SECONDS, RATE, BRIDGE, XML = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3], open(sys.argv[4]).read()
HOOK = "/usr/sbin/virt-netboot-qemu-hook"
ALIVE = 10
SAMPLES = 20
PATIENCE = 20  # seconds until a port has to forward, at most
TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x400454CA, 0x0002, 0x1000, 0x4000
FORWARDING = "3"

ip = subprocess.Popen(["ip", "-batch", "-"], stdin=subprocess.PIPE, text=True)


def ip_command(text):
    """Carried out soon: there is one `ip` for all of them."""
    ip.stdin.write(text + "\n")
    ip.stdin.flush()


def read(path):
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.002)


class Guest:
    def __init__(self, number):
        self.name = f"soak{number}"
        self.mac = "54:00:%02x:%02x:%02x" % (number >> 16 & 255, number >> 8 & 255, number & 255)
        self.xml = XML.replace("TAP", self.name).replace("MAC", "52:" + self.mac)
        self.started = None

    def hook(self, operation, suboperation):
        done = subprocess.run(
            [HOOK, self.name, operation, suboperation, "-"], input=self.xml, text=True, capture_output=True, cwd="/"
        )
        if done.returncode or done.stdout or done.stderr:
            sys.exit(f"{self.name} {operation}: status {done.returncode}: {done.stdout}{done.stderr}")

    def state(self):
        return read(f"/sys/class/net/{self.name}/brport/state")

    def start(self):
        self.hook("prepare", "begin")
        self.tap = open("/dev/net/tun", "r+b", buffering=0)
        flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
        fcntl.ioctl(self.tap, TUNSETIFF, struct.pack("16sH22x", self.name.encode(), flags))
        ip_command(f"link set dev {self.name} address fe:{self.mac}")
        ip_command(f"link set dev {self.name} master {BRIDGE}")
        ip_command(f"link set dev {self.name} up")
        wait_for(f"the port {self.name}", lambda: self.state() not in ("", "0"))
        self.hook("start", "begin")
        self.hook("started", "begin")
        self.started = time.monotonic()

    def stop(self):
        wait_for(f"the port {self.name} to forward", lambda: self.state() == FORWARDING)
        self.tap.close()
        self.hook("stopped", "end")
        self.hook("release", "end")


def lines_of(*command):
    return len(subprocess.run(command, capture_output=True, text=True).stdout.splitlines())


def kilobytes(name):
    for line in read("/proc/meminfo").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])


def our_processes():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.path.samefile(f"/proc/{pid}/exe", HOOK):
                found.append(pid)
        except OSError:
            pass
    return found


def descriptors(pids):
    count = 0
    for pid in pids:
        try:
            count += len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            pass
    return count


def files():
    """Those in /run/virt-netboot, and their kB."""
    count = size = 0
    for folder, _, names in os.walk("/run/virt-netboot"):
        count += len(names)
        size += sum(os.lstat(os.path.join(folder, name)).st_blocks // 2 for name in names)
    return count, size


NAMES = "seconds guests slowest-ms processes descriptors rules qdiscs filters files files-kB slab-kB".split()


def sample(begin, guests, slowest):
    pids = our_processes()
    count, size = files()
    rules = lines_of("iptables-legacy", "-t", "mangle", "-S") + lines_of("ip6tables-legacy", "-t", "mangle", "-S")
    values = (
        int(time.monotonic() - begin), guests, int(slowest * 1000), len(pids), descriptors(pids), rules,
        lines_of("tc", "qdisc", "show"), lines_of("tc", "filter", "show", "dev", BRIDGE, "egress"), count, size,
        kilobytes("SUnreclaim"),
    )
    print(*(f"{value:>{len(name)}}" for name, value in zip(NAMES, values)), flush=True)


def main():
    print(*NAMES)
    begin = due = time.monotonic()
    alive, number, slowest, samples = [], 0, 0.0, 0
    sample(begin, number, slowest)
    while time.monotonic() < begin + SECONDS:
        number += 1
        guest = Guest(number)
        at = time.monotonic()
        guest.start()
        slowest = max(slowest, time.monotonic() - at)
        alive.append(guest)
        if len(alive) > ALIVE:
            alive.pop(0).stop()
        if len(alive) == ALIVE and time.monotonic() >= begin + samples * SECONDS / SAMPLES:
            sample(begin, number, slowest)
            samples = int((time.monotonic() - begin) * SAMPLES / SECONDS) + 1
        due += 1 / RATE
        time.sleep(max(0, due - time.monotonic()))
    for guest in alive:
        guest.stop()
    wait_for("the end of what goes on in the background", lambda: not our_processes())
    sample(begin, number, slowest)
    print(f"{number} guests in {time.monotonic() - begin:.0f} s")


main()
