"""What expressions and steps compute in the kernel, against a model in Python."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from running import Runner, wait_for_line

pytestmark = pytest.mark.kernel

PYTHON = sys.executable
U64 = 1 << 64

# lseek(2) has an u32, an s64 and an u32: each call here is one pair of operands.
LSEEK = """
import ctypes
lseek = ctypes.CDLL(None).lseek
lseek.argtypes = (ctypes.c_uint, ctypes.c_long, ctypes.c_uint)
for fd, offset in {pairs}:
    lseek(fd, offset, 99)
"""
PAIRS = [
    (0, 0),
    (7, 3),
    (7, -3),
    (3, 7),
    (0xFFFFFFFF, -1),
    (0x80000000, -(1 << 63)),
    (1, (1 << 63) - 1),
    (70, -(1 << 31)),
    (12, 1 << 40),
]


def signed(value: int) -> int:
    return (value + (1 << 63)) % U64 - (1 << 63)


def cut(value: int, bits: int) -> int:
    return value % (1 << bits)


def divide(a: int, b: int) -> int:
    if b == 0:
        return 0
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def modulo(a: int, b: int) -> int:
    return 0 if b == 0 else a - divide(a, b) * b


Model = Callable[[int, int], int]

# `u` is the u32, `s` the s64.
EXPRESSIONS: dict[str, Model] = {
    "u + 1": lambda u, s: u + 1,
    "u - 1": lambda u, s: cut(u - 1, 64),
    "u * u": lambda u, s: cut(u * u, 64),
    "-u": lambda u, s: cut(-u, 64),
    "~u": lambda u, s: cut(~u, 64),
    "u / 3": lambda u, s: u // 3,
    "u % 3": lambda u, s: u % 3,
    "100 / u": lambda u, s: divide(100, u),
    "100 % u": lambda u, s: modulo(100, u),
    "u & 0xf0": lambda u, s: u & 0xF0,
    "u | 1": lambda u, s: u | 1,
    "u ^ 5": lambda u, s: u ^ 5,
    "u << 4": lambda u, s: cut(u << 4, 64),
    "1 << u": lambda u, s: cut(1 << u % 64, 64),
    "u >> 65": lambda u, s: u >> 1,
    "s + 1": lambda u, s: signed(s + 1),
    "s - u": lambda u, s: signed(s - u),
    "s * 3": lambda u, s: signed(s * 3),
    "-s": lambda u, s: signed(-s),
    "~s": lambda u, s: ~s,
    "s / 2": lambda u, s: signed(divide(s, 2)),
    "s % 2": lambda u, s: modulo(s, 2),
    "s / -2": lambda u, s: signed(divide(s, -2)),
    "s / u": lambda u, s: signed(divide(s, u)),
    "s % u": lambda u, s: modulo(s, u),
    "u / s": lambda u, s: signed(divide(u, s)),
    "s >> 3": lambda u, s: s >> 3,
    "s << 3": lambda u, s: signed(s << 3),
    "s << 18446744073709551613": lambda u, s: signed(s << 61),  # taken modulo 64
    "s >> 18446744073709551613": lambda u, s: s >> 61,
    "s >> -3": lambda u, s: s >> 61,
    "s < u": lambda u, s: s < u,
    "u > s": lambda u, s: u > s,
    "s == -1": lambda u, s: s == -1,
    "u64(s) > s": lambda u, s: cut(s, 64) > s,
    "s < u64(s)": lambda u, s: s < cut(s, 64),
    "u64(s) == s": lambda u, s: cut(s, 64) == s,
    "u64(s) != s": lambda u, s: cut(s, 64) != s,
    "u64(s) > -1": lambda u, s: True,
    "s <= 9223372036854775808": lambda u, s: True,
    "0 <= s < 10": lambda u, s: 0 <= s < 10,
    "u in (3, 7)": lambda u, s: u in (3, 7),
    "s not in (3, -3)": lambda u, s: s not in (3, -3),
    "u and s": lambda u, s: bool(u and s),
    "u or s": lambda u, s: bool(u or s),
    "not u": lambda u, s: not u,
    "u > 5 and not s < 0 or u == 3": lambda u, s: (u > 5 and not s < 0) or u == 3,
    "s if u > 5 else u": lambda u, s: s if u > 5 else u,
    "min(u, 5)": lambda u, s: min(u, 5),
    "max(s, 0)": lambda u, s: max(s, 0),
    "min(s, u)": lambda u, s: min(s, u),
    "abs(s)": lambda u, s: abs(s),
    "u8(s)": lambda u, s: cut(s, 8),
    "s8(u)": lambda u, s: (cut(u, 8) + 128) % 256 - 128,
    "s16(s)": lambda u, s: (cut(s, 16) + (1 << 15)) % (1 << 16) - (1 << 15),
    "u32(s)": lambda u, s: cut(s, 32),
    "s32(s)": lambda u, s: (cut(s, 32) + (1 << 31)) % (1 << 32) - (1 << 31),
    "u64(s)": lambda u, s: cut(s, 64),
    "s64(u)": lambda u, s: u,
    "bool(s)": lambda u, s: s != 0,
    "bool(s) + bool(u)": lambda u, s: (s != 0) + (u != 0),
    "(s ^ u) & 0xffff": lambda u, s: cut(s ^ u, 16),
    "u8(u) * 2": lambda u, s: cut(u, 8) * 2,
    "s * s - u": lambda u, s: signed(s * s - u),
}
_SHOWN = {True: "true", False: "false"}


def shown(value: int) -> str:
    return _SHOWN[value] if isinstance(value, bool) else str(value)


def program_of(expressions: list[tuple[int, str]]) -> str:
    """A few at a time: older verifiers give up on programs of too many branches."""
    prints = "\n".join(
        f'      - print: "{index} {{{expression}}}"' for index, expression in expressions
    )
    return f"""
  - tracepoint: syscalls/sys_enter_lseek
    when: args.whence == 99
    do:
      - let: {{u: args.fd, s: args.offset}}
{prints}
"""


def test_expressions_agree_with_the_model(probekit: Runner) -> None:
    numbered = list(enumerate(EXPRESSIONS))
    programs = [program_of(numbered[at : at + 12]) for at in range(0, len(numbered), 12)]
    spec = "name: arithmetic\nprograms:\n" + "".join(programs)
    outcome = probekit.apply(spec, command=[PYTHON, "-c", LSEEK.format(pairs=PAIRS)])
    assert outcome.code == 0, outcome.err
    expected = [
        f"{index} {shown(model(u, s))}"
        for u, s in PAIRS
        for index, model in enumerate(EXPRESSIONS.values())
    ]
    assert _named(outcome.lines) == _named(expected)
    zero_divisions = sum(5 if (u, s) == (0, 0) else 2 * (u == 0) for u, s in PAIRS)
    assert outcome.number("divisions by zero") >= zero_divisions > 0


def _named(lines: list[str]) -> list[str]:
    """With the expression in place of its number, for a readable difference."""
    names = list(EXPRESSIONS)
    return [f"{names[int(line.split()[0])]} = {line.split()[1]}" for line in lines]


TEXT = """
name: text
params: {{wanted: {{type: char(16), default: beta}}}}
maps:
  names: {{type: hash, key: char(16), value: {{comm: char(20), n: u8}}, max_entries: 8}}
