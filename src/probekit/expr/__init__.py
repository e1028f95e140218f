"""The expression language: parse, check (types), evaluate (in user space), emit (C)."""
