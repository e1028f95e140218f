"""What turns rendered C into loaded programs and maps: one module for each backend."""

from __future__ import annotations

from typing import Protocol

from probekit.record import Record


class CProgram(Record):
    """One function of the C: its C name and the BPF program type it loads as (`tracepoint`)."""

    function: str
    kind: str


class CSource(Record):
    """What `render` made of one probe.

    `text` is the whole C; its `#line` directives name `spec.yaml`, whose content is
    `spec_text`. `maps` are the C names of the maps whose descriptors the runner needs.
    `defines` are `-D` values that differ from run to run, and so stay out of `text`.
    """

    text: str
    spec_text: str
    programs: tuple[CProgram, ...]
    maps: tuple[str, ...]
    defines: tuple[tuple[str, str], ...] = ()


class Descriptors(Record):
    """File descriptors of what was loaded, by C name. The receiver owns and closes them."""

    programs: dict[str, int]
    maps: dict[str, int]


class LoadFailure(Exception):
    """Why a backend gave up.

    `kind` is `compile` (the compiler or a map's creation failed: what was printed says more),
    `load` (the kernel refused the program `function`), or the code of the diagnostic to make of
    `message` and `help`.
    """

    def __init__(self, kind: str, message: str, help: str = "", function: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.help = help
        self.function = function


class Backend(Protocol):
    """Runs only in the loader child: compiles `source`, loads it, returns the descriptors."""

    name: str

    def load(self, source: CSource) -> Descriptors:
        """Raises LoadFailure. The working directory, also named by PWD, holds `spec.yaml`."""
        ...
