"""The mutants of a package: what cosmic-ray changes, one place at a time."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

# of the replacements of an operator, those that another one does not imply
_BINARY = "Add_Sub Sub_Add Mul_Add FloorDiv_Mul Mod_Mul BitOr_BitAnd BitAnd_BitOr"
_BINARY += " LShift_RShift RShift_LShift Pow_Mul Div_Mul BitXor_BitAnd"
_COMPARISON = "Eq_NotEq NotEq_Eq Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt"
_COMPARISON += " Is_IsNot IsNot_Is In_NotIn NotIn_In"
_KEPT = re.compile(
    rf"core/(?:ReplaceBinaryOperator_(?:{'|'.join(_BINARY.split())})"
    rf"|ReplaceComparisonOperator_(?:{'|'.join(_COMPARISON.split())})"
    r"|(?!ReplaceBinary|ReplaceComparison).*)"
)
_ROWS = re.compile(r"[-+](?![-+])")
Position = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """A file with one place changed."""

    path: Path
    line: int
    operator: str
    source: str
    change: str  # the lines that differ, as in a diff

    @property
    def key(self) -> str:
        """What stays the same when other lines of the file change."""
        return f"{self.path}\n{self.operator}\n{self.change}"


def mutants(directory: Path, modules: Path) -> Iterator[Mutant]:
    """Yield the mutants of a module or of the modules of a directory."""
    files = sorted(modules.rglob("*.py")) if modules.is_dir() else [modules]
    for file in files:
        yield from _mutants_of(file, file.relative_to(directory))


def _mutants_of(file: Path, path: Path) -> Iterator[Mutant]:
    source = file.read_text()
    tree = get_ast(source)
    extents, known = list(_not_evaluated(source)), {source}
    for name in filter(_KEPT.fullmatch, cosmic_ray.plugins.operator_names()):
        kind = cosmic_ray.plugins.get_operator(name)
        if kind.arguments():
            continue
        operator = kind()
        positions = (at for node in ast_nodes(tree) for at in operator.mutation_positions(node))
        for occurrence, (start, _end) in enumerate(positions):
            if any(first <= start < last for first, last in extents):
                continue
            try:
                mutated = mutate_code(source, operator, occurrence)
            except AttributeError:  # of cosmic-ray, for `except (A, b.C)`
                continue
            if mutated not in known and _compiles(mutated):
                known.add(mutated)
                yield Mutant(path, start[0], name.split("/")[1], mutated, _change(source, mutated))


def _compiles(source: str) -> bool:
    try:
        compile(source, "", "exec")
    except SyntaxError:
        return False
    return True


def _change(source: str, mutated: str) -> str:
    rows = difflib.unified_diff(source.splitlines(), mutated.splitlines(), n=0, lineterm="")
    return "\n".join(row for row in rows if _ROWS.match(row))


def _not_evaluated(source: str) -> Iterator[tuple[Position, Position]]:
    """Yield the extents of annotations, and of what only a type checker runs."""
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.AST | None] = [getattr(node, "annotation", None)]
        parts.append(getattr(node, "returns", None))
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            parts.append(node)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "TYPE_CHECKING":
            parts.append(node)
        for part in parts:
            if isinstance(part, ast.expr | ast.stmt):
                end = part.end_lineno or 0, part.end_col_offset or 0
                yield (part.lineno, part.col_offset), end
