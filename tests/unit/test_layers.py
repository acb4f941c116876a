"""The layers of a config: the organization's, extended files, the repository's, and flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.config.extends import MAX_FILES
from dlm_git.config.load import (
    Config,
    EffectiveConfig,
    as_toml_table,
    config_keys,
    resolve_config,
)
from dlm_git.config.template import render_config
from dlm_git.errors import DlmGitError

OWN = ".dlm-git.toml"
ORG = "/etc/xdg/dlm-git/config.toml"


def reader(files: Mapping[str, str]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in files:
            raise DlmGitError(f"'{path}' is not a file in the index", "correct the path")
        return files[path].encode()

    return read


def resolve(
    own: str, files: Mapping[str, str] | None = None, org: str | None = None, **flags: object
) -> EffectiveConfig:
    """Return the config of a repository with an own config, other files, and an organization's."""
    return resolve_config(
        {OWN: own.encode()},
        flags,
        organization={} if org is None else {ORG: org.encode()},
        read=reader(files or {}),
    )


def error(*args: Any, **kwargs: Any) -> DlmGitError:
    with pytest.raises(DlmGitError) as caught:
        resolve(*args, **kwargs)
    assert caught.value.hint
    return caught.value


def test_the_nearest_layer_wins_key_by_key() -> None:
    effective = resolve(
        'extends = "team.toml"\nname = "own"\n',
        {"team.toml": 'name = "team"\ninclude = ["team"]\nbase = "team"\n'},
        'name = "org"\ninclude = ["org"]\nbase = "org"\nexclude = ["org"]\n',
        base=["flag"],
    )
    config = effective.config
    assert (config.name, config.include, config.exclude) == ("own", ("team",), ("org",))
    assert config.bases == ("flag",)
    keys = ("name", "include", "exclude", "base", "allow")
    assert [effective.origins[key] for key in keys] == [OWN, "team.toml", ORG, "--base", "default"]
    assert effective.files == (ORG, "team.toml", OWN)
    assert (effective.organization, effective.own_files) == (ORG, ("team.toml", OWN))


def test_lists_of_exceptions_are_joined() -> None:
    effective = resolve(
        'allow = ["own"]\nsecrets = ["!own"]\n[ignore]\na = "own"\nb = "own"\n',
        None,
        'allow = ["org"]\nsecrets = ["org"]\n[ignore]\na = "org"\nc = "org"\n',
        ignore={"c": "flag"},
    )
    config = effective.config
    assert (config.allow, config.secrets) == (("org", "own"), ("org", "!own"))
    assert config.ignore == {"a": "own", "b": "own", "c": "flag"}
    assert effective.joined["ignore"] == effective.setters("ignore") == (ORG, OWN, "--ignore")
    assert effective.origins["ignore"] == "--ignore"


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ('include = ["a"]\nexclude = ["b"]', 'sources = [{path = "c"}]', (None, None, "c")),
        ('sources = [{path = "c"}]', 'exclude = ["b"]', (None, ("b",), None)),
        ('include = ["a"]', 'exclude = ["b"]', (("a",), ("b",), None)),
    ],
)
def test_sources_and_patterns_replace_each_other(outer: str, inner: str, expected: object) -> None:
    effective = resolve(inner, None, outer)
    config = effective.config
    (source,) = config.sources or (None,)
    assert (config.include, config.exclude, source and source.path) == expected
    unset = {key for key in ("include", "exclude", "sources") if getattr(config, key) is None}
    assert {effective.origins[key] for key in unset} == {"default"}


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ('base = "a"\nlocked = ["base"]', 'base = ["a"]'),
        ('base = ["a", "b"]\nlocked = ["base"]', 'base = ["b", "a", "a"]'),
        ('include = ["a", "b"]\nlocked = ["include"]', 'include = ["b", "a"]'),
        ('locked = ["name", "sources-policy"]', 'name = "corpus"\nsources-policy = "strict"'),
        ('allow = ["a", "b"]\nlocked = ["allow"]', 'allow = ["b"]'),
        ('secrets = ["a", "!b"]\nlocked = ["secrets"]', 'secrets = ["a", "!b"]'),
        ('ignore = {a = "x", b = "y"}\nlocked = ["ignore"]', 'ignore = {b = "y"}'),
        ('locked = ["include"]\ninclude = ["a"]', 'exclude = ["b"]'),
        ('sources = [{path = "a"}]\nlocked = ["sources"]', 'sources = [{path = "a"}]'),
    ],
)
def test_a_locked_key_may_be_set_to_an_equal_value(outer: str, inner: str) -> None:
    effective, before = resolve(inner, None, outer), resolve("", None, outer)
    for key in effective.locked.keys() & effective.origins.keys():
        assert as_toml_table(effective.config)[key] == as_toml_table(before.config)[key]
        assert effective.origins[key] == before.origins[key]


