#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Domains and networks for tests/libvirt/rewrite.sh, and what `virt-netboot rewrite` has to make of them.
#
#     generated-domains.py write FOLDER     FOLDER/domains/*.xml and FOLDER/networks/*.xml
#     generated-domains.py check <PAIRS     a line each: OPTIONS, tab, FILE, tab, what was made of it
#
# Theory of operation
#
# write: each type of interface with each model and each form of <driver>, INTERFACES_PER_DOMAIN of them
# in one domain; then some of these in each layout that a person or a program may give a document. A domain
# holds what is easily damaged, too. How a file's name starts says what is known of it; it is valid by
# libvirt's schemas if that is not "invalid":
#
#     taken-      libvirt takes it
#     refused-    libvirt does not take it, for a reason in refusal()
#     valid-      libvirt makes something else of it each time, or does not read its encoding
#     invalid-    not valid, and no change makes it so
#
# The name of a domain that is there for its layout ends with that; "none" says that nothing in it can be changed.
#
# Nothing is random: each run writes the same files.
#
# check: changes FILE by rules of its own, which were written without a look at the stylesheets, and compares
# trees, comments included; white space between elements does not count. Then all but the <driver> (or
# <bridge>) elements has to be the same byte for byte, unless the layout has several tags in a line. It
# prints what is wrong. Documents that libvirt wrote, as virsh dumpxml shows them, can be compared as well.

import itertools
import os
import re
import sys
import xml.etree.ElementTree as ET

INTERFACES_PER_DOMAIN = 24

# What an interface of each type has; # becomes its number in the domain.
TYPES = {
    "network": "<source network='net#'/>",
    "bridge": "<source bridge='br#'/>",
    "direct": "<source dev='eth#' mode='vepa'/>",
    "ethernet": "<target dev='tap#'/>",
    "user": "",
    "hostdev": "<source><address type='pci' domain='0x0000' bus='0x#' slot='0x00' function='0x1'/></source>",
    "vhostuser": "<source type='unix' path='/tmp/vhost#.sock' mode='client'/>",
    "vdpa": "<source dev='/dev/vhost-vdpa-#'/>",
    "mcast": "<source address='230.0.0.1' port='5558'/>",
    "client": "<source address='192.0.2.1' port='5558'/>",
    "server": "<source address='192.0.2.1' port='5558'/>",
    "udp": "<source address='192.0.2.1' port='5558'><local address='192.0.2.2' port='5559'/></source>",
    "null": "",
}
CHANGEABLE = ("network", "bridge", "direct", "ethernet")

MODELS = ("virtio", "virtio-transitional", "virtio-non-transitional", "e1000", "e1000e", "rtl8139", "")

OFF = dict.fromkeys(("csum", "tso4", "tso6", "ecn", "ufo"), "off")
DRIVERS = (
    "",
    "<driver/>",
    "<driver name='vhost'/>",
    "<driver name='qemu'/>",
    "<driver name='vfio'/>",
    "<driver queues='2'/>",
    "<driver rx_queue_size='512' tx_queue_size='256'/>",
    "<driver txmode='timer'/>",
    "<driver name='vhost' ioeventfd='on' event_idx='off'/>",
    "<driver name='vhost' iommu='on' ats='on' packed='on' page_per_vq='on'/>",
    "<driver rss='on' rss_hash_report='on'/>",
    "<driver name='vhost'><host csum='off' gso='off'/></driver>",
    "<driver queues='2'><!-- two --></driver>",
    "<driver><guest csum='off'/></driver>",
    "<driver name='qemu'><guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/></driver>",
    "<driver name='vhost' queues='2'><guest tso4='off'/></driver>",
    "<driver><guest csum='on' tso6='on' ecn='on'/></driver>",
    "<driver><host csum='off'/><guest tso4='off'/></driver>",
    "<driver queues='2'><guest tso6='off'/><host mrg_rxbuf='off'/></driver>",
    "<driver name='vhost' txmode='iothread' ioeventfd='on' event_idx='on' queues='4' rx_queue_size='256'"
    " packed='off'><host csum='on' tso4='off'/><guest csum='on'/></driver>",
)

