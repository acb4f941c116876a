"""A YAML text as the trainer loads it, with the position of every key and value.

The trainer uses PyYAML's pure-Python safe loader (YAML 1.1; dlm format, 1.3), and so does
`yaml_loader`. Its import takes half as long as a check, so PyYAML loads a text that `yaml_plain`
can load only if a position is needed.
"""

from __future__ import annotations

from collections.abc import Iterable

from dlm_git.document.yaml_plain import load_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.document.text import Extent
    from dlm_git.document.yaml_loader import Duplicate, YamlError, YamlNodes


class YamlTree:
    """A loaded YAML text."""

    def __init__(self, text: str, value: object, nodes: YamlNodes | None = None) -> None:
        """Hold a text and the value that the trainer gets; the nodes are loaded when needed."""
        self.value = value
        self._text = text
        self._nodes = nodes

    @property
    def nodes(self) -> YamlNodes:
        """Return the nodes of the text."""
        if self._nodes is None:
            from dlm_git.document.yaml_loader import Loaded, load  # late: it imports PyYAML

            loaded = load(self._text)
            assert isinstance(loaded, Loaded)  # noqa: S101  (as its value was loaded)
            self._nodes = loaded.nodes
        return self._nodes

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Return every repeated key; a plain text has none."""
        return self._nodes.duplicates if self._nodes else ()

    def find(self, path: Iterable[str | int]) -> tuple[Extent | None, Extent | None]:
        """Return the extents of the key and of the value at a path, None where there is none.

        Of a repeated key it is the last one. A merged key has the extent at which it is written.
        """
        return self.nodes.find(path)


def load_yaml(text: str) -> YamlTree | YamlError:
    """Load one YAML document. Every problem with it is returned, none is raised."""
    if (plain := load_plain(text)) is not None:
        return YamlTree(text, plain)
    from dlm_git.document.yaml_loader import Loaded, load  # late: it imports PyYAML

    loaded = load(text)
    return YamlTree(text, loaded.value, loaded.nodes) if isinstance(loaded, Loaded) else loaded
