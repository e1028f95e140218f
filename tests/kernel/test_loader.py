"""The loader child with bcc, on the running kernel."""

from __future__ import annotations

import fcntl
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from probekit.backends import CProgram, CSource, Descriptors
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.kernel import bpf
from probekit.runtime import loader
from probekit.source import Source

pytestmark = pytest.mark.kernel

LOGS = Path(__file__).parent.parent / "verifier_logs"
CASES = sorted(path.stem for path in LOGS.glob("*.c"))

SPEC = Source("specs/close.yaml", "probekit: 1\nname: close\nmaps: {}\nprograms: []\n")
GOOD = """
struct pair { u64 first; u32 second; u32 pad; };
#line 3 "spec.yaml"
BPF_F_TABLE("hash", u32, struct pair, m_pairs, 16, 0);
#line 3 "spec.yaml"
BPF_RINGBUF_OUTPUT(m_lines, 65536 / PAGE_SIZE);
#line 4 "spec.yaml"
int p0_close(u64 *ctx)
{
#line 4 "spec.yaml"
    u32 key = KEY;
    struct pair pair = {.first = ctx[2]};
    return m_pairs.update(&key, &pair) == 0 && m_lines.ringbuf_output(&pair, sizeof pair, 0) == 0;
}
#line 4 "spec.yaml"
int p1_open(u64 *ctx)
{
    return 0;
}
"""
PROGRAMS = ("p0_close", "p1_open")

# Compiles for minutes: 2^14 statements in one function.
SLOW = "".join(
    [
        "#define X0 s += ctx[2] * s + bpf_ktime_get_ns();\n",
        *(f"#define X{n + 1} X{n} X{n}\n" for n in range(14)),
        "int p0_slow(u64 *ctx) { u64 s = 0; X14 return s; }\n",
    ]
)

# Loads the C of a file, with the program given; says what came of it, and what is left.
DRIVER = """
import ctypes, os, pathlib, struct, sys
from probekit.runtime import loader
from probekit.backends import CProgram, CSource
from probekit.diagnostics import DiagnosticError
from probekit.source import Source
spec = Source("s.yaml", "name: s\\n")
text = pathlib.Path(sys.argv[1]).read_text()
source = CSource(text, spec.text, (CProgram(sys.argv[2], "tracepoint"),), ())
if sys.argv[3:] == ["without-capabilities"]:
    libc = ctypes.CDLL(None)  # capset(2): version 3, this process, none of the three sets
    assert libc.capset(struct.pack("=Ii", 0x20080522, 0), bytes(24)) == 0
before = os.listdir("/proc/self/fd")
try:
    print("ready", flush=True)
    loader.load("bcc", source, spec)
    print("loaded")
except DiagnosticError as error:
    print(*(f"{d.code} {d.origin.value} {d.message}" for d in error.diagnostics))
except KeyboardInterrupt:
    print("interrupted")
print("left:", len(os.listdir("/proc/self/fd")) - len(before))
try:
    print("child:", os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("no child")
"""


def make(text: str = GOOD, key: str = "7", maps: tuple[str, ...] = ()) -> CSource:
    names = PROGRAMS if text == GOOD else ()
    programs = tuple(CProgram(name, "tracepoint") for name in names)
    if text == GOOD:
        maps = ("m_pairs", "m_lines")
    return CSource(text, SPEC.text, programs, maps, (("KEY", key),))


@pytest.fixture
def load() -> Iterator[Callable[[CSource], Descriptors]]:
    """Loads with bcc, and closes what it gave when the test ends."""
    owned: list[int] = []

    def load(source: CSource) -> Descriptors:
        descriptors = loader.load("bcc", source, SPEC)
        owned.extend((*descriptors.programs.values(), *descriptors.maps.values()))
        return descriptors

    yield load
    for fd in owned:
        os.close(fd)


