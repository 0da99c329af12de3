"""Training: evidence from a panel, and trained models from a plan."""
