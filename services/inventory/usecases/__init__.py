"""One function an RPC, by noun. A use case owns its transaction."""
