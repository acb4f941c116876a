"""Measure the parts of an uncached check, and draw them: `python -m benchmarks.profile`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import inputs

FILE = Path(__file__).parents[1] / "docs" / "pictures" / "check-time.svg"
_ROUNDS = 15
_PARTS = (sys.executable, "-P", str(Path(__file__).with_name("parts.py")))
# in the order of the picture; the colors differ on white, on black and in gray
_COLORS = {
    "start Python": "#8c959f",
    "import the standard library": "#54aeff",
    "import dlm-git": "#0969da",
    "import PyYAML": "#8250df",
    "import pydantic": "#bf3989",
    "run git": "#e16f24",
    "read and print": "#bf8700",
    "run the rules": "#2da44e",
}
_WIDTH, _BAR, _LINE = 720, 32, 24
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{title}</title>
<style>
text {{ font: 14px sans-serif; fill: #1f2328; }}
.number {{ text-anchor: end; }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #f0f6fc; }} }}
</style>
"""


def measure(rounds: int) -> dict[str, float]:
    """Return the processor time of each part in ms, the median of rounds."""
    with TemporaryDirectory(prefix="dlm-git-profile-") as folder:
        home, root = Path(folder, "home"), Path(folder, "hook")
        home.mkdir()
        environ = inputs.environment(home)
        inputs.hook(root, environ)
        runs = [_parts(root, environ) for _ in range(rounds + 1)][1:]  # the first writes bytecode
        return {name: median(run.get(name, 0) for run in runs) for name in runs[0]}


def _parts(root: Path, environ: Mapping[str, str]) -> dict[str, float]:
    result = subprocess.run(_PARTS, cwd=root, env=environ, stdout=subprocess.PIPE, check=True)
    lines = (line.split("\t") for line in result.stdout.decode().splitlines())
    return {name: float(seconds) * 1e3 for name, seconds in lines}


def draw(parts: Mapping[str, float]) -> str:
    """Return an SVG picture of parts in ms: one bar, and a legend."""
    total, left, lines = sum(parts.values()), 0.0, list[str]()
    names = [name for name in _COLORS if name in parts]
    for number, name in enumerate(names):
        width, y = parts[name] / total * _WIDTH, _BAR + 14 + number * _LINE
        lines += [
            _rectangle(left, 0, width, _BAR, _COLORS[name]),
            _rectangle(0, y, 14, 14, _COLORS[name]),
            f'<text x="24" y="{y + 12}">{escape(name)}</text>',
            f'<text class="number" x="320" y="{y + 12}">{parts[name]:.0f} ms</text>',
            f'<text class="number" x="380" y="{y + 12}">{parts[name] / total:.0%}</text>',
        ]
        left += width
    title = f"An uncached check: {total:.0f} ms of processor time"
    head = _HEAD.format(width=_WIDTH, height=_BAR + 14 + len(names) * _LINE, title=title)
    return head + "\n".join([*lines, "</svg>\n"])


def _rectangle(x: float, y: int, width: float, height: int, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{color}"/>'


def main() -> None:
    """Write the picture."""
    FILE.write_text(draw(measure(_ROUNDS)))


if __name__ == "__main__":
    main()
