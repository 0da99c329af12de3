"""The demo's data, and what it tells."""
