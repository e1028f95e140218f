"""What a probe can be called, and such a name made of any text."""

from __future__ import annotations

import re

FORM = "a small letter, then small letters, digits, `-` and `_`: at most 63"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)


def is_name(text: str) -> bool:
    """Whether a probe can be called so."""
    return _NAME.fullmatch(text) is not None


def made_of(text: str) -> str:
    """The name that is most like `text`, which may be a file's; empty where nothing is left."""
    base = re.sub(r"\.ya?ml$", "", text.rpartition("/")[2])
    words = re.sub(r"[^a-z0-9_]+", "-", base.lower(), flags=re.ASCII)
    return re.sub(r"^[^a-z]+", "", words)[:63].rstrip("-_")
