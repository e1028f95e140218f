"""What maps take, by the kernel's own account."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from running import Runner

from probekit.ir import Map
from probekit.kernel import bpf
from probekit.maps import MAP_KINDS
from probekit.runtime.memory import map_bytes
from probekit.source import Span
from probekit.types import U32, U64, CharType, Type

pytestmark = pytest.mark.kernel

_KERNEL_TYPES = {"hash": 1, "array": 2, "percpu_array": 6, "lru_hash": 9}  # enum bpf_map_type


@pytest.mark.parametrize(
    ("kind", "key", "value", "max_entries"),
    [
        ("hash", U32, U64, 100_000),
        ("hash", CharType(20), CharType(200), 10_000),
        ("lru_hash", U64, U64, 50_000),
        ("array", U32, U64, 100_000),
        ("array", U32, CharType(13), 100_000),
        ("percpu_array", U32, U64, 50_000),
    ],
)
def test_the_estimate_is_near_what_the_kernel_says(
    kind: str, key: Type, value: Type, max_entries: int
) -> None:
    span = Span.point(1, 1)
    target = Map("m", MAP_KINDS[kind], key, value, max_entries, (), span, span)
    fd = bpf.map_create(_KERNEL_TYPES[kind], key.size, value.size, max_entries)
    try:
        text = Path(f"/proc/self/fdinfo/{fd}").read_text()
    finally:
        os.close(fd)
    match = re.search(r"^memlock:\t(\d+)", text, re.MULTILINE)
    assert match
    assert int(match.group(1)) == pytest.approx(map_bytes(target, bpf.possible_cpus()), rel=0.25)


def test_a_map_larger_than_the_hosts_memory_is_refused_before_it_is_created(
    probekit: Runner,
) -> None:
    spec = probekit.spec(
        """
name: huge
maps:
  huge:
    type: percpu_array
    key: u32
    value: u64
    max_entries: 4000000000
programs:
  - {tracepoint: syscalls/sys_enter_getpgid, when: pid == 0, do: [{stop: true}]}
"""
    )
    outcome = probekit.apply(spec, "--for", "0s")
    assert outcome.code == 3
    assert "error[map-too-large]: the map `huge` needs about" in outcome.err
    assert "spec.yaml:9:18" in outcome.err
