"""One file a gRPC service: decode, call one use case, encode."""
