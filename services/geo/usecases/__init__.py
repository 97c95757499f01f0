"""What geo does, one function for each RPC."""
