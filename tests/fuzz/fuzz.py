"""Fuzzes one target with atheris: `python tests/fuzz/fuzz.py TARGET CORPUS [libFuzzer options]`.

CORPUS is a folder: the seeds are put into it, and what is found to be new. Any exception that
the target lets through, two seconds for one input or 1 GiB ends the run, with the input in a
file. `-runs=N -seed=1` makes a run that is the same each time.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

import atheris
import yaml

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent), str(FOLDER.parents[1] / "src")]

with atheris.instrument_imports(include=["probekit"]):
    from mutators import mutated
    from seeds import seeds_of
    from targets import TARGETS

LIMITS = ("-timeout=2", "-rss_limit_mb=1024")


def main(arguments: list[str]) -> None:
    """Fuzzes until an option says stop; exits as libFuzzer does."""
    name, corpus, *options = arguments
    seeds = seeds_of(name)
    for index, seed in enumerate(seeds):
        (Path(corpus) / f"seed-{index:03}").write_bytes(seed)
    longest = max(map(len, seeds))
    argv = [sys.argv[0], *LIMITS, f"-max_len={4 * longest}", f"-dict={FOLDER / 'tokens.dict'}"]
    mutator = {"custom_mutator": _structure_aware(seeds)} if name == "specs" else {}
    atheris.Setup([*argv, *options, corpus], TARGETS[name], **mutator)
    atheris.Fuzz()


def _structure_aware(seeds: list[bytes]) -> Callable[[bytes, int, int], bytes]:
    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)

        def alter(text: str) -> str:
            raw = atheris.Mutate(text.encode("utf-8", "replace"), max(8, 2 * len(text)))
            return bytes(raw).decode("utf-8", "replace")

        try:
            made = mutated(data or chance.choice(seeds), chance, chance.choice(seeds), alter)
            if len(made) <= max_size:
                return made
        except (yaml.YAMLError, UnicodeError, RecursionError):
            pass
        return bytes(atheris.Mutate(data, max_size)) if data else chance.choice(seeds)[:max_size]

    return mutate


if __name__ == "__main__":
    main(sys.argv[1:])
