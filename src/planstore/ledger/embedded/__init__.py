"""The embedded store: catalog, artifacts and lock in one folder of a file system."""
