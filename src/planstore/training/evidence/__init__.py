"""Evidence: every target of a panel measured, pooled and on each symbol."""
