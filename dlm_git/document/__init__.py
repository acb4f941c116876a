"""The .dlm language: text, YAML, frontmatter and sections, each with its place in the file."""
