"""From a panel of prices to evidence, and from a plan to trained models."""
