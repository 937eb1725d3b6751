# SPDX-License-Identifier: GPL-2.0-or-later
"""What is disturbed: the hooks' operations, those of the command, the policies, the host before each."""
import os
from dataclasses import dataclass, field

# Seconds.
DEADLINE = int(os.environ.get("FAULTS_DEADLINE") or 1)

HOOK = f"[hook]\ndeadline = {DEADLINE}\nlog-level = debug\n"

POLICY = {
    "auto": HOOK,
    "iptables": HOOK + "[checksum]\nmechanism = iptables\n",
    "ethtool": HOOK + "[checksum]\nmechanism = ethtool\n",
    "receiver": HOOK + "[checksum]\nat = receiver\n",
    "stp-off": HOOK + "[bridge]\nhold = stp-off\nbpdu-guard = yes\n",
    "min-delay": HOOK + "[bridge]\nhold = min-delay\n[checksum]\nmechanism = iptables\n",
    "docker": HOOK + "[checksum]\nmechanism = none\n[firewall]\ndocker-user = yes\n",
    "refuse": HOOK + "on-unrepaired = refuse\n[bridge]\nhold = report\n[checksum]\nmechanism = none\n",
}

# Of whom calls are disturbed. What a hook does until it has read its configuration is the same at each operation.
BEGIN = ("launcher", "loader")
REST = ("guard", "worker", "log")
BACKGROUND = ("background",)
COMMAND = ("loading", "command", "libvirt")


@dataclass(frozen=True)
class Operation:
    name: str
    hook: str
    operation: str
    xml: str  # a file that tests/faults/faults makes
    policy: str = "auto"
    roles: tuple = REST
    ports: tuple = ("vnet1", "vnet2")  # that are ports of bridges before
    delay: int = 1500  # of these
    first: tuple = field(default=())  # what has to have been done before
    plugs: bool = False  # vnet3 becomes a port meanwhile
    csum: bool = False  # needs act_csum
    nft: bool = False  # Docker's rules are those of iptables-nft

    @property
    def program(self):
        return f"/usr/sbin/virt-netboot-{self.hook}-hook"

    @property
    def arguments(self):
        end = self.operation in ("stopped", "release")
        return ["slow" if self.hook == "network" else "web", self.operation, "end" if end else "begin", "-"]


@dataclass(frozen=True)
class Command(Operation):
    """virt-netboot repair, or --undo of what it has done."""
    undoes: bool = False
    program = os.environ["HOOKS"] + "/virt-netboot"

    @property
    def arguments(self):
        return ["repair", "--undo"] if self.undoes else ["repair"]


def network(name, *rest, **options):
    return Operation(name, "network", *rest, **options)


def qemu(name, *rest, **options):
    return Operation(name, "qemu", *rest, **options)


STARTED = network("started", "started", "network", roles=BEGIN + REST)
START_DOCKER = qemu("start-docker", "start", "one", "docker")
START_NFT = qemu("start-docker-nft", "start", "one", "docker", nft=True)
START = qemu("start", "start", "three", "iptables", roles=BEGIN + REST)

# Nobody waits for them as libvirtd would.
REPAIR = Command("repair", "", "", "three", "iptables", roles=COMMAND)
REPAIR_NFT = Command("repair-docker-nft", "", "", "one", "docker", roles=COMMAND, nft=True)

# What is nothing to a hook ends before there is a guard.
IGNORED = [qemu("qemu-" + name, name, "one", roles=("launcher",)) for name in ("started", "stopped", "attach", "unknown")]

OPERATIONS = [
    STARTED,
    network("network-start", "start", "network"),
    network("updated-min-delay", "updated", "network", "min-delay"),
    network("port-created", "port-created", "port"),
    network("port-deleted", "port-deleted", "port", ports=(), first=(START,)),
    network("network-stopped", "stopped", "network", ports=(), first=(STARTED,)),
    START,
    qemu("prepare", "prepare", "one-inactive", "iptables"),
    qemu("prepare-stp-off", "prepare", "one-inactive", "stp-off"),
    qemu("prepare-min-delay", "prepare", "one-inactive", "min-delay"),
    qemu("prepare-refuse", "prepare", "one-inactive", "refuse"),
    qemu("start-refuse", "start", "one", "refuse"),
    qemu("start-ethtool", "start", "three", "ethtool"),
    qemu("reconnect", "reconnect", "three"),
    qemu("start-receiver", "start", "three", "receiver", csum=True),
    qemu("migrate", "migrate", "three-inactive", "ethtool"),
    qemu("restore", "restore", "three-inactive", "ethtool"),
    qemu("release", "release", "three-inactive", ports=(), first=(START,)),
    START_DOCKER,
    qemu("release-docker", "release", "one-inactive", "docker", ports=(), first=(START_DOCKER,)),
    START_NFT,
    qemu("release-docker-nft", "release", "one-inactive", "docker", ports=(), first=(START_NFT,), nft=True),
    REPAIR,
    Command("undo", "", "", "three", "iptables", roles=COMMAND, first=(REPAIR,), undoes=True),
    REPAIR_NFT,
    Command("undo-docker-nft", "", "", "one", "docker", roles=COMMAND, first=(REPAIR_NFT,), nft=True, undoes=True),
    network("watcher", "port-created", "port-to-come", roles=BACKGROUND, plugs=True),
    qemu("sweep", "start", "three", roles=BACKGROUND, csum=True),
    *IGNORED,
]
