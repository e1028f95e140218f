"""What surely does not fit into the stack of a BPF program.

Keys and values go to the kernel by their addresses, so both are on the stack at once, whatever
the compiler does. What else a handler holds there is the compiler's to decide, and found when the
program is loaded: nothing is said of it here.
"""

from __future__ import annotations

from probekit.check.context import Faults
from probekit.ir import Map
from probekit.source import Span

STACK_SIZE = 512  # MAX_BPF_STACK, include/linux/filter.h


def check_stack(faults: Faults, target: Map, place: Span) -> None:
    """A step at `place` that writes an entry of `target`. Raises Fault where it cannot be held."""
    key, value = target.key.size if target.key else 0, target.value.size
    if key + value <= STACK_SIZE:
        return
    what = f"a key of {key} bytes and a value of {value} do not fit into the stack of {STACK_SIZE}"
    largest = STACK_SIZE - 32 - key
    help = (
        f"declare a smaller value: about {largest} bytes beside this key"
        if largest > 0
        else ("declare a smaller key")
    )
    raise faults.fault(
        "stack-exceeded",
        what,
        place,
        f"{help}; schedules can write larger ones",
        (target.span, "declared here"),
    )
