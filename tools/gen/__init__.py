"""Everything under gen/, docs/errors.md and docs/access.md, made from protos/ and the roles: `python -m tools.gen`."""
