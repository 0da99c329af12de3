"""Routing: candidates and a policy go in, one decision a pair comes out."""
