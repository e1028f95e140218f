"""Where the files are that are no Python code: templates, schemas and shipped specs."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent


def template_dir() -> Path:
    """The folder of the Jinja2 templates; `c/` in it prints C."""
    return _folder("templates")


def schema_dir() -> Path:
    """The folder of the JSON Schema of the spec format."""
    return _folder("schemas")


def spec_dir() -> Path:
    """The folder of the specs that come with probekit."""
    return _folder("specs")


def _folder(name: str) -> Path:
    # The wheel maps these folders into the package; in a checkout they stand beside `src/`.
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _CHECKOUT / name