class Start(Protocol):
    def __call__(self, text: str, *arguments: str, **environ: str) -> subprocess.Popen[str]: ...


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Runs DRIVER on C, in a process that ends with the test."""
    runs: list[subprocess.Popen[str]] = []

    def start(text: str, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        path = tmp_path / "main.c"
        path.write_text(text)
        command = [sys.executable, "-c", DRIVER, str(path), *arguments]
        out, env = subprocess.PIPE, {**os.environ, **environ}
        run = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, text=True, env=env)
        runs.append(run)
        return run

    yield start
    for run in runs:
        run.kill()
        run.communicate()


def refused(source: CSource, spec: Source = SPEC) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        loader.load("bcc", source, spec)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def open_files() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


# What comes back


def test_descriptors_of_programs_and_maps(load: Callable[[CSource], Descriptors]) -> None:
    loaded = load(make())
    assert tuple(loaded.programs) == PROGRAMS
    assert tuple(loaded.maps) == ("m_pairs", "m_lines")
    for name, fd in loaded.programs.items():
        info = bpf.prog_info(fd)
        assert (info.type, info.name) == (bpf.ProgType.TRACEPOINT, name)
    bpf.map_update(loaded.maps["m_pairs"], u32(3), bytes(range(16)))
    assert bpf.map_lookup(loaded.maps["m_pairs"], u32(3), 16) == bytes(range(16))
    assert bpf.map_info(loaded.maps["m_lines"]).type == bpf.MapType.RINGBUF


def test_nothing_else_comes_back(
    load: Callable[[CSource], Descriptors],
    capfd: pytest.CaptureFixture[str],
) -> None:
    before, mounts = open_files(), Path("/proc/self/mountinfo").read_text()
    loaded = load(make())
    fds = (*loaded.programs.values(), *loaded.maps.values())
    assert sorted({*before, *map(str, fds)}) == open_files()
    assert all(fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC for fd in fds)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert "bcc" not in sys.modules
    assert capfd.readouterr() == ("", "")


def test_more_maps_than_fit_into_one_message(load: Callable[[CSource], Descriptors]) -> None:
    names = tuple(f"m_{number}" for number in range(260))
    text = "".join(f'BPF_F_TABLE("array", u32, u32, {name}, 1, 0);\n' for name in names)
    loaded = load(make(text, maps=names))
    assert [bpf.map_info(fd).name for fd in loaded.maps.values()] == list(names)


def test_a_map_that_is_not_in_the_c() -> None:
    assert refused(make("", maps=("m_none",))).code == "compile-failed"


def test_defines_reach_the_c(load: Callable[[CSource], Descriptors]) -> None:
    undefined = CSource(GOOD, SPEC.text, (), ())
    assert (
        refused(undefined).message == "the C does not compile: use of undeclared identifier 'KEY'"
    )
    load(make(key="0x2A"))


@pytest.mark.parametrize("value", ["1;", "", "1\n", "a b", "é"])
def test_a_define_is_a_word(value: str) -> None:
    diagnostic = refused(make(key=value))
    assert "not a macro" in diagnostic.details


# What is refused


@pytest.mark.parametrize("name", CASES)
def test_a_refusal(name: str) -> None:
    """The same as what `test_verifier.py` reads in the recorded log."""
    text, before = (LOGS / f"{name}.c").read_text(), open_files()
    spec = Source("specs/refused.yaml", (LOGS / "spec.yaml").read_text())
    source = CSource(text, spec.text, (CProgram("p0_close", "tracepoint"),), ())
    diagnostic = refused(source, spec)
    assert diagnostic.label is not None
    line = f"{diagnostic.code} at {diagnostic.label.span.line}: {diagnostic.message}"
    assert f": {line} */" in text
    assert diagnostic.details
    assert open_files() == before


def test_bcc_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bcc", None)
    diagnostic = refused(make())
    assert (diagnostic.code, diagnostic.origin) == ("no-bcc", Origin.HOST)
    assert "python3-bpfcc" in diagnostic.help


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("class Lattice: ...", "wrong-bcc", "bcc.py is not the BPF Compiler Collection"),
        ("import a_lattice", "broken-bcc", "bcc.py ends in ModuleNotFoundError"),
        ("import ctypes; ctypes.CDLL('libbcc.so.99')", "broken-bcc", "`libbcc.so.99` is not there"),
    ],
)
def test_a_bcc_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, code: str, message: str
) -> None:
    (tmp_path / "bcc.py").write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    diagnostic = refused(make())
    assert (diagnostic.code, diagnostic.origin) == (code, Origin.HOST)
    assert message in diagnostic.message
    assert not (tmp_path / "__pycache__").exists()


def test_without_privilege(start: Start) -> None:
    run = start(GOOD.replace("KEY", "1"), "p0_close", "without-capabilities")
    output, _ = run.communicate(timeout=60)
    message = (
        "missing-capability host this process lacks CAP_BPF and CAP_PERFMON:"
        " the kernel refuses bpf(2)"
    )
    assert output.splitlines() == ["ready", message, "left: 0", "no child"]


def test_where_nothing_may_be_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[CSource], Descriptors]
) -> None:
    """The folder is a temporary one, which goes again."""

    def refuse(fstype: str) -> None:
        raise PermissionError(fstype)

    monkeypatch.setattr(loader, "PrivateMount", refuse)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    load(make())
    text = (LOGS / "entry_not_checked.c").read_text()
    spec = Source("specs/refused.yaml", (LOGS / "spec.yaml").read_text())
    source = CSource(text, spec.text, (CProgram("p0_close", "tracepoint"),), ())
    diagnostic = refused(source, spec)
    assert "@ spec.yaml:15" in diagnostic.details
    assert not list(tmp_path.iterdir())


def test_more_descriptors_than_the_process_may_open() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    result = loader._Result()
    with ours, theirs, open("/dev/null") as null:
        content = b'{"loaded": [["maps", "a"], ["maps", "b"], ["maps", "c"]]}'
        socket.send_fds(theirs, [content], [null.fileno()] * 3)
        before, limits = open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, limits[1]))
        try:
            with pytest.raises(DiagnosticError, match="descriptor-limit"):
                loader._receive(ours, result)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert list(result.descriptors.maps) == ["a"]
        result.close()
        assert open_files() == before


# What is not trusted


@pytest.fixture
def poison(tmp_path: Path) -> Path:
    """A folder of kernel headers that cannot be compiled."""
    for header in ("linux/kconfig.h", "linux/types.h"):
        path = tmp_path / "poison/include" / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#error poisoned\n")
    return tmp_path / "poison"


def test_the_callers_environment_is_not_used(
    poison: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[CSource], Descriptors]
) -> None:
    monkeypatch.setenv("BCC_KERNEL_SOURCE", str(poison))
    monkeypatch.setenv("BCC_LINUX_VERSION_CODE", "poisoned")
    monkeypatch.setenv("CPATH", str(poison / "include"))
    monkeypatch.setenv("ARCH", "mips")
    monkeypatch.chdir(poison / "include")
    load(make())
    assert os.environ["ARCH"] == "mips"
    assert Path.cwd() == poison / "include"


def test_a_prepared_folder_of_headers_is_not_used(
    poison: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[CSource], Descriptors]
) -> None:
    """CVE-2024-2314. Not even where the headers that come with probekit are missing."""
    prepared = Path(f"/tmp/kheaders-{platform.release()}")
    if prepared.exists():
        pytest.fail(f"{prepared} is there already: remove it")
    shutil.copytree(poison, prepared)
    try:
        load(make())
        monkeypatch.setattr("probekit.backends.bcc.template_dir", lambda: poison)
        diagnostic = refused(make())
    finally:
        shutil.rmtree(prepared)
    assert "poisoned" not in diagnostic.details
    assert "FileNotFoundError" in diagnostic.details


def test_nothing_is_written_outside_of_the_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[CSource], Descriptors]
) -> None:
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    root = sorted(os.listdir("/"))  # bcc's directory while it compiles
    load(make())
    text = (LOGS / "division_signed.c").read_text()
    source = CSource(text, SPEC.text, (CProgram("p0_close", "tracepoint"),), ())
    assert refused(source).code == "loader-died"  # by SIGABRT: no core file either
    assert not list(tmp_path.iterdir())
    assert sorted(os.listdir("/")) == root


# What interrupts it


def child_of(pid: int) -> int:
    """The process that `pid` forked, once it has the compiler in it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                if parent == pid and "libbcc" in (stat.parent / "maps").read_text():
                    time.sleep(0.3)
                    return int(stat.parent.name)
            except (FileNotFoundError, ProcessLookupError):
                pass
        time.sleep(0.02)
    raise AssertionError("no child")


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_the_child_is_killed(start: Start) -> None:
    run = start(SLOW, "p0_slow")
    os.kill(child_of(run.pid), signal.SIGKILL)
    output, _ = run.communicate(timeout=10)
    message = "the process that compiles and loads was ended by SIGKILL"
    assert output.splitlines() == ["ready", f"loader-died host {message}", "left: 0", "no child"]


def test_ctrl_c_while_it_compiles(start: Start) -> None:
    run = start(SLOW, "p0_slow")
    child = child_of(run.pid)
    os.kill(child, signal.SIGINT)  # a terminal sends it to both
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(0.5)
    os.kill(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=10)
    assert output.splitlines() == ["ready", "interrupted", "left: 0", "no child"]
    assert is_gone(child)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_parent_is_killed(tmp_path: Path, start: Start, number: signal.Signals) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    run = start(SLOW, "p0_slow", TMPDIR=str(temporary))
    child = child_of(run.pid)
    run.send_signal(number)
    run.wait(10)
    try:
        assert is_gone(child)
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    assert not list(temporary.iterdir())
