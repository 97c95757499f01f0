"""The travelling purchaser problem: which shops, what to buy in each, in which order, at the lowest cost in all.

Everything here is whole numbers: nodes, lots and cost units. What they stand for is decided by the caller.
"""
