"""Text → ProbeSpec: who may write a spec, its YAML, its shape, and how slips are mended."""
