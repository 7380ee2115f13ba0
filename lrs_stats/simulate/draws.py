"""Chance from a seed: the same seed draws the same, on every machine."""

from random import Random


def seeded(purpose: str, seed: int) -> Random:
    """Return a source of chance of its own for each purpose and seed."""
    return Random(f"{purpose} {seed}")  # noqa: S311 - plausible data, no secret


def uuid(rng: Random) -> str:
    """Draw a UUID of version 4."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def chance(rng: Random, share: float) -> bool:
    """Draw yes or no, yes in this share of all draws."""
    return rng.random() < share
