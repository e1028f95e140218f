"""What a schedule does when it is due."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from probekit.check.user import converted, misfit
from probekit.expr.evaluate import Value as Names
from probekit.expr.evaluate import evaluate
from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import names_in
from probekit.ir import (
    Clear,
    DeleteEntry,
    Expression,
    Map,
    PrintLine,
    Schedule,
    Show,
    Value,
    WriteEntries,
    Written,
)
from probekit.kernel.bpf import BpfError
from probekit.outputs import Output
from probekit.record import Record
from probekit.runtime import codec
from probekit.runtime.livemap import LiveMap
from probekit.show import escaped
from probekit.source import Span
from probekit.types import StructType, Type

KEPT = "the entry keeps its old value; later failures are only counted"


class Refused(Exception):
    """A run that did not do what it should; what it should have written is unchanged."""

    def __init__(self, message: str, span: Span, help: str = KEPT) -> None:
        super().__init__(message)
        self.message, self.span, self.help = message, span, help


class Actor(Record):
    """Runs one probe's schedules on its live maps."""

    probe: str
    maps: Mapping[str, LiveMap]
    params: Mapping[str, Names]
    output: Output

    def run(self, schedule: Schedule, tick: int, walltime: int) -> None:
        """One run; `walltime` in ns. Raises Refused, or BrokenPipeError from the output."""
        names: dict[str, Names] = {**self.params, "tick": tick, "walltime": walltime}
        action = schedule.action
        try:
            match action:
                case WriteEntries():
                    self._write(action, names)
                case DeleteEntry():
                    target = self.maps[action.map.name]
                    target.delete(self._value(action.key, target.key_type, names))
                case Clear():
                    self.maps[action.map.name].clear()
                case Show():
                    self._require_room(schedule)
                    self._show(action)
                case PrintLine():
                    self._require_room(schedule)
                    self.output.lines(self.probe, [_line(action, names)])
        except BpfError as error:
            raise _refused(schedule, error) from None

    def _require_room(self, schedule: Schedule) -> None:
        """What is shown would pile up, and be of the past. Raises Refused.

        At the end there is no more to come, and the reader is waited for.
        """
        if not schedule.when.stop and not self.output.has_room:
            help = "what should have been shown is left out; later failures are only counted"
            raise Refused("whoever reads the output has stopped reading", schedule.span, help)

    def _write(self, action: WriteEntries, names: dict[str, Names]) -> None:
        """All values are computed and checked before the first one is written."""
        target = self.maps[action.map.name]
        entries: list[tuple[Value, Value]] = []
        for written_key, written in action.entries:
            key = 0 if written_key is None else self._value(written_key, target.key_type, names)
            current = _current(target, key, written, names)
            entries.append((key, self._value(written, target.spec.value, current)))
        if len(entries) == 1:
            target.set(*entries[0])
        else:
            target.set_all(entries)

    def _value(self, written: Written, type: Type, names: Mapping[str, Names]) -> Value:
        """The value to write, checked against its type. Raises Refused."""
        if not isinstance(written, Expression):
            assert isinstance(type, StructType)
            return {
                field.name: self._value(written[field.name], field.type, names)
                for field in type.fields
            }
        try:
            value = evaluate(written.syntax, names)
        except ExpressionError as error:
            raise Refused(error.message, written.span) from None
        wrong = misfit(value, type)
        if wrong is not None:
            raise Refused(wrong[1], written.span)
        value = converted(value, type)
        return value.encode() if isinstance(value, str) else _integer(value)

    def _show(self, action: Show) -> None:
        target = self.maps[action.map.name]
        self.output.table(
            self.probe, target.spec, target.items(), action.top, action.by, dict(self.params)
        )


def _refused(schedule: Schedule, error: BpfError) -> Refused:
    """Why the kernel did not write; of a batch it may have written a part."""
    action = schedule.action
    message, help = f"the kernel refused it: {error.strerror}", KEPT
    if error.errno == errno.E2BIG and isinstance(action, WriteEntries):
        target = action.map
        if target.kind.indexed:
            message = f"the index is outside of `{target.name}`"
        else:
            message = f"the map `{target.name}` is full: `max_entries` is {target.max_entries}"
    if isinstance(action, WriteEntries) and len(action.entries) > 1:
        help = f"{error.done} of {len(action.entries)} entries were written before it"
    return Refused(message, schedule.span, help)


def _integer(value: Names) -> int:
    assert isinstance(value, int)
    return value


def _current(
    target: LiveMap, key: Value, written: Written, names: Mapping[str, Names]
) -> Mapping[str, Names]:
    """`names` with the entry's current value, which is read only where it is used."""
    if not _uses_value(written):
        return names
    found = target.get(key)
    value = found if found is not None else codec.zero_of(target.spec.value)
    return {**names, "value": codec.named(value)}


def _uses_value(written: Written) -> bool:
    if isinstance(written, Expression):
        return "value" in names_in(written.syntax)
    return any(_uses_value(part) for part in written.values())


def _line(action: PrintLine, names: Mapping[str, Names]) -> str:
    pieces: list[str] = []
    for part in action.parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        expression, spec = part
        try:
            pieces.append(escaped(format(evaluate(expression.syntax, names), spec)))
        except (ExpressionError, ValueError) as error:
            raise Refused(str(error), expression.span) from None
    return "".join(pieces)


def showing(schedule: Schedule) -> Map | None:
    """The map that a schedule shows, None where it does something else."""
    return schedule.action.map if isinstance(schedule.action, Show) else None
