"""What `check` says of a spec is what the kernel does with it."""

from __future__ import annotations

import pytest
from running import Runner

from probekit.check.stack import STACK_SIZE

pytestmark = pytest.mark.kernel

WRITES = """
name: limits
maps: {{texts: {{type: hash, key: u32, value: char({size}), max_entries: 4}}}}
programs:
  - tracepoint: sched/sched_process_exec
    do:
      - update: texts
        key: pid
        value: comm
"""


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (STACK_SIZE - 4 - 16, None),
        # The compiler needs a few bytes of its own, which only it knows.
        (STACK_SIZE - 4, "the values of this program need more"),
        (STACK_SIZE - 4 + 1, "a key of 4 bytes and a value of 509 do not fit"),
    ],
)
def test_what_is_refused_by_check_would_be_refused(
    probekit: Runner, size: int, said: str | None
) -> None:
    outcome = probekit.apply(WRITES.format(size=size), "--for", "0s")
    assert outcome.code == int(said is not None)
    assert outcome.err.count("error[stack-exceeded]") == int(said is not None)
    assert said is None or said in outcome.err


def test_a_warning_stops_nothing(probekit: Runner) -> None:
    spec = """
name: doubts
params: {pid: {type: u32, default: 7}}
programs:
  - tracepoint: sched/sched_process_exec
    when: tid >= 0
    do:
      - print: "{pid}"
"""
    outcome = probekit.apply(spec, command=["true"])
    assert outcome.code == 0
    assert outcome.lines == ["7"]
    assert outcome.err.count("warning[hidden-name]") == 1
    assert outcome.err.count("warning[constant-comparison]") == 1
