"""A seccomp filter: native code, too, opens no socket, starts no program and changes no file.

Works without privileges on Linux (x86-64 and ARM64); elsewhere the other layers have to do. Layouts are those of
linux/filter.h and linux/seccomp.h, call numbers those of the kernel's tables for each machine.
"""

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_LOAD, _JUMP_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER_MODE = 38, 22, 2

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


@dataclass(frozen=True, slots=True)
class _Machine:
    """`opening` maps calls that open files to the position of their flags; `forbidden` fail always."""

    audit: int
    opening: dict[int, int]
    forbidden: tuple[int, ...]


_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        {2: 1, 257: 2},
        (
            *(41, 42, 43, 44, 46, 49, 50, 53, 56, 57, 58, 59, 62, 76, 82, 83, 84, 85, 86, 87, 88, 90, 92, 94, 101),
            *(132, 133, 161, 165, 166, 235, 258, 259, 260, 261, 263, 264, 265, 266, 268, 272, 280, 288, 307, 308),
            *(311, 316, 321, 322, 425, 435, 437),
        ),
    ),
    "aarch64": _Machine(
        0xC00000B7,
        {56: 2},
        (
            *(33, 34, 35, 36, 37, 38, 39, 40, 45, 51, 53, 54, 88, 97, 117, 129, 198, 199, 200, 201, 202, 203, 206),
            *(211, 220, 221, 242, 268, 269, 271, 276, 280, 281, 425, 435, 437),
        ),
    ),
}


class _Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_system_calls() -> bool:
    """For this process and for good. False where the system has no such filter."""
    machine = _MACHINES.get(platform.machine())
    if machine is None or not sys.platform.startswith("linux"):
        return False
    code = b"".join(
        code.to_bytes(2, sys.byteorder) + bytes((true, false)) + constant.to_bytes(4, sys.byteorder)
        for code, true, false, constant in _instructions(machine)
    )
    program = _Program(len(code) // 8, code)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(prctl(_SET_FILTER, _FILTER_MODE, ctypes.byref(program), 0, 0) == 0)


def _instructions(machine: _Machine) -> Iterator[Instruction]:
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _JUMP_EQUAL, 1, 0, machine.audit
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    yield _JUMP_ANY_BIT, 0, 1, 0x40000000  # another calling convention of the same machine
    yield _RETURN, 0, 0, _ERROR
    for number in machine.forbidden:
        yield _JUMP_EQUAL, 0, 1, number
        yield _RETURN, 0, 0, _ERROR
    for number, position in machine.opening.items():
        yield _JUMP_EQUAL, 0, 4, number
        yield _LOAD, 0, 0, _ARGUMENTS + 8 * position
        yield _JUMP_ANY_BIT, 0, 1, _WRITING
        yield _RETURN, 0, 0, _ERROR
        yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _ALLOW
