"""`check --fix` on what is certain: what it makes of a text, a name, a number or a place."""

from __future__ import annotations

import pytest
from test_mend import found_in, mended, spec

from probekit.source import Source


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('"fd " + args.fd', '"fd {args.fd}"'),
        ('"pid is " + pid + " of " + comm', '"pid is {pid} of {comm}"'),
        ("'fd ' + str(args.fd)", '"fd {args.fd}"'),
        ('"pid is {}".format(pid)', '"pid is {pid}"'),
        ('"{0:>8} is {name}".format(pid, name=comm)', '"{pid:>8} is {comm}"'),
    ],
)
def test_texts_of_parts(wrong: str, right: str) -> None:
    assert mended(spec(do=f"- print: {wrong}")) == spec(do=f"- print: {right}")
    assert mended(spec(do=f"- {{print: {wrong}}}")) == spec(do=f"- {{print: {right}}}")
    assert found_in(Source("spec.yaml", spec(do=f"- print: {right}"))) == ()


@pytest.mark.parametrize(
    "text", ['"fd " + args.fd + 1', '"{}" + comm', '"{}".format(pid, comm)', '"{".format(pid)']
)
def test_texts_of_unclear_parts(text: str) -> None:
    assert mended(spec(do=f"- print: {text}")) == spec(do=f"- print: {text}")
