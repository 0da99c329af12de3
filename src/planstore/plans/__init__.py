"""Training plans: planning, reading and queries."""
