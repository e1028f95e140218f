"""Text that C, Jinja2, YAML, a shell or a terminal act on."""

from __future__ import annotations

TRICKS = (
    "*/", "/*", "//", "\\", "\\\n", "\n", "\r\n", "\n#line 1 \"x\"\n", "#include </etc/passwd>",
    "#define int", "??/", "??=", "??'", "<:", "%:%:", "\"", "'", "\"; }", "'); }", ";", "}", "{",
    "{{ 7*7 }}", "{% raw %}", "{% include 'probe.c.j2' %}", "{#", "${x}", "%n", "%s", "%llx", "%",
    "\\u0041", "\\x41", "\\101", "\\N{BULLET}", "__attribute__((packed))", "_Pragma(\"once\")",
    "asm(\"exit\")", "__COUNTER__", "__FILE__", "R\"(", ")\"", "u8\"", "L'", "int", "return 0;",
    "\0", "\a\b\x1b[2J", "\x7f", "\x85", "\xa0", "\u200b", "\u2028", "\u202e", "\ufeff", "\uff41",
    "\u0661", "\u212a", "\u0131", "\ud800", "\udcff", "\U0001f600", "\U0010ffff", "é", "e\u0301",
    "`id`", "$(id)", "a" * 70, "x" * 5000, "*/" * 300, "'" * 99,
)  # fmt: skip
# Identifiers by every rule, which mean something to the compiler, to bcc or to our templates.
WORDS = (
    "int", "asm", "return", "sizeof", "typeof", "_Bool", "_Atomic", "__FILE__",
    "__COUNTER__", "__LINE__", "_Pragma", "defined", "__VA_ARGS__", "NULL", "true_", "u32",
    "s64", "bool_", "linux", "unix", "BPF_ANY", "PAGE_SIZE", "bpf_trace_printk", "ctx",
    "counts", "control", "found", "error", "record", "values", "format", "only",
    "zero_divisions", "pk_time", "pk_counts", "pk_pid", "PK_FIELD", "PK_SESSION", "m_a",
    "f_a", "v_a", "p0_a", "text0", "pad1", "index", "lookup", "update", "delete", "main",
    "x", "_", "__", "A" * 63, "loop", "self", "dialect", "c", "code",
)  # fmt: skip
