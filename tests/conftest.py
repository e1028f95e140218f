"""What all tests share: the kernel marker, and spec texts checked in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Runner

# As root, specs of a checkout of somebody else's are read: so is its code, by then.
_OWNER = Path(__file__).stat().st_uid
if os.geteuid() == 0 != _OWNER:
    os.environ.setdefault("SUDO_UID", str(_OWNER))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes the expectations under `tests/cases/` anew; the diff is then read."""
    parser.addoption("--update", action="store_true", help="rewrite tests/cases/")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A kernel test needs root. PROBEKIT_KERNEL_TESTS=1 turns a skip into a failure."""
    if item.get_closest_marker("kernel") is None or os.geteuid() == 0:
        return
    if os.environ.get("PROBEKIT_KERNEL_TESTS") == "1":
        pytest.fail("this test needs root, and PROBEKIT_KERNEL_TESTS=1 allows no skip")
    pytest.skip("needs root")


@pytest.fixture
def probekit(tmp_path: Path) -> Iterator[Runner]:
    """Runs the command line in processes of its own."""
    runner = Runner(tmp_path)
    yield runner
    runner.close()
