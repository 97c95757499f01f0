"""Rules of ours that no published linter knows."""
