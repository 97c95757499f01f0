"""The local stack: its state directory, its processes, and how they are started, watched and stopped."""
