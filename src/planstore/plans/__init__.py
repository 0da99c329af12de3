"""Training plans: planned from decisions, read again, asked."""
