"""The `.dlm` language: text, YAML, frontmatter and sections, with their positions in the file."""
