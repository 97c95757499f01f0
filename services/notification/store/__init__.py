"""Tables and queries of the schema `notification`."""
