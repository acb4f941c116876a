"""Compare a document with the options of `init`, and with the document that replaces it."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import normpath

from dlm_git.config.load import Config
from dlm_git.config.toml_value import toml_value
from dlm_git.document.frontmatter import Frontmatter
from dlm_git.document.parser import Document, find_id, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.operations.init_checks import InitContext, relative_source


def differences(context: InitContext, frontmatter: Frontmatter) -> list[tuple[str, object, object]]:
    """Return the name, the value and the requested value of each setting that differs."""
    sources = frontmatter.training.sources or ()
    settings: dict[str, object] = {
        "base model": frontmatter.base_model,
        "sources policy": frontmatter.training.sources_policy,
        "sources": sorted({normpath(source.path) for source in sources}),
        "include": sorted({glob for source in sources for glob in source.include}),
        "exclude": sorted({glob for source in sources for glob in source.exclude}),
    }
    requested = _requested(context)
    return [
        (name, settings[name], value)
        for name, value in requested.items()
        if value != settings[name]
    ]


def check_config(context: InitContext, *, dry_run: bool) -> None:
    """Raise DlmGitError if the options contradict the config of the working tree.

    A corpus that the config does not list yet can have any values, except those of locked keys.
    One that it lists has one name; a dry run with another name prints a new id.
    """
    config, origins = context.configured.config, context.configured.origins
    requested = _requested(context) | _requested_name(context)
    expected: dict[str, tuple[str, tuple[object, ...]]] = {
        "base model": ("base", context.bases),
        "sources policy": ("sources-policy", (config.sources_policy,)),
        "include": ("include", (_sorted(config.include),)),
        "exclude": ("exclude", (_sorted(config.exclude),)),
        "name": ("name", (config.name,)),
        "sources": _expected_paths(config),
    }
    is_named = context.whole.config.corpus and not (dry_run or context.added)
    contradictions = [
        (setting, key, values, requested[setting])
        for setting, (key, values) in expected.items()
        if setting in requested
        and (context.is_enforced(key) or (setting == "name" and is_named))
        and requested[setting] not in values
    ]
    if contradictions:
        configured = ", ".join(f"{name} {_one_of(values)}" for name, _, values, _ in contradictions)
        values = ", ".join(f"{name} {value!r}" for name, _, _, value in contradictions)
        keys = " and ".join(f"'{key}'" for _, key, _, _ in contradictions)
        listed = f" of corpus '{config.root or '.'}'" if context.whole.config.corpus else ""
        named = [origins[key] for _, key, _, _ in contradictions if origins[key] != "default"]
        files = " and ".join(dict.fromkeys(named)) or context.configured.config_file
        hint = f"change {keys}{listed} in {files}, or omit the option"
        if keys == "'base'" and context.config.corpus_path != config.corpus_path:
            entry = toml_value(
                {"path": context.config.corpus_path, "base": requested["base model"]}
            )
            hint = f"write `{entry}` under 'allow' in {context.configured.config_file}"
        raise DlmGitError(f"'{files}' expects {configured}; you asked for {values}", hint)


def _expected_paths(config: Config) -> tuple[str, tuple[list[str]]]:
    """Return the key that sets the sources, and their paths."""
    if config.sources is not None:
        return "sources", (sorted(normpath(source.path) for source in config.sources),)
    return "exclude" if config.include is None else "include", (["."],)


def _requested_name(context: InitContext) -> dict[str, object]:
    name = context.options.flags.get("name")
    return {} if name is None else {"name": name}


def _one_of(values: Sequence[object]) -> str:
    return " or ".join(map(repr, values))


def _sorted(patterns: Sequence[str] | None) -> list[str]:
    return sorted(set(patterns or ()))


def _requested(context: InitContext) -> dict[str, object]:
    """Return the settings that the options name; the config does not count."""
    options = context.options
    settings = {
        "base model": options.base,
        "sources policy": options.flags.get("sources-policy"),
        "include": options.include,
        "exclude": options.flags.get("exclude"),
        "sources": [relative_source(context, path) for path in options.sources] or None,
    }
    return {
        name: sorted(set(value)) if isinstance(value, list | tuple) else value
        for name, value in settings.items()
        if value is not None
    }


def dropped(old: bytes, new: str) -> tuple[str, ...]:
    """Return the contents of a document that its replacement lacks, in words."""
    before, after = parse_document(old), parse_document(new.encode())
    items = [] if find_id(old) else ["its id (unreadable)"]
    if before.parse_error:
        return (*items, "all other content (not parsable)")
    items += [f"'{key}'" for key in sorted(_keys(before) - _keys(after))]
    count = len(before.body.sections)
    if count and _contents(before) != _contents(after):
        items.append(f"the body of {count} section{'s' if count > 1 else ''}")
    return tuple(items)


def _contents(document: Document) -> list[str]:
    return [section.content for section in document.body.sections]


def _keys(document: Document) -> set[str]:
    """Return the keys of the frontmatter and of its `training`."""
    value = document.tree.value if document.tree else None
    if not isinstance(value, dict):
        return set()
    training = value.get("training")
    inner = {f"training.{key}" for key in training} if isinstance(training, dict) else set()
    return {str(key) for key in value} | inner
