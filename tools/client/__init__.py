"""How programs outside talk to the edge: as JSON, as native gRPC and as gRPC-Web; and how people sign in."""
