"""The package as users get it: the wheel, `make install`, and a setup on other machines."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from probekit import __version__
from probekit.resources import schema_dir, spec_dir, template_dir

ROOT = Path(__file__).resolve().parent.parent
PYTHON = Path("/usr/bin/python3")
DATA_FOLDERS = ("templates", "schemas", "specs")


def run(*command: str | Path, cwd: Path) -> str:
    """What a command printed that had to succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def data_files() -> Iterator[Path]:
    """Every file that is no Python code but belongs to the package, relative to the checkout."""
    for folder in DATA_FOLDERS:
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert files, f"nothing in {folder}/"
        yield from (path.relative_to(ROOT) for path in files)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline with the locked tools."""
    folder = tmp_path_factory.mktemp("wheel")
    pip_wheel = (sys.executable, "-I", "-m", "pip", "wheel", "-qq", "--no-index", "--no-deps")
    run(*pip_wheel, "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment with the wheel and the tests' own dependencies."""
    home = tmp_path_factory.mktemp("installed")
    run(PYTHON, "-I", "-m", "venv", "--system-site-packages", "--without-pip", home, cwd=home)
    pip = (sys.executable, "-I", "-m", "pip", "--python", home / "bin/python")
    run(*pip, "install", "-qq", "--no-index", "--no-deps", wheel, cwd=home)
    packages = run(
        home / "bin/python", "-Ic", "import probekit; print(probekit.__path__[0])", cwd=home
    )
    assert Path(packages.strip()).is_relative_to(home)
    # As a folder on sys.path only: what the .pth files in it would add does not count.
    locked = Path(pytest.__file__).parent.parent
    (Path(packages.strip()).parent / "locked.pth").write_text(f"{locked}\n")
    return home / "bin"


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    """A folder with nothing but a copy of the first spec."""
    shutil.copy(ROOT / "specs/close.yaml", tmp_path)
    return tmp_path


def test_resources_are_those_of_the_checkout() -> None:
    found = [Path(template_dir()), Path(schema_dir()), Path(spec_dir())]
    assert found == [ROOT / folder for folder in DATA_FOLDERS]


def test_wheel_holds_every_data_file_unchanged(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        for path in data_files():
            assert archive.read(f"probekit/{path}") == (ROOT / path).read_bytes()


def test_installed_command_explains_keys_and_codes(installed: Path, tmp_path: Path) -> None:
    probekit = installed / "probekit"
    page = run(probekit, "explain", "unknown-map", cwd=tmp_path)
    assert page.startswith("unknown-map\n\nA step or a schedule names a map")
    assert run(probekit, "explain", "do.count", cwd=tmp_path).startswith("programs.do.count\n")
    file = Path(run(probekit, "schema", "--path", cwd=tmp_path).strip())
    assert file.is_relative_to(installed.parent)
    assert file.read_text() == run(probekit, "schema", cwd=tmp_path)


def test_wheel_is_named_and_licensed(wheel: Path) -> None:
    assert wheel.name == f"probekit_ebpf-{__version__}-py3-none-any.whl"
    info = f"probekit_ebpf-{__version__}.dist-info"
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(f"{info}/METADATA").decode()
    assert f"{info}/licenses/LICENSE" in names
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Dist: bcc" not in metadata


def test_wheel_finds_its_own_data_files(installed: Path, tmp_path: Path) -> None:
    code = "import probekit.resources as r; print(r.template_dir(), r.schema_dir(), r.spec_dir())"
    folders = run(installed / "python", "-Ic", code, cwd=tmp_path).split()
    assert [Path(folder).name for folder in folders] == list(DATA_FOLDERS)
    assert all(Path(folder).is_relative_to(installed.parent) for folder in folders)


def test_installed_command_tells_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "probekit", "--version", cwd=tmp_path) == f"probekit {__version__}\n"


