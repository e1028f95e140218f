"""What fuzzing begins with: the project's own specs, cases and expressions."""

from __future__ import annotations

import re
from collections.abc import Callable

from targets import PROFILE_HEAD, ROOT

from probekit.kernel.store import packed

CASES = ROOT / "tests" / "cases"
ROWS = """\
tracepoints one/empty;
tracepoints two/full;comm\tchar[16]\t8\t16\t0;argv\tconst char *const *\t24\t8\t1
functions vfs_read;ssize_t;file\tstruct file *;buf\tchar *;\tsize_t
raw_tracepoints sys_enter;void;regs\tstruct pt_regs *;id\tlong int
constants TASK_RUNNING;0\t
constants BPF_ANY;-1\tbpf_mode
enums bpf_mode;4\t0;BPF_ANY\t0;BPF_LAST\t18446744073709551615
structs file;16\t0;f_mode\tunsigned int\t0\t4;flag\tu8\t4\t1\t3\t2
"""


def seeds_of(target: str) -> list[bytes]:
    """The inputs to begin with, always in the same order."""
    return _SEEDS.get(target, _specs)()


def _specs() -> list[bytes]:
    folders = [CASES / "render", CASES / "reject", ROOT / "specs"]
    found = [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.yaml"))]
    return [text for text in found if len(text) < 4096]


def _expressions() -> list[bytes]:
    """The expressions of the cases, and the texts that the specs print."""
    found: list[bytes] = []
    for path in sorted((CASES / "expr").glob("*.txt")):
        for paragraph in path.read_bytes().split(b"\n\n"):
            found += [line for line in paragraph.split(b"\n")[:1] if not line.startswith(b"#")]
    for text in _specs():
        found += re.findall(rb"print[a-z]*: \"(.*)\"", text)
    return [text for text in found if text]


def _profiles() -> list[bytes]:
    sections: dict[str, dict[str, str]] = {}
    for section, key, row in re.findall(r"(\S+) ([^;]*);(.*)", ROWS):
        sections.setdefault(section, {})[key] = row
    return [packed(PROFILE_HEAD, sections), packed(PROFILE_HEAD, {})]


_SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "expressions": _expressions,
    "profiles": _profiles,
    "rows": lambda: [ROWS.encode(), *(line.encode() for line in ROWS.splitlines())],
}
