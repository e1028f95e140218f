"""probekit: kernel probes from one YAML file, without writing C."""

__version__ = "0.1.0"
