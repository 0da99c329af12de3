"""The database: connections, statements of ``sql/``, the sandbox for queries of readers."""
