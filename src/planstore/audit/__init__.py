"""The audit: why a target was routed so, and what changed."""