@pytest.mark.parametrize(
    ("outer", "inner", "message"),
    [
        (
            '# us\nbase = "a"\nlocked = ["base"]',
            '\nbase = "b"',
            f'{OWN}:2: \'base\' is locked in {ORG}:3: expected "a", found "b"',
        ),
        (
            'locked = ["include"]',
            'include = ["b"]',
            f"{OWN}:1: 'include' is locked in {ORG}:1: expected not set, found [\"b\"]",
        ),
        (
            'include = ["a"]\nlocked = ["include"]',
            'name = "x"\n[[sources]]\npath = "b"',
            f"{OWN}:2: 'include' is locked in {ORG}:2: expected [\"a\"], found 'sources'",
        ),
        (
            'sources = [{path = "a"}]\nlocked = ["sources"]',
            'exclude = ["a"]',
            f"{OWN}:1: 'sources' is locked in {ORG}:2: expected [{{path = \"a\"}}], found 'exc",
        ),
        (
            'locked = ["ignore"]',
            '[[ignore-path]]\npaths = ["a"]\nrules = ["a"]\nreason = "x"\nuntil = 2027-01-31',
            f"{OWN}:1: 'ignore-path' is locked in {ORG}:1: expected not set, found [{{paths =",
        ),
        (
            'ignore = {a = "x"}\nlocked = ["ignore"]',
            '[ignore]\na = "other"',
            f"{OWN}:1: 'ignore' is locked in {ORG}:2: expected {{a = \"x\"}}, found {{a = ",
        ),
        (
            'allow = ["a"]\nlocked = ["allow"]',
            'allow = ["a", "b"]',
            f'{OWN}:1: \'allow\' is locked in {ORG}:2: expected ["a"], found ["a", "b"]',
        ),
        (
            'secrets = ["a", "!b"]\nlocked = ["secrets"]',
            'secrets = ["!a"]',
            f'{OWN}:1: \'secrets\' is locked in {ORG}:2: expected ["a", "!b"], found ["!a"]',
        ),
        (
            'secrets = ["a", "!a"]\nlocked = ["secrets"]',
            'secrets = ["a"]',
            f"{OWN}:1: 'secrets' is locked in",
        ),
        (
            'locked = ["sources-policy"]',
            'sources-policy = "permissive"',
            f"{OWN}:1: 'sources-policy' is locked in {ORG}:1: expected \"strict\"",
        ),
    ],
)
def test_a_locked_key_cannot_be_changed(outer: str, inner: str, message: str) -> None:
    caught = error(inner, None, outer)
    assert caught.message.startswith(message)
    assert f" from {OWN}, or change '" in caught.hint
    assert f"' in {ORG}" in caught.hint


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"base": ["b"]}, "--base: 'base' is locked in .dlm-git.toml:1: expected \"a\""),
        ({"ignore": {"x": "y"}}, "--ignore: 'ignore' is locked in .dlm-git.toml:1"),
        ({"sources-policy": "permissive"}, "--policy: 'sources-policy' is locked in"),
        ({"allow": ["x"]}, "--allow: 'allow' is locked in"),
        ({"include": ["x"]}, "--include: 'include' is locked in"),
    ],
)
def test_flags_cannot_change_what_a_config_locks(flags: dict[str, Any], message: str) -> None:
    own = 'locked = ["base", "ignore", "sources-policy", "allow", "include"]\nbase = "a"'
    caught = error(own, **flags)
    assert caught.message.startswith(message)
    assert caught.hint.startswith(f"omit {message.partition(':')[0]}, or change ")


def test_flags_cannot_replace_locked_sources() -> None:
    caught = error('sources = [{path = "a"}]\nlocked = ["sources"]', include=["x"])
    locked = "--include: 'sources' is locked in .dlm-git.toml:2"
    assert caught.message == f'{locked}: expected [{{path = "a"}}]'
    assert caught.hint == "omit --include, or change 'sources' in .dlm-git.toml"


def test_the_outermost_lock_counts() -> None:
    caught = error(
        'extends = "team.toml"\nbase = "b"',
        {"team.toml": 'base = "a"\nlocked = ["base"]'},
        'base = "a"\nlocked = ["base"]',
    )
    assert ORG in caught.message
    effective = resolve("", None, 'locked = ["ignore", "name"]')
    assert effective.locked == {"ignore": ORG, "ignore-path": ORG, "name": ORG}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('locked = ["bse"]', ":1: 'locked.0' must be 'base' or 'include'", "did you mean 'base'?"),
        ('locked = ["extends"]', ":1: 'locked.0' must be 'base'", ""),
        ('locked = "base"', ":1: 'locked' must be a list of strings", ""),
        ('extends = ""', ":1: 'extends' must be a non-empty string", ""),
        ('extends = "/etc/x.toml"', ":1: 'extends' must be a relative path", ""),
        ('extends = ["a"]', ":1: 'extends' must be a non-empty string", ""),
        ('extends = "a\\nb"', ":1: 'extends' must be a relative path without control", ""),
        ('\nextends = "../x.toml"', ":2: 'extends' must be a path inside the repository", "copy"),
        ('extends = "a/../../x.toml"', ":1: 'extends' must be a path inside", "copy"),
        ('extends = "gone.toml"', ":1: 'extends': 'gone.toml' is not a file in the index", ""),
        ('extends = ".dlm-git.toml"', ":1: 'extends' leads in a circle: .dlm-git.toml -> .dlm", ""),
    ],
)
def test_errors_name_the_line(text: str, message: str, hint: str) -> None:
    caught = error(text)
    assert caught.message.startswith(f"{OWN}{message}"), caught.message
    assert caught.hint.startswith(hint)


