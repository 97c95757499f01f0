"""Where roads come from: Valhalla's network, or estimates in its place."""
