"""YAML documents written by users: policies, cases, model families."""
