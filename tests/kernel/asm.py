"""Programs that tests put together by hand, so that they need no compiler."""

from __future__ import annotations

from probekit.kernel.bpf.insn import (
    GET_CURRENT_PID_TGID,
    R0,
    R1,
    R2,
    R6,
    R10,
    TRACE_PRINTK,
    add,
    call,
    exit_,
    jne,
    mov,
    mov_reg,
    rsh,
    store_text,
)


def only_process(pid: int, body: bytes) -> bytes:
    """`body` for one process, nothing for all others. r6 is the context; the program gives 0."""
    ask = mov_reg(R6, R1) + call(GET_CURRENT_PID_TGID) + rsh(R0, 32)
    return ask + jne(R0, pid, skip=len(body) // 8) + body + mov(R0, 0) + exit_()


def printk(text: bytes, values: bytes = b"") -> bytes:
    """Writes `text`; `values` are instructions that set r3, r4 and r5 for its conversions."""
    stores, at = store_text(text)
    arguments = mov_reg(R1, R10) + add(R1, at) + mov(R2, len(text) + 1)
    return stores + arguments + values + call(TRACE_PRINTK)
