"""Output formats: check results as text, JSON, GitHub, GitLab, SARIF and JUnit."""
