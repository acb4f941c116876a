"""The `[[corpus]]` tables of a config, which list several corpora."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal


class CorpusTable(Value, kw_only=True):
    """One of several corpora of a repository.

    root: the directory that contains its `.dlm`; '.' for the root of the repository.
    The other fields are those of Config, None for its values.
    """

    root: str
    base: str | tuple[str, ...] | None = None
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    sources: tuple[Value, ...] | None = None
    sources_policy: Literal["strict", "permissive"] | None = None
    name: str | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """Return the fields of the whole config that its corpus has other values for.

        Patterns replace the sources of the config, and sources its patterns.
        """
        values = {key: value for key, value in self.as_dict().items() if value is not None}
        if "sources" in values:
            values = {"include": None, "exclude": None, **values}
        elif {"include", "exclude"} & values.keys():
            values["sources"] = None
        return {**values, "root": "" if self.root == "." else self.root}


def table_origins(table: CorpusTable, origins: Mapping[str, str]) -> dict[str, str]:
    """Return where the values of a corpus come from, by key.

    origins: those of the whole config.
    """
    keys = (key.replace("_", "-") for key in table.changes)
    return {**origins, **dict.fromkeys(keys, origins.get("corpus", "default"))}


def without_keys(
    tables: Sequence[Mapping[str, Any]], keys: Collection[str]
) -> list[dict[str, Any]]:
    """Return loaded tables without some keys, which flags set for all corpora."""
    return [{key: value for key, value in t.items() if key not in keys} for t in tables]
