"""Planning: decisions become a plan of jobs."""