# Some interfaces have one of these, too; the second list is for those on bridges.
OTHERS = ("", "<link state='down'/>", "<boot order='#'/>", "<alias name='ua-#'/>", "<rom bar='off'/>")
OTHERS_ON_BRIDGES = OTHERS + (
    "<mtu size='1400'/>",
    "<coalesce><rx><frames max='7'/></rx></coalesce>",
    "<tune><sndbuf>1600</sndbuf></tune>",
    "<vlan><tag id='42'/></vlan><virtualport type='openvswitch'>"
    "<parameters interfaceid='00000000-0000-4000-a000-000000000001'/></virtualport>",
    "<filterref filter='clean-traffic'/>",
    "<bandwidth><inbound average='1000'/></bandwidth>",
)

# What is in a domain besides: text that looks like elements, elements that look like an interface, and
# characters that can be written in more than one way.
BEFORE = """
<title>Gäste &amp; Gäste — 東京 &lt;driver&gt;</title>
<description>a &quot;quoted&quot; 'word', <![CDATA[<interface type='bridge'> & <driver/>]]>, &#228;&#x41;&gt;</description>
<metadata>
<a:one xmlns:a='urn:one' a:text='line&#10;break&#9;tab &amp; &lt; "quotes"'><a:interface type='bridge'><a:model type='virtio'/></a:interface></a:one>
<b:two xmlns:b='urn:two'><domain><devices><interface type='bridge'><source bridge='br1'/><model type='virtio'/></interface></devices></domain><network><name>x</name><bridge/></network></b:two>
<three xmlns='urn:three'><devices><interface type='bridge'><model type='virtio'/><driver name='vhost'/></interface></devices></three>
</metadata>
<memory unit='MiB'>64</memory>
<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
"""
DEVICES = """
<!-- <interface type='bridge'><model type='virtio'/></interface> -->
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target dev='sda' bus='sata'/><readonly/></disk>
<video><model type='virtio'/><driver name='vhostuser'/></video>
"""
AFTER = """
<qemu:commandline><qemu:arg value='-global'/><qemu:arg value='interface="virtio" &amp; driver'/></qemu:commandline>
"""


def interface(number, kind, model, driver):
    """One, with its elements in an order that changes from one to the next."""
    others = OTHERS_ON_BRIDGES if kind == "bridge" else OTHERS
    parts = [f"<mac address='52:54:00:00:00:{number:02x}'/>", TYPES[kind], others[number % len(others)]]
    parts.insert(number % 4, f"<model type='{model}'/>" if model else "")
    parts.insert(number % 5, driver)
    return f"<interface type='{kind}'>{''.join(parts)}</interface>".replace("#", str(number))


def domain(name, number, interfaces):
    """A document in one line, of interfaces as they are."""
    text = f"""<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
<name>{name}</name><uuid>00000000-0000-4000-8000-{number:012x}</uuid>
{BEFORE}<devices>{DEVICES}{''.join(interfaces)}</devices>{AFTER}</domain>"""
    return text.replace("\n", "")


def refusal(kind, model, driver):
    """Why libvirt 9.0 does not take such an interface, or ""."""
    virtio = model.startswith("virtio")
    if kind == "vhostuser" and not virtio:
        return "vhostuser-model"
    if kind == "vdpa" and model not in ("virtio", ""):
        return "vdpa-model"
    if "packed=" in driver and not virtio:
        return "ring-model"
    if kind == "hostdev" and re.search("name='(vhost|qemu)'", driver):
        return "hostdev-driver"
    if kind != "hostdev" and virtio and "name='vfio'" in driver:
        return "vfio"
    return ""


# Networks. libvirt makes the bridge of those in MANAGED.
FORWARDS = {
    "isolated": "",
    "default": "<forward/>",
    "nat": "<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>",
    "route": "<forward mode='route' dev='eth0'/>",
    "open": "<forward mode='open'/>",
    "bridge": "<forward mode='bridge'/>",
    "macvtap": "<forward mode='bridge'><interface dev='eth0'/></forward>",
    "vepa": "<forward mode='vepa'><interface dev='eth0'/></forward>",
    "private": "<forward mode='private'><interface dev='eth0'/></forward>",
    "passthrough": "<forward mode='passthrough'><interface dev='eth0'/></forward>",
    "hostdev": "<forward mode='hostdev' managed='yes'><pf dev='eth0'/></forward>",
}
MANAGED = ("isolated", "default", "nat", "route", "open")
MANAGED_MODES = (None, "nat", "route", "open")
BRIDGES = (
    "",
    "<bridge/>",
    "<bridge name='br#'/>",
    "<bridge name='br#' stp='on' delay='15'/>",
    "<bridge delay='0' stp='off' name='br#'/>",
    "<bridge name='br#' zone='public' macTableManager='libvirt' delay='4'/>",
)


