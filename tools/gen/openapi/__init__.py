"""OpenAPI 3.1 of the JSON that the edge transcodes, from the descriptor set: routes, messages, rules and comments."""
