#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""refuses.py SCHEMA DOCUMENT...: each document is as the schema says; and the schema refuses what is made of it by one
change: a key that is not known, or a value of another type, in whichever object."""

import copy
import json
import sys

from jsonschema import Draft202012Validator


def no_key_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        sys.exit(f"a key comes twice: {keys}")
    return dict(pairs)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=no_key_twice)


def places(value, path=()):
    """The path of each object and array in a document."""
    if isinstance(value, (dict, list)):
        yield path
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changes(document):
    """Documents with one change each, and what it is."""
    for path in places(document):
        where = at(document, path)
        if isinstance(where, dict):
            changed = copy.deepcopy(document)
            at(changed, path)["unknown"] = 1
            yield changed, f"{path}: a key that is not known"
        for key in where if isinstance(where, dict) else range(len(where)):
            for wrong in (None, [[]]):
                changed = copy.deepcopy(document)
                at(changed, path)[key] = wrong
                yield changed, f"{path} {key}: {wrong}"


def check(validator, path):
    document = read(path)
    errors = [f"{path} {list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(document)]
    if errors:
        sys.exit("\n".join(errors))
    count = 0
    for changed, what in changes(document):
        count += 1
        if validator.is_valid(changed):
            sys.exit(f"{path} {what}: not refused")
    # A key that is required, and is not there.
    for key in validator.schema["required"]:
        changed = copy.deepcopy(document)
        del changed[key]
        if validator.is_valid(changed):
            sys.exit(f"{path} without {key}: not refused")
    if count < 50:
        sys.exit(f"{path}: only {count} changes")


def main():
    schema = read(sys.argv[1])
    Draft202012Validator.check_schema(schema)
    for path in sys.argv[2:]:
        check(Draft202012Validator(schema), path)


main()
