"""`python -m probekit` is the command `probekit`."""

from __future__ import annotations

from probekit.entry import main

if __name__ == "__main__":
    main()
