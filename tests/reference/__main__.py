"""Writes the generated parts of the documentation into its files."""

from __future__ import annotations

from reference import files

for path, text in files().items():
    path.write_text(text, encoding="utf-8")
