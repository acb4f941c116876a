"""The text of a new config file."""

from __future__ import annotations

from dlm_git.config.load import Config, as_toml_table
from dlm_git.config.toml_value import toml_pairs, toml_value

_HEADER = "# What `dlm-git check` enforces in every clone, hook and CI job.\n"
_ALWAYS = ("sources-policy",)  # written even if it is the default


def render_config(config: Config) -> str:
    """Return a config as TOML, without the keys that have their default value."""
    default = as_toml_table(Config())
    values = {
        key: value
        for key, value in as_toml_table(config).items()
        if key in _ALWAYS or value != default[key]
    }
    tables = {key: values.pop(key) for key in ("sources", "ignore") if key in values}
    lines = [f"{key} = {toml_value(value)}" for key, value in values.items()]
    for source in tables.get("sources", ()):
        lines += ["", "[[sources]]", *toml_pairs(source)]
    if "ignore" in tables:
        lines += ["", "[ignore]", *toml_pairs(tables["ignore"])]
    return _HEADER + "\n".join(lines) + "\n"