programs:
  - tracepoint: syscalls/sys_enter_lseek
    when: args.whence == 99
    do:
      - let: {{name: comm}}
      - let: {{one_of: "comm in ('alpha', 'gamma')"}}
      - print: "{{comm == 'beta'}} {{comm != wanted}} {{one_of}} {{name == comm}}"
      - print: "[{{'long' if comm == 'exactly15chars!' else comm:>16}}]"
      - update: names
        key: comm
        value: {{comm: comm, n: 1}}
      - lookup: names
        key: name
        as: found
      - print: "{{found.comm == name}} {{found.comm}}"
"""


def test_text_is_compared_and_stored_up_to_its_end(probekit: Runner) -> None:
    rename = "libc.prctl(15, {!r}, 0, 0, 0); libc.lseek(0, 0, 99)\n"
    names = [b"alpha", b"beta", b"b", b"betas", b"", b"exactly15chars!"]
    script = "import ctypes; libc = ctypes.CDLL(None)\n" + "".join(map(rename.format, names))
    outcome = probekit.apply(TEXT.format(), command=[PYTHON, "-c", script])
    assert outcome.code == 0, outcome.err
    wanted: list[str] = []
    for raw in names:
        name = raw.decode()
        row = (name == "beta", name != "beta", name in ("alpha", "gamma"), True)
        wanted.append(" ".join(map(shown, row)))
        wanted.append(f"[{'long' if name == 'exactly15chars!' else name:>16}]")
        wanted.append(f"true {name}".rstrip() if name else "true ")
    assert outcome.lines[: len(wanted)] == wanted
    assert "names: 6 of 8 entries" in outcome.out  # equal texts are one key


def test_text_of_the_event_in_several_branches(probekit: Runner) -> None:
    spec = """
