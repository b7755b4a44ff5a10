#!/usr/bin/env python3
"""Runs a command with the system calls that a systemd unit leaves it, where there is no systemd to run the unit:

    under_unit.py UNIT COMMAND...

Needs systemd-analyze, which knows what the groups of system calls hold, and libseccomp.
"""

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

# seccomp.h of libseccomp.
ALLOW = 0x7FFF0000
FAIL = 0x00050000 | errno.EPERM


def named_in(unit):
    """The groups and system calls that the unit allows."""
    lines = Path(unit).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if line.startswith("SystemCallFilter=") for word in line.partition("=")[2].split()]


def expanded(names):
    """The system calls in groups (@system-service), in their groups, and so on."""
    for name in names:
        if name.startswith("@"):
            listed = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True)
            words = (line.strip() for line in listed.stdout.splitlines()[1:])
            yield from expanded([word for word in words if word and not word.startswith("#")])
        else:
            yield name


def confine(names):
    """Other system calls fail with EPERM from now on, in this process and its children."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(FAIL))
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        # Below zero are those of other processors.
        if number >= 0 and library.seccomp_rule_add(context, ALLOW, number, 0) != 0:
            sys.exit(f"{name}: libseccomp refuses it")
    if library.seccomp_load(context) != 0:
        sys.exit("libseccomp cannot load the filter")


def main():
    if len(sys.argv) < 3:
        sys.exit("expected a unit and a command")
    names = set(expanded(named_in(sys.argv[1])))
    if not names:
        sys.exit(f"{sys.argv[1]}: no SystemCallFilter")
    confine(names)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
