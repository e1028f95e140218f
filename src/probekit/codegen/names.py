"""The one place where a spec's names become C identifiers and BPF names.

Each kind of name has a prefix of its own, so that none meets a keyword, a macro or another kind.
"""

from __future__ import annotations

import re

from probekit.codegen.ccode import CCode

MAX_NAME = 63
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)


def is_identifier(name: str) -> bool:
    """Whether `name` can be a map's, a field's, a param's or a value's name."""
    return IDENTIFIER.fullmatch(name) is not None


def _prefixed(prefix: str, name: str) -> CCode:
    if not is_identifier(name):
        raise ValueError(f"not an identifier: {name!r}")
    return CCode(prefix + name)


def map_name(name: str) -> CCode:
    return _prefixed("m_", name)


def field_name(name: str) -> CCode:
    return _prefixed("f_", name)


def value_name(name: str) -> CCode:
    return _prefixed("v_", name)


def program_name(index: int, event: str) -> CCode:
    """`p0_sys_enter_close`: the first 15 characters are what the kernel shows."""
    return CCode(f"p{index:d}_" + re.sub(r"[^A-Za-z0-9_]", "_", event, flags=re.ASCII)[:MAX_NAME])
