"""What other languages call the types; read on the way to an error only."""

from __future__ import annotations

_NAMES = {
    "u8": "uint8, uint8_t, uchar, byte, __u8, unsigned char, tinyint",
    "u16": "uint16, uint16_t, ushort, __u16, unsigned short, umode_t",
    "u32": "uint, uint32, uint32_t, __u32, unsigned, unsigned int, pid_t, uid_t, gid_t, dev_t",
    "u64": "uint64, uint64_t, __u64, ulong, size_t, usize, unsigned long, unsigned long long",
    "s8": "i8, int8, int8_t, __s8, signed char",
    "s16": "i16, int16, int16_t, __s16, short, smallint",
    "s32": "i32, int, int32, int32_t, __s32, integer, signed",
    "s64": "i64, int64, int64_t, __s64, long, long int, long long, ssize_t, off_t, loff_t, bigint",
    "bool": "boolean, Bool, _Bool, bool_t",
    "char(16)": "string, String, str, text, char*, char *, const char *, varchar, char[], char",
    "timestamp": "time, datetime, date, ktime_t, nsecs",
    "duration": "timedelta, time.Duration, interval, seconds",
    "ptr": "void*, void *, pointer, uintptr_t, addr, address",
}
OTHER_TYPES = {other: name for name, others in _NAMES.items() for other in others.split(", ")}
# Wider than the widest there is.
TOO_WIDE = frozenset("u128 s128 i128 u256 uint128 int128 __int128 __u128 u512".split())
FRACTIONS = frozenset("float double f32 f64 float32 float64 decimal real".split())
