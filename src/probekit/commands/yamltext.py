"""Values → YAML as people write it: blocks outside, short mappings and lists inside on one line."""

from __future__ import annotations

import json
from typing import TypeAlias

from probekit.frontend.yamlnodes import Scalar, scalar_value
from probekit.source import Span

Data: TypeAlias = "str | int | bool | list[Data] | dict[str, Data]"

_LONGEST_FLOW = 68
_NOWHERE = Span(0, 0, 0, 0)


def yaml_lines(value: Data) -> list[str]:
    """The lines of `value`, which read back as the same."""
    if isinstance(value, dict) and value:
        return [line for key, item in value.items() for line in yaml_entry(key, item)]
    if isinstance(value, list) and value:
        return [line for item in value for line in _behind("- ", yaml_lines(item))]
    return [_flow(value) if isinstance(value, dict | list) else _scalar(value, ":#")]


def yaml_entry(key: str, value: Data) -> list[str]:
    """The lines of `key: value`."""
    name = key if key.isalnum() else _scalar(key, ":#,[]{}")
    if isinstance(value, dict | list):
        flow = f"{name}: {_flow(value)}"
        is_short = all(not isinstance(item, dict | list) for item in _items(value))
        if not is_short or len(flow) > _LONGEST_FLOW:
            return [f"{name}:", *(f"  {line}" for line in yaml_lines(value))]
        return [flow]
    return [f"{name}: {_scalar(value, ':#')}"]


def _items(value: list[Data] | dict[str, Data]) -> list[Data]:
    return list(value.values()) if isinstance(value, dict) else value


def _behind(mark: str, lines: list[str]) -> list[str]:
    first, *rest = lines
    return [mark + first, *(" " * len(mark) + line for line in rest)]


def _flow(value: Data) -> str:
    if isinstance(value, dict):
        pairs = ((key if key.isalnum() else _flow(key), _flow(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value, ":#,[]{}")


def _scalar(value: str | int, marks: str) -> str:
    """Text that YAML would read otherwise stands in quotes; `marks` are what it acts on."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    is_plain = (
        value[:1].isalnum()
        and value.isprintable()
        and value == value.strip()
        and not set(marks) & set(value)
        and isinstance(scalar_value(Scalar(_NOWHERE, value, True, value)), str)
    )
    return value if is_plain else json.dumps(value, ensure_ascii=not value.isprintable())
