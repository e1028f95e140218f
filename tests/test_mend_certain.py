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


USERS = (
    "maps:\n  users: {type: hash, key: {uid: u32, comm: char(16)}, value: {calls: u64, bytes: u64},"
    " max_entries: 4}\n"
)
UPDATE = "- update: users\n  key: {uid: uid, comm: comm}\n  value: {calls: 1, bytes: 2}"
SHOW = "schedules:\n  - every: 1s\n    show: users\n    by: value.bytes\n"
FLOW = (
    "maps:\n  calls: {type: hash, key: u32, value: u64, max_entries: 1000, entries: {1: 65536}}\n"
)
LISTED = FLOW.replace("{1: 65536}", "[{key: 1, value: 65536}]")
MODE = "- update: calls\n  key: pid\n  value: 1\n  mode: create"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (spec(maps=USERS, do=UPDATE.replace("comm:", "cmm:")), spec(maps=USERS, do=UPDATE)),
        (spec(maps=USERS, do=UPDATE.replace("bytes", "byte")), spec(maps=USERS, do=UPDATE)),
        (spec(maps=USERS, do=UPDATE, end=SHOW.replace("value.", "")),
         spec(maps=USERS, do=UPDATE, end=SHOW)),
        (spec(maps=FLOW.replace("1000", "1,000")), spec(maps=FLOW)),
        (spec(maps=FLOW.replace("65536", "65,536")), spec(maps=FLOW)),
        (spec(maps=LISTED.replace("value: 6", "valu: 6")), spec(maps=LISTED)),
        (spec(do=MODE.replace("create", "[create]")), spec(do=MODE)),
        (spec(do="- if: ars.fd == 1\n  then: [{stop: true}]"),
         spec(do="- if: args.fd == 1\n  then: [{stop: true}]")),
        (spec(end="schedules:\n  - every: |\n      1 s\n    show: calls\n"),
         spec(end="schedules:\n  - every: |\n      1s\n    show: calls\n")),
        (spec(head="params:\n  who: {type: string, default: averyveryverylongname}\n"),
         spec(head="params:\n  who: {type: char(22), default: averyveryverylongname}\n")),
    ],
)  # fmt: skip
def test_names_and_numbers(wrong: str, right: str) -> None:
    assert mended(wrong) == right
    assert found_in(Source("spec.yaml", right)) == ()


@pytest.mark.parametrize(
    "text",
    [
        spec(maps=USERS, do=UPDATE.replace("comm: comm", "comm: comm, pid: pid")),
        spec(maps=USERS, do=UPDATE.replace("comm: comm", "pidd: comm")),
        spec(do=MODE.replace("create", "[create, exist]")),
        spec(do=MODE.replace(" create", "\n    - create  # new ones only")),
        spec(maps="maps:\n  calls: {type: ringbuff, key: u32, value: u64, max_entries: 4}\n"),
        spec(maps="maps:\n  calls: {type: hash, key: ipv, value: u64, max_entries: 4}\n"),
        spec(head='params:\n  small: {type: u8, default: "300"}\n'),
    ],
)
def test_what_is_near_and_not_certain(text: str) -> None:
    assert found_in(Source("spec.yaml", text))
    assert mended(text) == text
