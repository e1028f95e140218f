"""A checked map that is in the kernel: read and written by its types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probekit.ir import Map, Value
from probekit.kernel import bpf
from probekit.kernel.syscall import ENOTSUPP
from probekit.record import Record
from probekit.runtime import codec
from probekit.types import U32, Type

SHOWN_WHOLE = 16  # arrays up to this size are shown with their zeros
CLEARED_AT_ONCE = 1 << 16


class LiveMap(Record):
    """The map `spec` behind the descriptor `fd`, which belongs to the probe."""

    spec: Map
    fd: int

    @property
    def key_type(self) -> Type:
        """A map of one value has the key 0."""
        return self.spec.key or U32

    @property
    def _value_size(self) -> int:
        size = self.spec.value.size
        return bpf.percpu_value_size(size) if self.spec.kind.per_cpu else size

    def get(self, key: Value) -> Value | None:
        """The entry's value, summed over CPUs; None where it is absent."""
        raw = bpf.map_lookup(self.fd, codec.encode(key, self.key_type), self._value_size)
        return None if raw is None else self._decode(raw)

    def set(self, key: Value, value: Value) -> None:
        """Writes one entry. Raises BpfError: E2BIG where the map is full."""
        bpf.map_update(self.fd, codec.encode(key, self.key_type), self._encode(value))

    def set_all(self, entries: Iterable[tuple[Value, Value]]) -> None:
        """Writes several entries in one batch. Raises BpfError."""
        items = [(codec.encode(k, self.key_type), self._encode(v)) for k, v in entries]
        bpf.map_update_batch(self.fd, items)

    def delete(self, key: Value) -> bool:
        """Removes one entry; False where it was absent."""
        return bpf.map_delete(self.fd, codec.encode(key, self.key_type))

    def clear(self) -> None:
        """Removes all entries, or sets them to 0 where entries always exist."""
        if not self.spec.kind.indexed:
            bpf.map_clear(self.fd, self.key_type.size, self._value_size)
            return
        zero = bytes(self._value_size)
        for first in range(0, self.spec.max_entries, CLEARED_AT_ONCE):
            indices = range(first, min(first + CLEARED_AT_ONCE, self.spec.max_entries))
            bpf.map_update_batch(self.fd, [(codec.encode(i, U32), zero) for i in indices])

    def items(self) -> Iterator[tuple[Value, Value]]:
        """The entries one by one, per-CPU values summed; of large arrays those that are not 0."""
        if self.spec.kind.indexed:
            yield from self._array_items()
            return
        for key, value in bpf.map_items(self.fd, self.key_type.size, self._value_size):
            yield codec.decode(key, self.key_type), self._decode(value)

    def _array_items(self) -> Iterator[tuple[Value, Value]]:
        """A block that is all 0 is passed over whole: an array may be large and empty."""
        is_small = self.spec.max_entries <= SHOWN_WHOLE
        size = self._value_size
        zero = bytes(size)
        for keys, values in self._blocks(size):
            if not is_small and not values.strip(b"\0"):
                continue
            for at in range(len(keys) // U32.size):
                raw = values[at * size : (at + 1) * size]
                if is_small or raw != zero:
                    yield codec.decode(keys, U32, at * U32.size), self._decode(raw)

    def _blocks(self, value_size: int) -> Iterator[tuple[bytes, bytes]]:
        """An array's keys and values; older kernels have no batches for some types."""
        try:
            yield from bpf.map_batches(self.fd, U32.size, value_size)
        except bpf.BpfError as error:
            if error.errno != ENOTSUPP:
                raise
            yield from bpf.map_items(self.fd, U32.size, value_size)

    def _decode(self, raw: bytes) -> Value:
        if self.spec.kind.per_cpu:
            return codec.decode_per_cpu(raw, self.spec.value, bpf.possible_cpus())
        return codec.decode(raw, self.spec.value)

    def _encode(self, value: Value) -> bytes:
        if self.spec.kind.per_cpu:
            return codec.encode_per_cpu(value, self.spec.value, bpf.possible_cpus())
        return codec.encode(value, self.spec.value)