def network(name, number, kind, bridge):
    parts = [f"<name>{name}</name>", f"<uuid>00000000-0000-4000-9000-{number:012x}</uuid>", bridge]
    parts.insert(number % 3, FORWARDS[kind])
    if kind in MANAGED:
        parts.append(f"<mac address='52:54:00:00:00:{number % 256:02x}'/>")
        parts.append("<domain name='bridge'/><ip address='192.0.2.#' prefix='24'/>")
    parts.append("<portgroup name='bridge'/>")
    return f"<network>{''.join(parts)}</network>".replace("#", str(number))


def network_is(kind, bridge):
    """What libvirt does with it."""
    if kind in MANAGED or "name=" not in bridge or (kind, bridge) == ("bridge", "<bridge name='br#'/>"):
        return "taken"
    return "refused"


# Layouts: each makes something else of a document that is one line.
TOKEN = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^>]*>|[^<]+", re.S)


def is_markup(token):
    return token.startswith("<") and not token.startswith("<![")


def is_start(token):
    return re.match("<[^/!?]", token) and not token.endswith("/>")


def lines(document, indent="  ", newline="\n", after=""):
    """Each tag on a line of its own, except next to text."""
    tokens = TOKEN.findall(document)
    text, depth = [tokens[0]], 1
    for before, token in zip(tokens, tokens[1:]):
        ends = token.startswith("</")
        depth -= ends
        if is_markup(before) and is_markup(token) and not (ends and is_start(before)):
            text.append(after + newline + indent * depth)
        text.append(token)
        depth += bool(is_start(token))
    return "".join(text) + newline


def in_tags(document, pattern, replacement):
    def change(token):
        return re.sub(pattern, replacement, token) if re.match("<[^!?]", token) else token

    return "".join(change(token) for token in TOKEN.findall(document))


def double_quotes(document):
    return in_tags(document, "='([^']*)'", lambda found: '="%s"' % found[1].replace('"', "&quot;"))


def before_elements(document, *inserted):
    """What is inserted, in turn, before the tags of interfaces."""
    turn = itertools.cycle(inserted)
    tag = re.compile("<(mac|source|target|model|driver|host|guest|/driver|/interface)\\b")
    return "".join((next(turn) if tag.match(token) else "") + token for token in TOKEN.findall(document))


LAYOUTS = {
    "libvirt": lines,
    "one-line": lambda text: text,
    "double-quotes": lambda text: lines(double_quotes(text)),
    "tabs": lambda text: lines(text, indent="\t"),
    "crlf": lambda text: lines(text, newline="\r\n"),
    "blank-lines": lambda text: lines(text, newline="\n\n", after=" \t"),
    "declaration": lambda text: "<?xml version='1.0' encoding='UTF-8'?>\n" + lines(text),
    "no-newline": lambda text: lines(text).rstrip(),
    "latin-1": lambda text: '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + lines(text),
    "utf-16": lambda text: '<?xml version="1.0" encoding="UTF-16"?>\n' + lines(text),
    "bom": lambda text: "\ufeff" + lines(text),
    "attribute-lines": lambda text: lines(in_tags(text, " (?=[a-z0-9_:]+=)", "\n        ")),
    "spaces": lambda text: lines(in_tags(in_tags(text, "='", " = '"), "/?>$", lambda end: "  " + end[0])),
    "end-tags": lambda text: lines(in_tags(text, "^<([a-z0-9:_]+)(.*)/>$", r"<\1\2></\1>")),
    "comments": lambda text: lines(before_elements(text, "<!-- it's -->", "<!-- <driver name='vhost'/> -->", "<!---->")),
    "cdata": lambda text: lines(text.replace("</metadata>", "<c xmlns='urn:c'><![CDATA[<driver/> &&]]></c></metadata>")),
    "instructions": lambda text: lines(before_elements(text, "<?one?>", "<?two driver?>")),
    "comments-in-line": lambda text: before_elements(text, "<!---->", "<!-- two -->", "<?three?>"),
    "together": lambda text: re.sub(r"\n *(?=<(model|driver|guest)\b)", "", lines(text)),
}
# libvirt reads UTF-8 only.
OTHER_ENCODINGS = ("latin-1", "utf-16")
# There a line that is changed has more than a <driver>, or an empty one comes with it; or, for the last two,
# all is as libxml2 writes it.
SEVERAL_IN_LINE = ("one-line", "blank-lines", "comments-in-line", "together", "attribute-lines", "utf-16")


