"""Everything under gen/ and docs/errors.md, made from protos/: `python -m tools.gen`."""
