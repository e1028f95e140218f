"""Which files root reads a spec from, and what can be one at all."""

from __future__ import annotations

import grp
import os
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from running import Outcome, Runner

import probekit
from probekit import resources
from probekit.diagnostics import Diagnostic, DiagnosticError
from probekit.frontend.ownership import served_in
from probekit.frontend.specfile import read_source
from probekit.frontend.yamlnodes import MAX_BYTES
from probekit.source import Span

OTHER, STRANGER = 65534, 54321  # the second has no name
TEXT = "probekit: 1\n"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture(autouse=True)
def nobody_called_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec of root's, in a folder of root's below `tmp_path`."""
    path = tmp_path / "folder" / "spec.yaml"
    path.parent.mkdir(mode=0o755)
    path.write_text(TEXT)
    path.chmod(0o644)
    return path


def refusal(path: Path | str, trusted: tuple[str, ...] = ()) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        read_source(str(path), trusted)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def why(path: Path | str) -> str:
    """Who can change it, and what."""
    diagnostic = refusal(path)
    assert diagnostic.code == "untrusted-spec"
    start = f"root does not read `{path}`, which others can change: "
    assert diagnostic.message.startswith(start)
    assert f"`--trust {path}`" in diagnostic.help
    return diagnostic.message.removeprefix(start)


def is_read(path: Path | str) -> bool:
    return read_source(str(path)).text == TEXT


def acl_for(user: int) -> bytes:
    """An access list by which `user` may write, and owner, group and others as in mode 0644.

    Its mask, rw-, is what then stands for the group in the mode (acl(5); the layout is that of
    include/uapi/linux/posix_acl_xattr.h).
    """
    none = 0xFFFFFFFF
    entries = [(0x01, 6, none), (0x02, 6, user), (0x04, 4, none), (0x10, 6, none), (0x20, 4, none)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


# Owners and modes


@needs_root
def test_a_file_of_roots_is_read(spec: Path) -> None:
    assert is_read(spec)


@needs_root
@pytest.mark.parametrize(
    ("uid", "mode", "words"),
    [
        (OTHER, 0o644, "user `nobody` (65534) owns `{}`"),
        (OTHER, 0o444, "user `nobody` (65534) owns `{}`"),
        (STRANGER, 0o600, "user 54321 owns `{}`"),
        (0, 0o646, "everybody can write `{}`"),
        (0, 0o664, "group 54321 can write `{}`"),
        (OTHER, 0o666, "user `nobody` (65534) owns `{0}`; everybody can write `{0}`"),
    ],
)
def test_who_can_write_the_file(spec: Path, uid: int, mode: int, words: str) -> None:
    os.chown(spec, uid, STRANGER)
    spec.chmod(mode)
    assert why(spec) == words.format(spec)


@needs_root
@pytest.mark.parametrize(
    ("uid", "mode", "words"),
    [
        (OTHER, 0o755, "user `nobody` (65534) owns `{}`"),
        (OTHER, 0o1755, "user `nobody` (65534) owns `{}`"),
        (0, 0o757, "everybody can write `{}`"),
        (0, 0o775, "group 54321 can write `{}`"),
    ],
)
def test_who_can_write_a_folder_above(
    tmp_path: Path, spec: Path, uid: int, mode: int, words: str
) -> None:
    os.chown(spec.parent, uid, STRANGER)
    spec.parent.chmod(mode)
    assert why(spec) == words.format(spec.parent)
    spec.parent.chmod(0o755)
    os.chown(spec.parent, 0, 0)
    os.chown(tmp_path, uid, STRANGER)
    tmp_path.chmod(mode)
    assert why(spec) == words.format(tmp_path)


@needs_root
def test_all_of_it_is_told_at_once(spec: Path) -> None:
    for path in (spec, spec.parent):
        os.chown(path, OTHER, 0)
    spec.chmod(0o666)
    owned = f"user `nobody` (65534) owns `{spec.parent}` and `{spec}`"
    assert why(spec) == f"{owned}; everybody can write `{spec}`"


@needs_root
def test_closing_it_mends_it(spec: Path) -> None:
    spec.chmod(0o666)
    spec.parent.chmod(0o777)
    command = ["chmod", "go-w", str(spec.parent), str(spec)]
    assert refusal(spec).help.startswith(f"`{' '.join(command)}`, then see what it says;")
    subprocess.run(command, check=True)
    assert is_read(spec)


@needs_root
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_another_user_owns_is_copied(spec: Path, is_folder: bool) -> None:
    """Its owner may have it open, and write to it whatever is done to its owner and mode."""
    os.chown(spec.parent if is_folder else spec, OTHER, 0)
    help = refusal(spec).help
    assert f"`install -D -m 644 -t /etc/probekit {spec}`" in help
    assert f"give `/etc/probekit/{spec.name}`" in help
    assert "chown" not in help


@needs_root
def test_an_access_list_counts(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the mode, the group's bits are then the list's mask."""
    try:
        os.setxattr(spec, "system.posix_acl_access", acl_for(OTHER))
    except OSError as error:
        pytest.skip(f"no access lists here: {error}")
    assert spec.stat().st_mode & 0o777 == 0o664
    assert why(spec) == f"whoever its access list names can write `{spec}`"
    os.chown(spec, *private_user())
    monkeypatch.setenv("SUDO_UID", str(private_user()[0]))
    assert why(spec) == f"whoever its access list names can write `{spec}`"
    spec.chmod(0o644)
    assert is_read(spec)
    os.setxattr(spec.parent, "system.posix_acl_access", acl_for(OTHER))
    assert why(spec) == f"whoever its access list names can write `{spec.parent}`"


