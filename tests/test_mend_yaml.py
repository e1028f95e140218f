"""`check --fix` on text that is no YAML: what is certain is done, and no character is lost."""

from __future__ import annotations

import pytest
from test_mend import BLOCKS, HEAD, MAPS, PROGRAM, found_in, mended, steps

from probekit.source import Source

STOP = "      - stop: true\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("- print: 'don't close {pid}", '- print: "don\'t close {pid}"'),
        ("- print: 'it's a dog's {pid}'", "- print: \"it's a dog's {pid}\""),
        ('- print "called: {pid}"', '- print: "called: {pid}"'),
        ('- print:"called: {pid}"', '- print: "called: {pid}"'),
        ('- print"called: {pid}"', '- print: "called: {pid}"'),
        ("- print: {comm}#{pid}", '- print: "{comm}#{pid}"'),
        ("- let: {n: pid}# x", "- let: {n: pid}  # x"),
    ],
)
def test_steps_are_mended(wrong: str, right: str) -> None:
    assert mended(steps(wrong)) == steps(right)
    assert found_in(Source("spec.yaml", steps(right))) == ()


@pytest.mark.parametrize(
    "line",
    [
        '- print: "a "b" c {pid}',
        "- print: \"called: {pid}'",
        '- print: "a" "b"',
        '- print: "{comm}"#{pid}',
    ],
)
def test_steps_of_unclear_text_are_left(line: str) -> None:
    assert found_in(Source("spec.yaml", steps(line)))
    assert mended(steps(line)) == steps(line)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (MAPS.replace("calls:", "calls"), MAPS),
        (MAPS.replace(": {", ":\n    (").replace("}", ")"), MAPS.replace(": {", ":\n    {")),
        (BLOCKS.replace("calls:\n   ", "calls:"), BLOCKS),
        (MAPS.replace("maps:", "maps:}"), MAPS),
        (MAPS.replace("maps:", "maps\uff1a"), MAPS),
    ],
)
def test_maps_are_mended(wrong: str, right: str) -> None:
    assert mended(HEAD + wrong + PROGRAM + STOP) == HEAD + right + PROGRAM + STOP
