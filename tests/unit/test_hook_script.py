"""Hook scripts that dlm-git wrote are recognized, and no others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlm_git.cli.commands.hooks import HOOKS
from dlm_git.hooks import script
from dlm_git.hooks.script import ScriptInfo

PROGRAMS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.sampled_from(HOOKS), PROGRAMS, st.booleans())
def test_a_written_script_is_recognized(name: str, program: str, made: bool) -> None:
    text = script.script(name, program, created_directory=made)
    assert script.parse_script(text) == ScriptInfo(script.VERSION, made, program)
    assert script.is_config_command(name, script.config_command(name, program))


@given(st.sampled_from(HOOKS), PROGRAMS, st.data())
def test_a_modified_script_is_not_recognized(name: str, program: str, data: st.DataObject) -> None:
    text = script.script(name, program)
    at = data.draw(st.integers(text.index(b"\n", 12) + 1, len(text)))
    assert script.parse_script(text[:at] + b"x" + text[at:]) is None


@given(st.binary())
def test_other_bytes_are_not_recognized(data: bytes) -> None:
    assert script.parse_script(data) is None
