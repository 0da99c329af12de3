"""YAML documents that people write: policies, cases, families."""
