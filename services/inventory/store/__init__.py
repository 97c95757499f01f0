"""What inventory keeps, and the queries on it, named for what they are for."""
