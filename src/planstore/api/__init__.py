"""The public store: one facade, and its parts for overrides, training, evidence, integrity and maintenance."""