def encode(text, layout):
    return text.encode(layout if layout in OTHER_ENCODINGS else "utf-8", "xmlcharrefreplace")


# What is valid but different each time libvirt reads it, and what is not valid: interfaces as they are.
WITHOUT_MAC = [
    f"<interface type='bridge'><source bridge='br{number}'/><model type='virtio'/>{driver}</interface>"
    for number, driver in enumerate(DRIVERS)
]
INVALID = {
    "two-drivers": "<source bridge='br1'/><model type='virtio'/><driver name='qemu'/><driver/>",
    "attribute": "<source bridge='br1'/><model type='virtio'/><driver speed='9'/>",
    "name": "<source bridge='br1'/><model type='virtio'/><driver name='other'/>",
    "child": "<source bridge='br1'/><model type='virtio'/><driver><peer csum='off'/></driver>",
    "value": "<source bridge='br1'/><model type='virtio'/><driver><host csum='maybe'/></driver>",
    "source": "<source bridge='br1'><other/></source><model type='virtio'/>",
    "element": "<source bridge='br1'/><model type='virtio'/><other/>",
}


def put(folder, name, text, layout="libvirt"):
    with open(f"{folder}/{name}.xml", "xb") as file:
        file.write(encode(LAYOUTS[layout](text), layout))


def write_products(folder, numbers):
    """Each type with each model and each driver."""
    groups = {}
    for one in itertools.product(TYPES, MODELS, DRIVERS):
        groups.setdefault(refusal(*one), []).append(one)
    for reason, members in sorted(groups.items()):
        for start in range(0, len(members), INTERFACES_PER_DOMAIN):
            name = f"{'refused-' + reason if reason else 'taken'}-{start:04}"
            some = members[start : start + INTERFACES_PER_DOMAIN]
            put(folder, name, domain(name, next(numbers), [interface(i, *one) for i, one in enumerate(some, 1)]))


def write_layouts(folder, numbers):
    some = [one for one in zip(itertools.cycle(CHANGEABLE), itertools.cycle(MODELS[:3]), DRIVERS) if not refusal(*one)]
    none = [("bridge", "e1000", ""), ("network", "", "<driver queues='2'/>"), ("user", "virtio", "")]
    for layout in LAYOUTS:
        for what, chosen in ("some", some + none), ("none", none):
            name = f"{'valid' if layout in OTHER_ENCODINGS else 'taken'}-{what}-{layout}"
            text = domain(name, next(numbers), [interface(i, *one) for i, one in enumerate(chosen, 1)])
            put(folder, name, text, layout)


def write_domains(folder):
    numbers = itertools.count(1)
    write_products(folder, numbers)
    write_layouts(folder, numbers)
    put(folder, "valid-without-mac", domain("without-mac", next(numbers), WITHOUT_MAC))
    for name, elements in INVALID.items():
        text = domain(name, next(numbers), [f"<interface type='bridge'>{elements}</interface>"])
        put(folder, f"invalid-{name}", text)


def write_networks(folder):
    numbers = itertools.count(1)
    layouts = ("libvirt", "one-line", "double-quotes", "crlf")
    for kind, (form, bridge), layout in itertools.product(FORWARDS, enumerate(BRIDGES), layouts):
        name = f"{kind}-{form}-{layout}"
        text = network(name, next(numbers), kind, bridge)
        put(folder, f"{network_is(kind, bridge)}-{name}", text, layout)


def write(folder):
    for kind, write_all in ("domains", write_domains), ("networks", write_networks):
        os.makedirs(f"{folder}/{kind}")
        write_all(f"{folder}/{kind}")


