"""A spec file that is not there: what was meant; read on the way to an error only."""

from __future__ import annotations

import os
import re

from probekit.nearest import listed, nearest

_SETTING = re.compile(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)


def meant_file(name: str) -> str:
    """A help: a setting without its option, the nearest spec of the folder, or those it has."""
    if _SETTING.fullmatch(name):
        return f"to set a param write `--set {name}`"
    if os.path.islink(name):
        return f"it is a link to `{os.readlink(name)}`, which is not there"
    folder, base = os.path.split(name)
    try:
        known = [one for one in os.listdir(folder or ".") if one.endswith((".yaml", ".yml"))]
    except OSError:
        return ""
    near = nearest(base, known)
    if near is not None:
        return f"did you mean `{os.path.join(folder, near)}`?"
    return f"the folder has {listed(sorted(known))}" if known else ""
