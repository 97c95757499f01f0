"""Inventory: the catalogue, what merchants sell and have, what people want, and where it is offered."""
