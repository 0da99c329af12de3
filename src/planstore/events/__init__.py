"""The words of the glossary as values: candidates, commits, digests."""
