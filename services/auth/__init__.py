"""Who people are, how they sign in, and for which merchant they may act."""
