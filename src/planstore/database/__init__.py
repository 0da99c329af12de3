"""The database: connections, statements of ``sql/``, the sandbox for user queries."""
