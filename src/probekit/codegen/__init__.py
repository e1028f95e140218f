"""ir.Probe → C: the only makers of C text, and the only user of Jinja2."""
