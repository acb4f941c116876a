"""Everything that starts git or reads and writes its files."""
