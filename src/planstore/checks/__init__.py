"""Checks of what comes from outside: arguments, texts, times, files, columns."""