def test_module_is_the_same_command(installed: Path, tmp_path: Path) -> None:
    told = run(installed / "python", "-Im", "probekit", "--version", cwd=tmp_path)
    assert told == f"probekit {__version__}\n"


def test_installed_command_checks_a_spec(installed: Path, empty_folder: Path) -> None:
    run(installed / "probekit", "check", "close.yaml", cwd=empty_folder)


def test_installed_command_renders_a_spec(installed: Path, empty_folder: Path) -> None:
    assert "sys_enter_close" in run(
        installed / "probekit", "render", "close.yaml", cwd=empty_folder
    )


@pytest.mark.kernel
@pytest.mark.timeout(400)
def test_make_install_and_uninstall(empty_folder: Path) -> None:
    prefix = empty_folder / "a prefix"
    run("make", "install", f"PREFIX={prefix}", cwd=ROOT)
    command = prefix / "bin/probekit"
    assert run(command, "--version", cwd=empty_folder) == f"probekit {__version__}\n"
    run(command, "check", "close.yaml", cwd=empty_folder)
    run(prefix / "lib/probekit/bin/python", "-Ic", "from bcc import BPF", cwd=empty_folder)
    (prefix / "bin/other").touch()
    run("make", "uninstall", f"PREFIX={prefix}", cwd=ROOT)
    assert [path for path in prefix.rglob("*") if path.is_file()] == [prefix / "bin/other"]


def on_machine_without_bcc(folder: Path, os_release: str, apt_get: str) -> tuple[int, str]:
    """Sees to `make run`'s packages where bcc is hidden, the distribution is the one given,
    and apt-get is the script given, which finds the hidden folder in `$BCC`. The mounts are
    seen by nobody else. The exit code, and what was said.
    """
    bcc = find_spec("bcc")
    assert bcc is not None
    assert bcc.origin is not None
    (folder / "os-release").write_text(os_release)
    (folder / "apt-get").write_text(f"#!/bin/sh\n{apt_get}\n")
    (folder / "apt-get").chmod(0o755)
    (folder / "nothing").mkdir()
    script = """
        mount --bind "$1/nothing" "$BCC"
        mount --bind "$1/os-release" "$(realpath /etc/os-release)"
        mount --bind "$1/apt-get" /usr/bin/apt-get
        exec "$2" run
    """
    command = ("unshare", "--mount", "sh", "-euc", script, "sh", folder)
    done = subprocess.run(
        [*command, ROOT / "scripts/system-packages"],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BCC": str(Path(bcc.origin).parent)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.kernel
def test_setup_says_what_it_installs(tmp_path: Path) -> None:
    apt_get = 'echo "apt-get $*"; case "$*" in *install*) umount "$BCC" ;; esac'
    code, said = on_machine_without_bcc(tmp_path, "ID=mint\nID_LIKE='ubuntu debian'\n", apt_get)
    assert code == 0, said
    assert "missing: bcc;" in said
    assert "installing with apt-get: python3-bpfcc\n" in said
    assert "apt-get -q -o DPkg::Lock::Timeout=300 update\n" in said
    assert "install -y --no-install-recommends python3-bpfcc\n" in said


@pytest.mark.kernel
def test_setup_says_what_is_still_missing(tmp_path: Path) -> None:
    code, said = on_machine_without_bcc(tmp_path, "ID=debian\n", "exit 0")
    assert code == 1
    assert "still missing: bcc" in said


@pytest.mark.kernel
def test_setup_reports_a_failing_apt_get(tmp_path: Path) -> None:
    code, said = on_machine_without_bcc(tmp_path, "ID=debian\n", "echo E: no network; exit 100")
    assert code == 1
    assert "E: no network" in said
    assert "could not install python3-bpfcc" in said


@pytest.mark.kernel
def test_setup_names_packages_on_an_unknown_distribution(tmp_path: Path) -> None:
    code, said = on_machine_without_bcc(tmp_path, "ID=fedora\n", "echo called")
    assert code == 1
    assert "python3-bcc" in said
    assert "called" not in said
