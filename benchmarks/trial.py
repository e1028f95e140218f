"""One run of a contestant, and what is measured of it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from contestant import Contestant, environment_of

TIMEOUT = 60.0  # s, for any one thing that is waited for
CLOSES = 100
DESCRIPTOR = 200  # one that nothing else here has open

_SAMPLE_EVERY = 0.001  # s
_SETTLE = 0.2  # s
_PATIENCE = 5.0  # s
_KIB = 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")


class TrialError(Exception):
    """A contestant did not do what it is measured for; the text says what it printed."""


@dataclass(slots=True)
class Trial:
    """A started contestant; leaving the `with` block ends it if it still runs."""

    contestant: Contestant
    argv: tuple[str, ...]
    begin: float = 0.0
    text: str = ""
    max_rss: int = 0
    _process: subprocess.Popen[bytes] = field(init=False)
    _output: int = -1  # the reading end of its standard output and error

    def __enter__(self) -> Trial:
        environment = environment_of(self.contestant)
        self._output, theirs = os.pipe()
        self.begin = time.perf_counter()
        try:
            self._process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment
            )
        finally:
            os.close(theirs)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        os.close(self._output)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_attached(self) -> float:
        """Seconds from before the fork until its line is readable here."""
        while not self._is_attached():
            if not select.select([self._output], [], [], TIMEOUT)[0]:
                raise self.error(f"printed nothing for {TIMEOUT:.0f} s")
            self._read()
        return time.perf_counter() - self.begin

    def sample_until_attached(self) -> int:
        """The largest sum, in bytes, of the resident sets of it and its descendants."""
        peak = 0
        while not self._is_attached():
            peak = max(peak, sum(map(_rss, _tree(self.pid))))
            if select.select([self._output], [], [], _SAMPLE_EVERY)[0]:
                self._read()
            elif time.perf_counter() - self.begin > TIMEOUT:
                raise self.error("does not attach")
        return peak

    def _is_attached(self) -> bool:
        return self.contestant.attached in self.text

    def interrupt(self) -> None:
        """As Ctrl-C does, and waits for its end."""
        # bpftrace forgets a signal that comes between its line and its loop.
        time.sleep(_SETTLE)
        os.kill(self.pid, signal.SIGINT)
        if not self._has_ended(_PATIENCE):
            os.kill(self.pid, signal.SIGINT)
        self.wait_ended()

    def _has_ended(self, seconds: float) -> bool:
        """Whether it ends in this time; it is not reaped yet."""
        pidfd = os.pidfd_open(self.pid)
        try:
            return bool(select.select([pidfd], [], [], seconds)[0])
        finally:
            os.close(pidfd)

    def wait_ended(self) -> float:
        """Seconds from before the fork until it has ended and is reaped."""
        if not self._has_ended(TIMEOUT):
            raise self.error(f"did not end in {TIMEOUT:.0f} s")
        _, status, usage = os.wait4(self.pid, 0)
        seconds = time.perf_counter() - self.begin
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.max_rss = usage.ru_maxrss * _KIB
        self._finish()
        return seconds

    def _finish(self) -> None:
        """Takes the rest of the output; a status other than 0 is an error."""
        while self._take():
            pass
        if self._process.returncode != 0:
            raise self.error(f"ended with status {self._process.returncode}")

    def _read(self) -> None:
        if not self._take():
            raise self.error("ended before it was attached")

    def _take(self) -> bool:
        """Takes what it has printed; False at the end of it."""
        data = os.read(self._output, 1 << 16)
        self.text += data.decode(errors="replace")
        return bool(data)

    def counted(self) -> int:
        """How many closes of DESCRIPTOR its output shows."""
        found = re.search(rf"^\W*(?:@closes\[)?{DESCRIPTOR}\W+(\d+)\s*$", self.text, re.MULTILINE)
        return int(found[1]) if found else 0

    def error(self, what: str) -> TrialError:
        printed = self.text.strip() or "nothing"
        return TrialError(f"{self.contestant.name} {what}; it printed: {printed}")


def time_to_attached(contestant: Contestant) -> float:
    """Seconds to attached, proven: it must count each close made after that, and no other."""
    with Trial(contestant, contestant.stay) as trial:
        seconds = trial.wait_attached()
        for _ in range(CLOSES):
            os.close(os.dup2(0, DESCRIPTOR))
        trial.interrupt()
        if trial.counted() != CLOSES:
            raise trial.error(f"counted {trial.counted()} of {CLOSES} closes")
    return seconds


def time_of_whole_run(contestant: Contestant) -> float:
    """Seconds of a run that attaches and ends at once."""
    with Trial(contestant, contestant.once) as trial:
        return trial.wait_ended()


def memory_to_attached(contestant: Contestant) -> tuple[int, int]:
    """Bytes at the peak: of its largest process, and of all its processes together.

    The first is getrusage(2)'s `ru_maxrss`, exact. The second is sampled every millisecond,
    and counts a page that a process and its fork share twice: the truth lies between.
    """
    with Trial(contestant, contestant.stay) as trial:
        together = trial.sample_until_attached()
        trial.interrupt()
        return trial.max_rss, max(together, trial.max_rss)


def _tree(pid: int) -> list[int]:
    """The process and its descendants; /proc/PID/task/TID/children, proc(5)."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        lists = [Path(f"/proc/{pid}/task/{thread}/children").read_text() for thread in threads]
    except OSError:  # it has just ended
        return []
    return [pid, *(one for text in lists for child in text.split() for one in _tree(int(child)))]


def _rss(pid: int) -> int:
    """Bytes; the second number of /proc/PID/statm is in pages, proc(5)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
