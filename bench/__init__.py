"""Benchmarks: our work beside a peer that does the same, in one run, as ratios."""
