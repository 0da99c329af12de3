"""The ledger: append, read, artifacts."""
