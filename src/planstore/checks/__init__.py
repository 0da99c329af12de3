"""Checks of external input: arguments, texts, times, files, columns."""
