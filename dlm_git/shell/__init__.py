"""The grammar of shell scripts, and what their commands do. Nothing is executed."""
