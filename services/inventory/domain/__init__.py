"""What inventory knows, without a database and without a wire."""