name: signals
programs:
  - tracepoint: signal/signal_generate
    when: args.sig == 10
    do:
      - if: args.comm == 'target'
        then: [{print: "{args.comm} {args.pid == pid} {args.sig}"}]
        else: [{print: "other {args.comm} {args.sig}"}]
"""
    script = (
        "import ctypes, os, signal; libc = ctypes.CDLL(None); signal.signal(10, lambda *_: None)\n"
        "for name in (b'target', b'targets', b'x'):\n"
        "    libc.prctl(15, name, 0, 0, 0); os.kill(os.getpid(), 10)"
    )
    outcome = probekit.apply(spec, command=[PYTHON, "-c", script])
    assert outcome.lines == ["target true 10", "other targets 10", "other x 10"]


def test_steps_in_order_with_blocks_and_stops(probekit: Runner) -> None:
    spec = """
name: steps
maps:
  seen: {type: lru_hash, key: u64, value: u32, max_entries: 64}
  per_cpu: {type: percpu_array, key: u32, value: u64, max_entries: 3}
  sum: {type: global, value: u64, entries: [{value: 100}]}
programs:
  - tracepoint: syscalls/sys_enter_lseek
    when: args.whence == 99
    do:
      - let: {offset: u64(args.offset), limit: 5}
      - if: offset > limit
        then:
          - let: {word: "'big'"}
          - print: "{word} {offset}"
          - stop: true
        else:
          - let: {word: "'small'"}
          - print: "{word} {offset}"
      - lookup: seen
        key: offset
        default: 0
        as: times
      - update: seen
        key: offset
        value: u32(times + 1)
      - count: per_cpu
        key: offset % 3
        by: 10
      - count: sum
        by: args.offset if args.offset < 0 else u64(1)
      - lookup: seen
        key: offset + 1
        as: next
      - print: "the next one was here {next} times"
      - delete: seen
        key: offset + 1
"""
    bad = probekit.apply(spec, command=["true"])
    assert bad.code == 1
    assert "mixed-signs" in bad.err
    good = spec.replace("args.offset if args.offset < 0 else u64(1)", "offset + 1")
    offsets = [(0, o) for o in (2, 1, 1, 9, 0)]
    outcome = probekit.apply(good, command=[PYTHON, "-c", LSEEK.format(pairs=offsets)])
    assert outcome.code == 0, outcome.err
    assert outcome.lines == [
        "small 2",
        "small 1",
        "the next one was here 1 times",
        "small 1",
        "big 9",
        "small 0",
        "the next one was here 2 times",
        "seen: 1 of 64 entries",
        "  key  value",
        "    0      1",
        "per_cpu: 3 entries",
        "  key  value",
        "    0     10",
        "    1     20",
        "    2     10",
        "sum: one value",
        f"  {100 + 3 + 2 + 2 + 1}",
    ]


def test_printk_is_shown_and_left_to_others_who_read_it(probekit: Runner) -> None:
    spec = probekit.spec(
        """
name: loud
programs:
  - tracepoint: syscalls/sys_enter_lseek
    when: args.whence == 99
    do:
      - printk: "100% {args.fd} {args.offset}"
      - printk: "{comm} {args.fd:08x} {-5} {args.fd:>6}| {args.offset:<6}| {'text':8}|"
