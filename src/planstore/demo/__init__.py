"""Demo: shipped data, and summaries of its runs."""
