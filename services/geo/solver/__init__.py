"""Proofs about trips, and the few places in which they are computed. Outside the domain because it needs OR-Tools."""