# What is wanted of the command.
def wants(options):
    """The options as a dictionary: what was given, and its values."""
    given = {}
    words = iter(options.split())
    for word in words:
        values = given.setdefault(word, [])
        if word in ("--interface", "--stp", "--delay"):
            values.append(next(words))
    return given


def change_interface(element, given):
    model, driver = element.find("model"), element.find("driver")
    guest = None if driver is None else driver.find("guest")
    name = None if driver is None else driver.get("name")
    if element.get("type") not in CHANGEABLE or model is None or not model.get("type").startswith("virtio"):
        return
    if name not in (None, "vhost", "qemu"):
        return
    called = [found.get("address").lower() for found in element.findall("mac")]
    for source in element.findall("source"):
        called += [source.get(key) for key in ("network", "bridge", "dev")]
    chosen = any(one in called or one.lower() in called for one in given.get("--interface", []))
    all_are = "--interface" not in given
    off = guest is not None and guest.get("csum") == "off"
    to_qemu = "--driver-qemu" in given and name != "qemu" and (chosen or all_are and not off)
    to_off = "--guest-csum-off" in given and not off and (chosen or all_are)
    if driver is None and (to_qemu or to_off):
        driver = ET.Element("driver")
        element.insert(list(element).index(model) + 1, driver)
    if to_qemu:
        driver.set("name", "qemu")
    if to_off:
        guest = ET.SubElement(driver, "guest") if guest is None else guest
        guest.attrib.update(OFF)


def change_network(element, given):
    forward, bridge = element.find("forward"), element.find("bridge")
    if (None if forward is None else forward.get("mode", "nat")) not in MANAGED_MODES:
        return
    values = {key[2:]: given[key][0] for key in ("--stp", "--delay") if key in given}
    if values and bridge is None:
        bridge = ET.Element("bridge")
        element.insert(list(element).index(element.find("name")) + 1, bridge)
    if values:
        bridge.attrib.update(values)


def change(root, given):
    for one in [root, *root.findall("domain"), *root.findall("inactiveDomain")]:
        for element in one.findall("devices/interface"):
            change_interface(element, given)
    if root.tag == "network":
        change_network(root, given)


def read(path):
    with open(path, "rb") as file:
        text = file.read()
    builder = ET.TreeBuilder(insert_comments=True, insert_pis=True)
    return text, ET.fromstring(text, ET.XMLParser(target=builder))


def canonical(root):
    """The order of what is in <driver> does not count."""
    for driver in root.findall(".//devices/interface/driver"):
        driver[:] = sorted(driver, key=lambda child: (str(child.tag), child.text or ""))
    return ET.canonicalize(ET.tostring(root), with_comments=True, strip_text=True)


# They may take a whole line, or be at the end of one.
REMOVABLE = rb"(?ms)^[ \t]*<(%b)\b(?:[^>]*/>|.*?</\1\s*>)[ \t]*\r?\n"


def without(text, what):
    return re.sub(REMOVABLE % what, b"", text)


def problem(options, before, after):
    """What is wrong with what was made of one document, or None."""
    text, root = read(before)
    new_text, new_root = read(after)
    old = canonical(root)
    change(root, wants(options))
    wanted, got = canonical(root), canonical(new_root)
    if wanted == old and text != new_text:
        return "nothing is to be changed, but it is not the same byte for byte"
    if wanted != got:
        at = len(os.path.commonprefix([wanted, got]))
        return f"wanted ...{wanted[at - 80 : at + 80]}..., got ...{got[at - 80 : at + 80]}..."
    if before.endswith(tuple(f"-{layout}.xml" for layout in SEVERAL_IN_LINE)):
        return None
    what = b"bridge" if root.tag == "network" else b"driver"
    if without(text, what) != without(new_text, what):
        return f"something else than <{what.decode()}> has changed"
    return None


def check(pairs):
    wrong = 0
    for pair in pairs:
        options, before, after = pair.rstrip("\n").split("\t")
        said = problem(options, before, after)
        if said:
            wrong += 1
            print(f"{options} {os.path.basename(before)}: {said}")
    return wrong > 0


if sys.argv[1:2] == ["write"] and len(sys.argv) == 3:
    write(sys.argv[2])
elif sys.argv[1:] == ["check"]:
    sys.exit(check(sys.stdin))
else:
    sys.exit(f"usage: {sys.argv[0]} write FOLDER | check <PAIRS")
