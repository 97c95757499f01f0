"""geo's tables."""
