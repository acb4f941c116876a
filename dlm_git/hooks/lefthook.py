"""The config of lefthook (https://lefthook.dev/configuration)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dlm_git.hooks.check_call import names_dlm_git
from dlm_git.hooks.reading import NONE, Reading, strongest, uncertain
from dlm_git.hooks.shell import read_script

_STEMS = ("lefthook", ".lefthook", ".config/lefthook")
_ENDINGS = ("yml", "yaml", "toml", "json", "jsonc")
CONFIGS = tuple(f"{stem}.{ending}" for stem in _STEMS for ending in _ENDINGS)
OVERRIDES = tuple(f"{stem}-local.{ending}" for stem in _STEMS for ending in _ENDINGS)
# keys of the config, of a hook and of a job that do not decide whether the job runs, or what
_CONFIG_KEYS = {
    *("assert_lefthook_installed", "colors", "min_version", "no_auto_install", "no_tty", "output"),
    *("skip_output", "source_dir", "source_dir_local", "skip_lfs", "install_non_git_hooks"),
}
_HOOK_KEYS = {"commands", "jobs", "scripts", "parallel", "piped", "follow"}
_JOB_KEYS = {"name", "run", "use_stdin", "fail_text", "priority", "interactive"}


def read_config(config: Mapping[str, Any], hook: str) -> Reading:
    """Return whether a config runs dlm-git at a hook."""
    section = config.get(hook)
    if not isinstance(section, dict) or not names_dlm_git(str(section)):
        return NONE
    others = {key for key, value in config.items() if not isinstance(value, dict)} - _CONFIG_KEYS
    extra = [*sorted(map(str, others)), *sorted(map(str, section.keys() - _HOOK_KEYS))]
    if extra:
        return uncertain(f"the key `{extra[0]}` may change what runs")
    readings = [_read_job(name, job, hook) for name, job in _jobs(section)]
    return strongest(uncertain(f"`{hook}:` names dlm-git, but not as a command"), *readings)


def addition(hook: str) -> str:
    """Return the command that runs dlm-git at a hook."""
    if hook == "pre-push":
        return "dlm-git: {run: 'dlm-git pre-push {1} {2}', use_stdin: true}"
    return "dlm-git: {run: dlm-git check}"


def _jobs(section: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    commands, jobs = section.get("commands"), section.get("jobs")
    items = list(commands.items()) if isinstance(commands, dict) else []
    if isinstance(jobs, list):
        items += [(job.get("name"), job) for job in jobs if isinstance(job, dict)]
    yield from ((str(name), job) for name, job in items if isinstance(job, dict))


def _read_job(name: str, job: Mapping[str, Any], hook: str) -> Reading:
    if not names_dlm_git(str(job.get("run"))):
        return NONE
    extra = sorted(str(key) for key in job if key not in _JOB_KEYS)
    if extra:
        return uncertain(f"the job {name} has the key `{extra[0]}`")
    if hook == "pre-push" and job.get("use_stdin") is not True:
        return uncertain(f"the job {name} gets no pushed refs: set `use_stdin: true`")
    run = str(job["run"])
    for template, words in (("{0}", '"$@"'), ("{1} {2}", '"$1" "$2"')):
        run = run.replace(template, words)
    if "{" in run:
        return uncertain(f"the job {name} depends on a list of files or a template")
    reading = read_script(run.encode(), hook)
    return (
        reading._replace(reason=f"the job {name}: {reading.reason}") if reading.reason else reading
    )
