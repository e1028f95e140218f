"""A minimal bcc script: counts close() of one process by descriptor.

`close_count.py PID` ends at Ctrl-C, `close_count.py PID --once` as soon as it is attached.
"""

from __future__ import annotations

import signal
import sys

from bcc import BPF

TEXT = """
BPF_HASH(closes, u32, u64, 10240);

TRACEPOINT_PROBE(syscalls, sys_enter_close) {
    if (bpf_get_current_pid_tgid() >> 32 != TRACED)
        return 0;
    u32 fd = args->fd;
    closes.increment(fd);
    return 0;
}
"""


def main() -> None:
    bpf = BPF(text=TEXT, cflags=[f"-DTRACED={int(sys.argv[1])}"])  # attaches by itself
    try:
        print("attached", flush=True)
        if "--once" not in sys.argv:
            signal.pause()
    except KeyboardInterrupt:
        pass
    for fd, count in bpf["closes"].items():
        print(fd.value, count.value)


main()
