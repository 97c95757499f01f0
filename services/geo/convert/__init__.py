"""Between protobuf and the domain; the only modules that know both."""
