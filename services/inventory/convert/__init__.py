"""The only part that knows both protobuf and the domain."""