"""
    )
    script = "import ctypes; libc = ctypes.CDLL(None); libc.prctl(15, b'me', 0, 0, 0)\n"
    command = [PYTHON, "-c", script + LSEEK.format(pairs=[(255, -7)])]
    outcome = probekit.apply(spec, command=command)
    assert outcome.lines == ["100% 255 -7", "me 000000ff -5    255| -7    | text    |"]
    assert outcome.number("lost") == 0


def test_user_space_writes_what_a_handler_reads(probekit: Runner) -> None:
    """All actions of schedules, seen from the handler's side."""
    spec = probekit.spec(
        """
name: both
params: {factor: {type: u32, default: 3}}
maps:
  settings:
    type: hash
    key: {name: char(8), n: u16}
    value: {word: char(8), number: s32, wait: duration}
    max_entries: 4
  drop: {type: hash, key: u32, value: u32, max_entries: 4, entries: {1: 1, 2: 2}}
  steps: {type: percpu_array, key: u32, value: u64, max_entries: 2}
programs:
  - tracepoint: syscalls/sys_enter_lseek
    when: args.whence == 99
    do:
      - lookup: settings
        key: {name: "'key'", n: 1}
        as: set
      - print: "{set.word} {set.number} {set.wait}"
      - lookup: drop
        key: 1
        default: 99
        as: one
      - lookup: drop
        key: 2
        default: 99
        as: two
      - print: "{one} {two}"
schedules:
  - at: start
    update: settings
    key: {name: "'key'", n: 1}
    value: {word: "'hello'", number: -2 * factor, wait: "'250us'"}
  - {at: start, delete: drop, key: 1}
  - {at: start, update: steps, entries: {0: 5, 1: value + 7}}
  - {at: start, update: steps, key: 1, value: value * 2}
  - {after: 1ms, times: 1, clear: drop}
  - {at: stop, clear: steps}
"""
    )
    assert "bad-time" in probekit.run("check", spec).err
    spec.write_text(spec.read_text().replace("after: 1ms, times: 1", "after: 1ms"))
    process = probekit.start(
        "apply", spec, "--", PYTHON, "-c", LSEEK.format(pairs=[(0, 0)]), stdin=subprocess.PIPE
    )
    wait_for_line(process, "attached")
    out, err = process.communicate()
    assert process.returncode == 0, err
    lines = out.splitlines()
    assert lines[0] == "hello -6 250us"
    assert lines[1] in ("99 2", "99 99")  # before or after the `clear`
    assert "steps: 2 entries\n  key  value\n    0      0\n    1      0\n" in out


def test_a_schedule_whose_value_does_not_fit_keeps_the_old_one(probekit: Runner) -> None:
    spec = """
name: misfit
maps: {small: {type: global, value: u8, entries: [{value: 254}]}}
programs:
  - {tracepoint: syscalls/sys_enter_lseek, when: pid == 0, do: [{stop: true}]}
schedules:
  - every: 10ms
    times: 4
    update: small
    value: value + 1
"""
    outcome = probekit.apply(spec, "--for", "1s")
    assert outcome.code == 0
    assert outcome.value("small") == 255
    assert outcome.err.count("warning[schedule-failed]") == 1
    assert "spec.yaml:11:12" in outcome.err
    assert "256 does not fit into `u8`, which holds 0 to 255" in outcome.err
    assert re.search(r"4 schedule runs \(\d late, 3 failed\)", outcome.err)


def test_the_clock_is_read_once_for_a_handler(probekit: Runner) -> None:
    spec = """
name: clock
programs:
  - tracepoint: syscalls/sys_enter_lseek
    when: args.whence == 99 and now > 0
    do:
      - print: "{now - now} {(now - now):d}"
      - let: {begin: now}
      - print: "{now == begin}"
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", LSEEK.format(pairs=[(0, 0)])])
    assert outcome.lines == ["0ns 0", "true"]


def test_an_index_outside_of_an_array_is_said_so(probekit: Runner) -> None:
    spec = """
name: outside
maps: {few: {type: array, key: u32, value: u64, max_entries: 2}}
programs:
  - tracepoint: syscalls/sys_enter_lseek
    when: args.whence == 99
    do:
      - count: few
        key: args.fd
      - update: few
        key: args.fd
        value: 1
schedules:
  - {at: stop, update: few, key: tick + 2, value: 1}
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", LSEEK.format(pairs=[(1, 0), (7, 0)])])
    assert outcome.err.count("warning[index-outside]: 1 write to `few`") == 2
    assert outcome.number("failed updates") == 2
    assert "the index is outside of `few`" in outcome.err


def test_a_schedule_that_fills_a_map_says_so(probekit: Runner) -> None:
    spec = """
name: filled
maps: {few: {type: hash, key: u32, value: u64, max_entries: 2}}
programs:
  - {tracepoint: syscalls/sys_enter_lseek, when: pid == 0, do: [{stop: true}]}
schedules:
  - {at: start, update: few, entries: {0: 1, 1: 1, 2: 1}}
"""
    outcome = probekit.apply(spec, "--for", "0s")
    assert "the map `few` is full: `max_entries` is 2" in outcome.err
    assert "2 of 3 entries were written before it" in outcome.err
    assert "few: 2 of 2 entries" in outcome.out
