"""Text messages: what they say, getting them to the provider exactly once, and what became of them."""
