"""Evidence: every target of a panel, measured over all symbols and on each one."""
