"""A checked map that is in the kernel: read and written by its types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from probekit import codec
from probekit.ir import Map, Value
from probekit.kernel import bpf
from probekit.types import U32, Type


@dataclass(frozen=True, slots=True)
class LiveMap:
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
        keys = (codec.encode(index, U32) for index in range(self.spec.max_entries))
        bpf.map_update_batch(self.fd, [(key, zero) for key in keys])

    def items(self) -> list[tuple[Value, Value]]:
        """All entries, each at most once, per-CPU values summed."""
        raw = bpf.map_items(self.fd, self.key_type.size, self._value_size)
        return [(codec.decode(k, self.key_type), self._decode(v)) for k, v in raw]

    def _decode(self, raw: bytes) -> Value:
        if self.spec.kind.per_cpu:
            return codec.decode_per_cpu(raw, self.spec.value, bpf.possible_cpus())
        return codec.decode(raw, self.spec.value)

    def _encode(self, value: Value) -> bytes:
        if self.spec.kind.per_cpu:
            return codec.encode_per_cpu(value, self.spec.value, bpf.possible_cpus())
        return codec.encode(value, self.spec.value)