def test_an_extended_path_is_relative_to_its_file() -> None:
    files = {
        "policy/a.toml": 'extends = "b.toml"\nname = "a"',
        "policy/b.toml": 'extends = "../c.toml"\nname = "b"\nbase = "b"',
        "c.toml": 'base = "c"\ninclude = ["c"]',
    }
    effective = resolve('extends = "./policy/a.toml"', files)
    assert effective.files == ("c.toml", "policy/b.toml", "policy/a.toml", OWN)
    config = effective.config
    assert (config.name, config.base, config.include) == ("a", "b", ("c",))


def test_a_circle_is_an_error() -> None:
    files = {"a.toml": 'extends = "b/b.toml"', "b/b.toml": '\nextends = "../a.toml"'}
    caught = error('extends = "a.toml"', files)
    circle = ".dlm-git.toml -> a.toml -> b/b.toml -> a.toml"
    assert caught.message == f"b/b.toml:2: 'extends' leads in a circle: {circle}"


def test_chains_are_limited() -> None:
    files = {f"{n}.toml": f'extends = "{n + 1}.toml"' for n in range(20)}
    caught = error('extends = "0.toml"', files)
    assert (
        caught.message == f"{MAX_FILES - 2}.toml:1: more than {MAX_FILES} files extend each other"
    )
    last = {**files, f"{MAX_FILES - 2}.toml": 'base = "x"'}
    assert resolve('extends = "0.toml"', last).config.base == "x"


def test_a_shared_file_can_be_extended() -> None:
    files = {"tools/pyproject.toml": '[tool.dlm-git]\nbase = "x"\nlocked = ["base"]'}
    own = 'extends = "tools/pyproject.toml"'
    assert resolve(own, files).config.base == "x"
    caught = error(f'{own}\nbase = "y"', files)
    assert "'base' is locked in tools/pyproject.toml:3" in caught.message
    caught = error(own, {"tools/pyproject.toml": "[tool.ruff]"})
    assert caught.message == "'tools/pyproject.toml' does not configure dlm-git"


def test_errors_in_other_files_name_them() -> None:
    assert error("", None, "bse = 1").message == f"{ORG}:1: unknown key 'bse'"
    caught = error('extends = "a.toml"', {"a.toml": "\nbse = 1"})
    assert caught.message == "a.toml:2: unknown key 'bse'"
    caught = error("", None, '\nextends = "a.toml"')
    assert caught.message == f"{ORG}:2: the organization's config cannot extend another file"


def test_a_config_of_a_flag_cannot_extend() -> None:
    with pytest.raises(
        DlmGitError, match=r"^org\.toml:1: 'extends' is read only in a config of the"
    ):
        resolve_config({"org.toml": b'extends = "a.toml"'}, {})


_TEXTS = st.sampled_from(["a", "b", "!a", "src"])
_LISTS = st.lists(_TEXTS, max_size=2).map(tuple)
_NONE = st.none()
_CONFIGS = st.builds(
    Config,
    base=_TEXTS | st.lists(_TEXTS, min_size=1, max_size=2).map(tuple) | st.just(()),
    include=_NONE | _LISTS,
    exclude=_NONE | _LISTS,
    sources_policy=st.sampled_from(["strict", "permissive"]),
    name=st.sampled_from(["corpus", "a"]),
    allow=_LISTS,
    secrets=_LISTS,
    ignore=st.dictionaries(_TEXTS, _TEXTS, max_size=2),
)
_LOCKED = st.lists(st.sampled_from([*config_keys()]), max_size=3)


def _text(config: Config, locked: list[str], head: str = "") -> str:
    return f"{head}locked = {locked!r}\n{render_config(config)}".replace(
        'sources-policy = "strict"\n', ""
    )


_JOINED = ("allow", "secrets", "ignore")


@given(org=_CONFIGS, team=_CONFIGS, own=_CONFIGS, locked=_LOCKED, team_locked=_LOCKED)
def test_locked_keys_keep_their_value_and_the_nearest_wins(
    org: Config, team: Config, own: Config, locked: list[str], team_locked: list[str]
) -> None:
    texts = (_text(own, [], 'extends = "t"\n'), {"t": _text(team, team_locked)}, _text(org, locked))
    effective = message = None
    try:
        effective = resolve(*texts)
    except DlmGitError as caught:
        message = caught.message
    if effective is None:
        assert message
        assert " is locked in " in message
        return
    value, outer = as_toml_table(effective.config), as_toml_table(org)
    assert [value[key] for key in locked] == [outer[key] for key in locked]
    default = as_toml_table(Config())
    layers = [as_toml_table(config) for config in (own, team, org)]
    for key in {*config_keys()} - {*_JOINED, *locked, *team_locked}:
        set_ = [each[key] for each in layers if each[key] != default[key]]
        assert value[key] == next(iter(set_), default[key])
