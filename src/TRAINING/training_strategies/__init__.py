"""The older import path of planstore's training. New code imports from ``planstore.training``."""