# Who called sudo


def private_user() -> tuple[int, int]:
    """A user and the group that nobody else is in."""
    import grp
    import pwd

    users = pwd.getpwall()
    for user in users:
        with suppress(KeyError):
            group = grp.getgrgid(user.pw_gid)
            alone = [other for other in users if other.pw_gid == user.pw_gid] == [user]
            if user.pw_uid and group.gr_gid and alone and set(group.gr_mem) <= {user.pw_name}:
                return user.pw_uid, group.gr_gid
    pytest.skip("each user here shares a group")


@needs_root
def test_files_of_who_called_sudo(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (spec, spec.parent):
        os.chown(path, OTHER, 0)
    monkeypatch.setenv("SUDO_UID", str(OTHER))
    assert is_read(spec)
    monkeypatch.setenv("SUDO_UID", str(STRANGER))
    assert "user `nobody` (65534) owns" in why(spec)


@needs_root
@pytest.mark.parametrize("text", ["", "x", "-1", "+65534", "65534 ", "٦", "4294967295", "9" * 30])
def test_what_is_no_user_is_not_believed(
    spec: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    os.chown(spec, OTHER, 0)
    monkeypatch.setenv("SUDO_UID", text)
    assert "owns" in why(spec)


@needs_root
def test_a_group_with_nobody_else_in_it(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As made with umask 0002 where users have groups of their own: `sudo` just works."""
    uid, gid = private_user()
    for path, mode in ((spec, 0o664), (spec.parent, 0o775)):
        os.chown(path, uid, gid)
        path.chmod(mode)
    assert "can write" in why(spec)
    monkeypatch.setenv("SUDO_UID", str(uid))
    assert is_read(spec)
    os.chown(spec, uid, 0)
    assert why(spec) == f"group `root` (0) can write `{spec}`"


@needs_root
def test_a_group_of_another_name_may_have_users_that_no_list_shows(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory service gives users one by one: that a group has one here tells little."""
    uid, gid = private_user()
    own = grp.getgrgid(gid)
    os.chown(spec, uid, gid)
    spec.chmod(0o664)
    monkeypatch.setenv("SUDO_UID", str(uid))
    assert is_read(spec)
    other = grp.struct_group(("staff", own.gr_passwd, own.gr_gid, own.gr_mem))
    monkeypatch.setattr(grp, "getgrgid", lambda _: other)
    assert "can write" in why(spec)


MOUNT = b"36 35 0:52 / /mnt/a rw,nosuid shared:1 master:2 - %s %s rw,%sgroup_id=7,allow_other"


@pytest.mark.parametrize(
    ("kind", "name", "options", "server"),
    [
        (b"fuse", b"x", b"user_id=1000,", {(0, 52): 1000}),
        (b"fuse.sshfs", b"x,user_id=0,y", b"user_id=1000,", {(0, 52): 1000}),
        (b"fuseblk", b"x\rz", b"user_id=0,", {(0, 52): 0}),
        (b"fuse", b"-", b"user_id=1000,", {(0, 52): 1000}),
        (b"fuse", b"", b"user_id=1000,", {(0, 52): 1000}),
        (b"fuse", b"x", b"", {(0, 52): None}),
        (b"fuse", b"x", b"a user_id=0,", {(0, 52): None}),
        (b"ext4", b"x,-,fuse", b"user_id=1000,", {}),
    ],
)
def test_who_serves_what_is_mounted(
    kind: bytes, name: bytes, options: bytes, server: dict[tuple[int, int], int | None]
) -> None:
    """Who mounts chooses names, which may look like the rest of a line."""
    line = MOUNT % (kind, name, options)
    assert served_in(line) == server
    assert served_in(line.replace(b"/mnt/a", b"/mnt/\r")) == server
    assert served_in(b"\n".join((b"1 2 0:3 / / rw - proc proc rw", line, b""))) == server


@pytest.mark.kernel
@needs_root
def test_what_a_users_own_process_serves(tmp_path: Path, spec: Path) -> None:
    """It says that all is root's; but it is that process that says so."""
    script = Path(__file__).parent / "fuseserver.py"
    argv = [sys.executable, str(script), str(spec.parent)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "served\n"
        try:
            user = f"user `nobody` ({OTHER}) serves"
            assert spec.stat().st_uid == 0
            assert why(spec) == f"{user} `{spec.parent}` and `{spec}`"
            assert "copy it" in refusal(spec).help
            assert read_source(str(spec), (str(spec),)).text == TEXT
        finally:
            subprocess.run(["umount", "--lazy", spec.parent], check=True)
    assert is_read(spec)


# Sticky folders


@needs_root
@pytest.mark.parametrize("mode", [0o1777, 0o1775])
def test_a_sticky_folder(spec: Path, mode: int) -> None:
    os.chown(spec.parent, 0, STRANGER)
    spec.parent.chmod(mode)
    assert is_read(spec)
    os.chown(spec, OTHER, 0)
    assert why(spec) == f"user `nobody` (65534) owns `{spec}`"


@needs_root
def test_a_folder_of_anothers_in_a_sticky_one(tmp_path: Path, spec: Path) -> None:
    tmp_path.chmod(0o1777)
    assert is_read(spec)
    os.chown(spec.parent, OTHER, 0)
    assert why(spec) == f"user `nobody` (65534) owns `{spec.parent}`"


@needs_root
def test_a_link_in_a_sticky_folder(tmp_path: Path, spec: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    link = shared / "link.yaml"
    link.symlink_to(spec)
    assert is_read(link)
    os.lchown(link, OTHER, 0)
    assert why(link) == f"user `nobody` (65534) owns `{link}`"
    shared.chmod(0o755)
    assert is_read(link)  # now nobody but root can put another one there


# Links


@needs_root
def test_the_folders_of_a_link_and_of_its_target_count(tmp_path: Path, spec: Path) -> None:
    for name in ("links", "targets"):
        (tmp_path / name).mkdir()
    target = tmp_path / "targets" / "spec.yaml"
    target.write_text(TEXT)
    link = tmp_path / "links" / "spec.yaml"
    for text in (str(target), "../targets/spec.yaml", "./../targets/../targets//spec.yaml"):
        link.unlink(missing_ok=True)
        link.symlink_to(text)
        for folder in (link.parent, target.parent):
            folder.chmod(0o777)
            assert why(link) == f"everybody can write `{folder}`"
            folder.chmod(0o755)
        assert is_read(link)


@needs_root
def test_a_folder_that_is_a_link(tmp_path: Path, spec: Path) -> None:
    (tmp_path / "link").symlink_to("folder")
    assert is_read(tmp_path / "link" / "spec.yaml")
    spec.parent.chmod(0o777)
    assert why(tmp_path / "link" / "spec.yaml") == f"everybody can write `{spec.parent}`"


@needs_root
def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("nothing")
    assert "too many levels of symbolic links" in refusal(tmp_path / "a").message
    assert "no such file" in refusal(tmp_path / "c").message


@needs_root
def test_a_second_name_changes_nothing(tmp_path: Path, spec: Path) -> None:
    """Who can write a file is the file's own, whatever its names."""
    (tmp_path / "other.yaml").hardlink_to(spec)
    (tmp_path / "folder" / "third.yaml").hardlink_to(spec)
    assert is_read(tmp_path / "other.yaml")
    os.chown(spec, OTHER, 0)
    assert "owns" in why(tmp_path / "other.yaml")


@needs_root
def test_relative_paths(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    for name in ("spec.yaml", "./spec.yaml", "../folder/spec.yaml", "..//folder/./spec.yaml"):
        assert is_read(name)
    spec.parent.chmod(0o777)
    for name in ("spec.yaml", "../folder/spec.yaml"):
        assert why(name) == f"everybody can write `{spec.parent}`"


# What is exchanged meanwhile

SWAPPER = """
import os, sys
how, good, bad, place = sys.argv[1:]
put = {"file": os.link, "link": os.symlink, "folder": os.symlink}[how]
while True:
    for target in (bad, good):
        put(target, place + ".new")
        os.rename(place + ".new", place)
        if target == good:
            print(flush=True)
"""


@needs_root
@pytest.mark.parametrize("how", ["file", "link", "folder"])
def test_what_is_exchanged_meanwhile_is_never_read(tmp_path: Path, how: str) -> None:
    """Two files take turns at one place: root's, and another user's. Only root's is ever read."""
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spec.yaml").write_text(name)
    os.chown(tmp_path / "bad" / "spec.yaml", OTHER, OTHER)
    file = "" if how == "folder" else "spec.yaml"
    targets = [str(tmp_path / name / file) for name in ("good", "bad")]
    place = tmp_path / "place"
    command = [sys.executable, "-c", SWAPPER, how, *targets, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as swapper:
        try:
            assert swapper.stdout is not None
            swapper.stdout.readline()
            os.set_blocking(swapper.stdout.fileno(), False)
            path = place if file else place / "spec.yaml"
            seen = {attempt(path, swapper.stdout.fileno()) for _ in range(4000)}
        finally:
            swapper.kill()
    assert {"good", "untrusted-spec"} <= seen <= {"good", "untrusted-spec", "unreadable-spec"}


def attempt(place: Path, turns: int) -> str:
    """What is read at `place`, or the code of why not; `turns` never fills up."""
    with suppress(BlockingIOError):
        os.read(turns, 1 << 16)
    try:
        return read_source(str(place)).text
    except DiagnosticError as error:
        return error.diagnostics[0].code


# What is no file


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place)) if len(str(place)) < 100 else place.symlink_to("/dev/zero")
        server.close()
    for path, words in (
        (tmp_path, "it is a folder"),
        (tmp_path / "pipe", "it is a named pipe"),
        (Path("/dev/zero"), "it is a device"),
    ):
        diagnostic = refusal(path)
        assert diagnostic.code == "unreadable-spec"
        assert diagnostic.message == f"cannot read `{path}`: {words}"
        assert diagnostic.help
    assert refusal(place).code == "unreadable-spec"


@pytest.mark.parametrize("name", ["nothing.yaml", "spec.yaml/", "spec.yaml/.", "spec.yaml/x", "\0"])
def test_paths_that_lead_to_nothing(spec: Path, name: str) -> None:
    assert refusal(f"{spec.parent}/{name}").code == "unreadable-spec"


def test_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert refusal("spec.yaml").code == "unreadable-spec"


# What the caller opened


@pytest.mark.parametrize("form", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_what_the_caller_opened_is_read(form: str) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, TEXT.encode())
    os.close(theirs)
    assert is_read(form.format(ours))
    os.close(ours)
    diagnostic = refusal(form.format(ours))
    assert diagnostic.code == "unreadable-spec"
    assert "sudo probekit ... -" in diagnostic.help


# By the command line

WHOLE = "name: a\nprograms: [{tracepoint: syscalls/sys_enter_close, do: [{stop: true}]}]\n"


def run_with_input(probekit: Runner, text: str, *arguments: str) -> Outcome:
    process = probekit.start(*arguments, stdin=subprocess.PIPE)
    out, err = process.communicate(text)
    return Outcome(process.returncode, out, err)


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input(probekit: Runner, name: str) -> None:
    outcome = run_with_input(probekit, f"probekit: 1\n{WHOLE}", "check", name)
    assert outcome.code == 0, outcome.err


def test_a_shells_pipe(probekit: Runner) -> None:
    spec = probekit.spec(WHOLE)
    command = f"exec {sys.executable} -m probekit check <(cat {spec})"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_root
@pytest.mark.parametrize("verb", ["check", "render", "apply"])
def test_every_command_refuses_and_takes_an_override(probekit: Runner, verb: str) -> None:
    spec = probekit.spec(WHOLE)
    spec.chmod(0o666)
    outcome = probekit.run(verb, spec)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error[untrusted-spec]: root does not read")
    after = ["--for", "0s"] if verb == "apply" else []
    outcome = probekit.run(verb, "--trust", spec, spec, *after)
    assert outcome.code == 0, outcome.err


def test_an_override_names_a_spec(probekit: Runner) -> None:
    spec = probekit.spec(WHOLE)
    outcome = probekit.run("check", spec, "--trust", f"{spec.parent}/./spec.yaml")
    assert outcome.code == 2
    assert "error[bad-trust]" in outcome.err


@needs_root
def test_an_override_is_for_one_file(probekit: Runner) -> None:
    first, second = probekit.spec(WHOLE, "a.yaml"), probekit.spec(WHOLE, "b.yaml")
    for path in (first, second):
        path.chmod(0o666)
    outcome = probekit.run("check", first, second, "--trust", first)
    assert outcome.code == 2
    assert outcome.out.startswith(f"{first}: ok")
    assert f"`{second}`" in outcome.err
    assert str(first) not in outcome.err


@needs_root
def test_names_are_shown_escaped(tmp_path: Path, probekit: Runner) -> None:
    path = tmp_path / "a\x1b[31m `$(id)`.yaml"
    path.write_text(TEXT)
    path.chmod(0o666)
    outcome = probekit.run("check", path)
    assert outcome.code == 2
    assert "\x1b" not in outcome.err
    assert "\\x1b[31m" in outcome.err
    path.chmod(0o644)
    path.write_text((Path(resources.spec_dir()) / "close.yaml").read_text())
    for options in ((), ("--fix",)):
        outcome = probekit.run("check", path, *options)
        assert (outcome.code, outcome.err) == (0, "")
        assert "\\x1b[31m `$(id)`.yaml: ok" in outcome.out
        assert "\x1b" not in outcome.out


def test_an_ordinary_user_reads_what_others_can_write() -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(f"probekit: 1\n{WHOLE}")
        file.flush()
        os.fchmod(file.fileno(), 0o666)
        code = "from probekit.entry import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, "check", file.name],
            stderr=subprocess.PIPE,
            user=OTHER if os.geteuid() == 0 else None,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_that_is_empty() -> None:
    with pytest.raises(DiagnosticError, match="the name is empty"):
        read_source("")


def test_a_kernel_profile_is_no_spec() -> None:
    path = Path(probekit.__file__).parent / "kernel/profiles/linux-6.18.profile"
    with pytest.raises(DiagnosticError, match="it is a kernel profile") as caught:
        read_source(str(path), [str(path)])
    assert caught.value.diagnostics[0].help == f"give it so: `--kernel {path}`"


@pytest.mark.parametrize(
    ("encoding", "called", "command"),
    [
        ("utf-16", "UTF-16", "UTF-16"),
        ("utf-32", "UTF-32", "UTF-32"),
        ("utf-16-le", "UTF-16", "UTF-16LE"),
        ("utf-16-be", "UTF-16", "UTF-16BE"),
    ],
)
def test_other_encodings_have_their_name(
    tmp_path: Path, encoding: str, called: str, command: str
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(TEXT.encode(encoding))
    found = refusal(path, (str(path),))
    assert found.message == f"cannot read `{path}`: it is {called} text"
    assert found.help == f"make it UTF-8: `iconv -f {command} -t UTF-8 {path} > utf8.yaml`"
    made = subprocess.check_output(["iconv", "-f", command, "-t", "UTF-8", path])
    assert made.decode("utf-8-sig") == TEXT


def test_a_byte_that_is_not_utf8_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"probekit: 1\nname: \xe9t\xe9\n")
    found = refusal(path, (str(path),))
    assert found.label is not None
    assert found.label.span == Span.point(2, 7)
    assert "iconv -f latin1" in found.help


def test_a_binary_file_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\x7fELF\0\0\xd0")
    assert refusal(path, (str(path),)).message.endswith("it is a binary file")


def test_a_large_file_may_end_within_a_letter(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("#" + "\u00e9" * MAX_BYTES)
    assert len(read_source(str(path), (str(path),)).text) > MAX_BYTES // 2


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.symlink_to("nowhere.yaml")
    assert refusal(path).help == "it is a link to `nowhere.yaml`, which is not there"
