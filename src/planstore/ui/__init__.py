"""Pages of a store for browsers: a server that reads, and never writes."""
