"""geo: stores on the map, discovery, and trips."""
