"""The config of lefthook (https://lefthook.dev/configuration)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dlm_git.hooks.check_call import names_dlm_git
from dlm_git.hooks.reading import NONE, Reading, strongest, uncertain
from dlm_git.hooks.shell import read_script

# returns the content of a file below the root of the working tree, None if there is none
ReadFile = Callable[[str], bytes | None]
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
_JOB_KEYS = {"name", "run", "runner", "use_stdin", "fail_text", "priority", "interactive"}
_SHELLS = ("sh", "bash")


def read_config(config: Mapping[str, Any], hook: str, read: ReadFile) -> Reading:
    """Return whether a config runs dlm-git at a hook.

    read: returns the content of a file, such as that of a script.
    """
    section = config.get(hook)
    if not isinstance(section, dict):
        return NONE
    jobs = [_read_job(name, job, hook) for name, job in _jobs(section)]
    contents = [(name, read(file), job) for name, file, job in _scripts(config, hook)]
    reading = strongest(*jobs, *(_read_script(*script, hook) for script in contents))
    if reading.verdict == "none":
        named = names_dlm_git(str(section))
        return uncertain(f"`{hook}:` names dlm-git, but not as a command") if named else NONE
    others = {key for key, value in config.items() if not isinstance(value, dict)} - _CONFIG_KEYS
    extra = [*sorted(map(str, others)), *sorted(map(str, section.keys() - _HOOK_KEYS))]
    return uncertain(f"the key `{extra[0]}` may change what runs") if extra else reading


def addition(hook: str) -> str:
    """Return what runs dlm-git at a hook, and where it belongs.

    At a push, lefthook skips commands if HEAD has no files to push, but runs scripts.
    """
    if hook == "pre-push":
        script = f"`dlm-git.sh: {{runner: sh, use_stdin: true}}` below `{hook}:` and `scripts:`"
        return (
            f"""the file '.lefthook/{hook}/dlm-git.sh' with `dlm-git pre-push "$@"`, and {script}"""
        )
    return f"`dlm-git: {{run: dlm-git check}}` below `{hook}:` and `commands:`"


def _jobs(section: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    commands, jobs = section.get("commands"), section.get("jobs")
    items = list(commands.items()) if isinstance(commands, dict) else []
    if isinstance(jobs, list):
        items += [(job.get("name"), job) for job in jobs if isinstance(job, dict)]
    yield from ((str(name), job) for name, job in items if isinstance(job, dict))


def _scripts(config: Mapping[str, Any], hook: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the name, the file and the settings of each script."""
    scripts = config[hook].get("scripts")
    directory = config.get("source_dir", ".lefthook")
    for name, script in scripts.items() if isinstance(scripts, dict) else ():
        yield str(name), f"{directory}/{hook}/{name}", script if isinstance(script, dict) else {}


def _read_job(name: str, job: Mapping[str, Any], hook: str) -> Reading:
    if not names_dlm_git(str(job.get("run"))):
        return NONE
    problem = _problem(job)
    if problem:
        return uncertain(f"the job {name} {problem}")
    if hook == "pre-push":
        return uncertain(f"the job {name} is skipped if HEAD has no files to push: use a script")
    run = str(job["run"])
    if "{" in run:
        return uncertain(f"the job {name} depends on a list of files or a template")
    return _named(name, read_script(run.encode(), hook))


def _read_script(name: str, data: bytes | None, job: Mapping[str, Any], hook: str) -> Reading:
    reading = read_script(data or b"", hook)
    if reading.verdict == "none":
        return NONE
    problem = _problem(job)
    if not problem and job.get("runner") not in _SHELLS:
        problem = f"has the runner {job.get('runner')}"
    if not problem and hook == "pre-push" and job.get("use_stdin") is not True:
        problem = "gets no pushed refs: set `use_stdin: true`"
    return uncertain(f"the script {name} {problem}") if problem else _named(name, reading)


def _problem(job: Mapping[str, Any]) -> str:
    extra = sorted(str(key) for key in job if key not in _JOB_KEYS)
    return f"has the key `{extra[0]}`" if extra else ""


def _named(name: str, reading: Reading) -> Reading:
    return reading.replace(reason=f"{name}: {reading.reason}") if reading.reason else reading
