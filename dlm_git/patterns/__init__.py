"""Pattern languages: dlm globs and ignore lines, Git ignore patterns, and the way between them."""
