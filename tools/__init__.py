"""What `make` calls: bootstrap, the local stack, seed data, generators and lints."""
