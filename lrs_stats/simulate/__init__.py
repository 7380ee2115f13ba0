"""Plausible organisations and statements from a seed, for the demo, tests and benchmarks."""
