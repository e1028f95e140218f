"""What is said where nothing more is known than what the parser says.

Imported on the way to an error only.
"""

from __future__ import annotations

# libyaml's and PyYAML's words for what people really get wrong → cause and fix in ours.
ADVICE = (
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be",
        "put text that holds `: ` in quotes, and check the indentation",
    ),
    (
        "did not find expected key",
        "this line does not fit the lines above it",
        "line its key up with the other keys of the same mapping",
    ),
    (
        "did not find expected '-' indicator",
        "this line does not fit the list above it",
        "line its `-` up with the other items, or indent it under the item above",
    ),
    (
        "expected ',' or",
        "a `{` or `[` is not closed, or a comma is missing",
        "put an expression that holds a comma or brackets in quotes",
    ),
    ("found unexpected end of stream", "a quote is not closed", "close it with the same quote"),
    (
        "found unexpected document indicator",
        "a quote is not closed before `---`",
        "close it with the same quote",
    ),
    (
        "invalid Unicode character escape",
        "an escape that is half of a character, or none",
        "remove it",
    ),
    (
        "escape",
        "an unknown `\\` escape in double quotes",
        "use single quotes, in which a `\\` is just a `\\`",
    ),
    ("undefined tag handle", "tags are not used here", "write the value itself"),
    (
        "did not find expected <document start>",
        "this is not part of the document above it",
        "a spec is one mapping: check the indentation, and remove `%` lines",
    ),
)
