"""Features of the running kernel, each found out by trying it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import Runner, kernel_objects

from probekit.kernel import bpf
from probekit.kernel.feature import FEATURES, answer, features_for
from probekit.kernel.profile import NO, UNKNOWN, YES, SavedProfile
from probekit.maps import MAP_KINDS

pytestmark = pytest.mark.kernel

SOURCE = str(Path(bpf.__file__).parents[3])


def test_what_every_program_takes_is_there() -> None:
    needed = features_for("program")
    assert len(needed) >= 3
    assert {answer(feature.name) for feature in needed} == {YES}


def test_every_map_type_has_its_feature() -> None:
    for kind in MAP_KINDS:
        assert features_for(f"map:{kind}"), kind


def test_names_differ() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)


def test_nothing_tried_stays() -> None:
    before = kernel_objects()
    descriptors = os.listdir("/proc/self/fd")
    for feature in FEATURES:
        try:
            feature.attempt()
        except OSError:
            assert answer(feature.name) != YES
    assert kernel_objects() - before == set()
    assert len(os.listdir("/proc/self/fd")) == len(descriptors)


def test_what_no_kernel_has_is_told_from_what_may_not_be_tried() -> None:
    """A helper and a map type that do not exist, by the ways of the table."""
    script = (
        "import os, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from probekit.kernel import feature\n"
        "from probekit.record import replace\n"
        "tried = {'helper': feature._helper(100_000), 'map': feature._map(1000, 4, 4),\n"
        "         'known': feature._helper(6)}\n"
        "feature._BY_NAME.update({name: feature.Feature(name, '', (), attempt, '')\n"
        "                         for name, attempt in tried.items()})\n"
        "if sys.argv[2:]: os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
        "print(*[feature.answer(name) for name in tried], sep=',')\n"
    )

    def answers(*arguments: str) -> list[str]:
        command = [sys.executable, "-c", script, SOURCE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip().split(",")

    assert answers() == [NO, NO, YES]
    assert answers("nobody") == [UNKNOWN, NO, UNKNOWN]  # types are looked at before users


def test_this_kernel_is_saved(probekit: Runner, tmp_path: Path) -> None:
    path = tmp_path / "live.profile"
    outcome = probekit.run("kernel", "save", path)
    assert (outcome.code, outcome.out) == (0, "")
    assert f"saved `{path}`: Linux {os.uname().release} " in outcome.err
    saved = SavedProfile(path)
    assert saved.release == os.uname().release
    assert saved.tracepoint("syscalls", "sys_enter_close") is not None
    assert [saved.feature(one.name) for one in FEATURES] == [answer(one.name) for one in FEATURES]
    btf = saved.btf()
    assert btf is None or btf.function("vfs_read") is not None
    assert path.stat().st_size < 4 << 20
    assert os.listdir(tmp_path) == [path.name]
    command = [sys.executable, "-m", "probekit", "kernel", "save", "-"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == path.read_bytes()


def test_what_is_saved_needs_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", "from probekit.entry import main; main()", "kernel", "save", "x"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": SOURCE},
        user=65534,
        group=65534,
        extra_groups=[],
        check=False,
    )
    assert done.returncode == 3
    assert "error[tracefs-" in done.stderr
    assert "root" in done.stderr
    assert os.listdir(tmp_path) == []
