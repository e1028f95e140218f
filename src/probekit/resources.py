"""Where the files are that are no Python code: templates, schemas, shipped specs, a page.

Paths are text: `pathlib` takes 5 ms to import.
"""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.realpath(__file__))
_CHECKOUT = os.path.dirname(os.path.dirname(_PACKAGE))


def template_dir() -> str:
    """The folder of the Jinja2 templates; `c/` in it prints C."""
    return _folder("templates")


def schema_dir() -> str:
    """The folder of the JSON Schema of the spec format."""
    return _folder("schemas")


def spec_dir() -> str:
    """The folder of the specs that come with probekit."""
    return _folder("specs")


def errors_page() -> str:
    """The file that explains every code of a message."""
    return os.path.join(_folder("docs"), "errors.md")


def _folder(name: str) -> str:
    # The wheel maps these folders into the package; in a checkout they stand beside `src/`.
    installed = os.path.join(_PACKAGE, name)
    return installed if os.path.isdir(installed) else os.path.join(_CHECKOUT, name)
