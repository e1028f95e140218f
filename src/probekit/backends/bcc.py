"""The bcc backend: bcc's compiler and its loading of programs, inside the loader child."""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any

from probekit.backends import CSource, Descriptors, LoadFailure
from probekit.resources import template_dir
from probekit.runtime.host import exhausted

_PROGRAM_TYPES = {"tracepoint": "TRACEPOINT"}  # a CProgram's kind → the constant of bcc.BPF

_DEFINE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEFINE_VALUE = re.compile(r"[A-Za-z0-9_]+")

_INSTALL = (
    "install the distribution's bcc (Debian, Ubuntu: `apt install python3-bpfcc`) and run probekit"
    " with the distribution's Python, or in a virtual environment made by"
    " `/usr/bin/python3 -m venv --system-site-packages`"
)
_REINSTALL = (
    "install it anew, and look for a second one beside it (Debian, Ubuntu:"
    " `apt install --reinstall python3-bpfcc libbpfcc`)"
)
# What the dynamic linker says, which ctypes repeats.
_NO_LIBRARY = re.compile(r"(\S+): cannot open shared object file")
_NO_MEMORY = re.compile("failed to map segment|[Cc]annot allocate memory|cannot create shared")


class BccBackend:
    """Compiles with bcc, which creates the maps while it compiles, then loads each program."""

    name = "bcc"

    def load(self, source: CSource) -> Descriptors:
        """As `Backend.load`. Changes the process for good: its environment and directory."""
        _enter_headers()
        bcc = _import_bcc()
        module = _compile(bcc, source)
        return Descriptors(
            programs={p.function: _load(bcc, module, p.function, p.kind) for p in source.programs},
            maps={name: _map_fd(bcc, module, name) for name in source.maps},
        )


def _enter_headers() -> None:
    """Makes the folder with `spec.yaml` what bcc takes for the kernel's source.

    bcc changes to that folder while it compiles. Without the file that it looks for there it
    would turn to the running kernel's headers and to a folder in /tmp that anybody can prepare
    (CVE-2024-2314). Before, it asks for the current directory, which must have a path: the one
    of an unmounted file system has none.
    """
    folder = os.environ["PWD"]
    os.symlink(f"{template_dir()}/c/bcc/include", "include")
    os.stat("include/linux/kconfig.h")
    os.environ["BCC_KERNEL_SOURCE"] = folder
    os.chdir("/")


def _import_bcc() -> Any:
    try:
        bcc = importlib.import_module("bcc")
    except MemoryError as error:
        raise _out_of_memory() from error
    except Exception as error:
        raise _not_imported(error) from error
    if not hasattr(bcc, "BPF"):
        place = bcc.__file__ or ", ".join(bcc.__path__)  # a folder alone is a package, too
        message = f"{place} is not the BPF Compiler Collection: it has no `BPF`"
        help = f"`pip uninstall bcc` (another project that has the same name); {_INSTALL}"
        raise LoadFailure("wrong-bcc", message, help)
    return bcc


def _not_imported(error: Exception) -> LoadFailure:
    """Why there is no bcc. What was raised is printed: the diagnostic's details."""
    import traceback

    if isinstance(error, ModuleNotFoundError) and error.name == "bcc":
        return LoadFailure("no-bcc", f"{sys.executable} finds no bcc", _INSTALL)
    traceback.print_exception(error)
    if _NO_MEMORY.search(str(error)):
        return _out_of_memory()
    missing = _NO_LIBRARY.match(str(error))
    if missing:
        why = f"its library `{missing[1]}` is not there"
    elif isinstance(error, AttributeError):  # ctypes finds no such function
        why = "its library is of another version"
    else:
        why = f"importing it{_from_where()} ends in {type(error).__name__}"
    return LoadFailure("broken-bcc", f"bcc cannot be used: {why}", _REINSTALL)


def _from_where() -> str:
    from importlib.util import find_spec

    found = find_spec("bcc")
    return f" from {found.origin}" if found and found.origin else ""


def _out_of_memory() -> LoadFailure:
    found = exhausted(MemoryError())
    return LoadFailure(found.code, found.message, found.help)


def _compile(bcc: Any, source: CSource) -> Any:
    flags = [_define(name, value) for name, value in source.defines]
    try:
        return bcc.BPF(text=source.text.encode(), cflags=flags)
    except Exception as error:  # bcc has no class of its own for anything
        raise LoadFailure("compile", str(error)) from error


def _define(name: str, value: str) -> str:
    if not (_DEFINE_NAME.fullmatch(name) and _DEFINE_VALUE.fullmatch(value)):
        raise ValueError(f"not a macro: {name!r}, {value!r}")
    return f"-D{name}={value}"


def _load(bcc: Any, module: Any, function: str, kind: str) -> int:
    program_type = getattr(bcc.BPF, _PROGRAM_TYPES[kind])
    try:
        fd: int = module.load_func(function.encode(), program_type).fd
    except Exception as error:
        raise LoadFailure("load", str(error), function=function) from error
    return fd


def _map_fd(bcc: Any, module: Any, name: str) -> int:
    # Not `module[name]`: it also makes ctypes classes for keys and values, and cannot for all.
    fd: int = bcc.lib.bpf_table_fd(module.module, name.encode())
    if fd < 0:
        raise ValueError(f"no map {name!r} in the C")
    return fd
