"""Envoy's configuration: rendered from the templates in envoy/, the contract and a deployment's parameters."""
