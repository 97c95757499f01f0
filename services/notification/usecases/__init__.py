"""One function an RPC or a job; each owns its transactions."""
