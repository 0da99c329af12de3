"""Events as values: candidates, commits, digests."""
