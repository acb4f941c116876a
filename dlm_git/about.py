"""The version of dlm-git and the URLs of the project."""

from __future__ import annotations

__version__ = "0.1.0"

REPOSITORY = "https://github.com/dlm-git/dlm-git"
DOCS_URL = f"{REPOSITORY}/tree/main/docs"
RULES_URL = f"{REPOSITORY}/blob/main/docs/rules.md"
CONFIGURATION_URL = f"{REPOSITORY}#configuration"
CONFIG_SCHEMA_URL = f"{REPOSITORY}/raw/main/docs/config.schema.json"
