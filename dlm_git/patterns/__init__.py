"""The pattern syntaxes of dlm and Git: parsed, matched, translated and corrected."""
