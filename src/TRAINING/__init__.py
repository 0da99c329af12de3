"""The older import path of planstore's training plans. New code imports from ``planstore``."""
