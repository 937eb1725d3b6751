#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-schema.py DOCUMENT: what `virt-netboot check --format json` printed is as docs/check.schema.json says; and the
schema refuses each of the documents that are made of it by one change. The document needs a check of the host, a
bridge and a finding."""

import copy
import json
import os
import sys

from jsonschema import Draft202012Validator

SCHEMA = os.path.join(os.path.dirname(__file__), "../../docs/check.schema.json")


def no_key_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        sys.exit(f"a key comes twice: {keys}")
    return dict(pairs)


def first(document, wanted):
    return next(check for check in document["checks"] if wanted(check))


def is_host(check):
    return check["level"] == "host"


def is_bridge(check):
    return check["level"] == "bridge"


def has_finding(check):
    return "finding" in check


def change(where, key, value):
    """A function that changes a document; @where finds the object in it."""

    def apply(document):
        where(document)[key] = value

    return apply


def remove(where, key):
    def apply(document):
        del where(document)[key]

    return apply


def top(document):
    return document


def summary(document):
    return document["summary"]


def bridge(document):
    return document["bridges"][0]


def host_check(document):
    return first(document, is_host)


def bridge_check(document):
    return first(document, is_bridge)


def finding(document):
    return first(document, has_finding)["finding"]


CHANGES = [
    *(change(where, "unknown", 1) for where in (top, summary, bridge, host_check, finding)),
    *(remove(top, key) for key in ("version", "program", "time", "duration_seconds", "summary", "checks", "bridges")),
    *(remove(summary, key) for key in ("pass", "note", "warn", "fail", "incomplete")),
    *(remove(bridge, key) for key in ("name", "hold_seconds", "stp_root")),
    *(remove(bridge_check, key) for key in ("level", "object", "id", "what", "result")),
    *(remove(finding, key) for key in ("slug", "severity")),
    change(top, "version", 2),
    change(top, "version", "1"),
    change(top, "program", "virt-netboot"),
    change(top, "time", "2026-11-30 17:46:18"),
    change(top, "time", 1796060000),
    change(top, "duration_seconds", -1),
    change(top, "duration_seconds", "1"),
    change(top, "checks", {}),
    change(summary, "fail", 1.5),
    change(summary, "fail", -1),
    change(bridge, "name", ""),
    change(bridge, "hold_seconds", None),
    change(bridge, "stp_root", 1),
    change(host_check, "object", "br0"),
    change(host_check, "level", "port"),
    change(host_check, "result", "PASS"),
    change(host_check, "id", "Host"),
    change(bridge_check, "object", None),
    change(bridge_check, "interface", "vnet0"),
    change(finding, "severity", "fatal"),
    change(finding, "slug", "bridge hold"),
]


def main():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file, object_pairs_hook=no_key_twice)
    errors = [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(document)]
    if errors:
        sys.exit("\n".join(errors))
    for number, apply in enumerate(CHANGES):
        changed = copy.deepcopy(document)
        apply(changed)
        if validator.is_valid(changed):
            sys.exit(f"change {number} of {len(CHANGES)} is not refused")


main()
