"""`dlm-git install --global`: hooks in the user's config, for each repository with a document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlm_git.cli.commands.hooks import HOOKS
from tests.support import (
    COMMAND,
    CORPUS,
    GIT_VERSION,
    GOOD,
    NOT_CONFIGURED,
    PROJECT,
    Repo,
    Result,
    expect_clean,
    expect_error,
    expect_findings,
    new_repo,
    on_git,
)

BAD = GOOD.replace('path: "."', 'path: "/srv/shop"')
HELP = "  help: `dlm-git install --global` installs them\n"
NO_FINDINGS = Result(0, NOT_CONFIGURED, "")
NOTHING = Result(0, "", "")


def lines(state: str) -> str:
    """Return a line for each hook with its state."""
    return "".join(f"hook.dlm-git-{name}: {state}\n" for name in HOOKS)


@pytest.fixture
def modern(repo: Repo, modern_git: Path) -> Repo:
    """An empty repository with a git that says that it runs hooks of its config."""
    return on_git(repo, modern_git)


@pytest.fixture
def used(modern: Repo) -> Repo:
    """A repository with a document, of a user who has installed the hooks for all of them."""
    expect_clean(modern.run(COMMAND, "install", "--global"))
    modern.add(CORPUS, GOOD)
    modern.add("a.py")
    modern.commit()
    return modern


def user_config(repo: Repo) -> str:
    return Path(repo.environ["GIT_CONFIG_GLOBAL"]).read_text()


def run_hook(repo: Repo, name: str, *args: str, data: bytes = b"") -> Result:
    """Run the command of a hook as Git does: as it runs an alias that begins with `!`."""
    value = repo.git("config", "--get", f"hook.dlm-git-{name}.command")
    return repo.run("git", "-c", f"alias.as-a-hook=!{value}", "as-a-hook", *args, data=data)


def test_hooks_are_installed_for_a_user(modern: Repo, tmp_path: Path) -> None:
    before = user_config(modern)
    for directory in (modern.path, tmp_path):
        none = expect_findings(modern.run(COMMAND, "status", "--global", cwd=directory))
        assert none == lines("not installed") + HELP
    assert expect_clean(modern.run(COMMAND, "install", "--global", cwd=tmp_path)) == lines(
        "installed"
    )
    installed = user_config(modern)
    assert installed.startswith(before)
    for name in HOOKS:
        assert modern.git("config", "--global", "--get-all", f"hook.dlm-git-{name}.event") == name
    again = expect_clean(modern.run(COMMAND, "install", "--global"))
    assert again == lines("already installed (in your Git config)")
    assert user_config(modern) == installed
    status = expect_clean(modern.run(COMMAND, "status", "--global", cwd=tmp_path))
    assert status == lines("installed (in your Git config)")
    assert not list((modern.path / ".git/hooks").glob("pre-*[!e]"))
    assert expect_clean(modern.run(COMMAND, "uninstall", "--global")) == lines("removed")
    assert user_config(modern) == before
    gone = expect_clean(modern.run(COMMAND, "uninstall", "--global"))
    assert gone == "no dlm-git hooks are installed\n"


def test_some_hooks_are_installed(modern: Repo) -> None:
    option = ("--global", "--hook", "pre-push")
    assert expect_clean(modern.run(COMMAND, "install", *option)) == (
        "hook.dlm-git-pre-push: installed\n"
    )
    expect_clean(modern.run(COMMAND, "status", *option))
    expect_findings(modern.run(COMMAND, "status", "--global"), "pre-commit: not installed")


@pytest.mark.parametrize("name", ["pre-commit", "pre-merge-commit"])
def test_a_repository_with_a_document_is_checked(used: Repo, name: str) -> None:
    assert run_hook(used, name) == NO_FINDINGS
    used.add(CORPUS, BAD)
    expect_findings(run_hook(used, name), "absolute-source-path")
    used.git("rm", "--quiet", "--force", CORPUS)
    expect_findings(run_hook(used, name), "missing-corpus")


def test_a_repository_without_a_document_is_left_alone(used: Repo, tmp_path: Path) -> None:
    other = new_repo(tmp_path / "other", tmp_path / "home")
    other = Repo(other.path, used.environ)
    refs = b"refs/heads/main " + b"1" * 40 + b" refs/heads/main " + b"0" * 40 + b"\n"
    for step in (lambda: None, lambda: other.add("a.py"), other.commit):
        step()
        for name in HOOKS:
            args = ("origin", "url") if name == "pre-push" else ()
            assert run_hook(other, name, *args, data=refs) == NOTHING
    other.add("pyproject.toml", "[tool.ruff]\n# not dlm-git\n")
    other.write(CORPUS, BAD)  # not tracked
    assert run_hook(other, "pre-commit") == NOTHING


_USED = pytest.mark.parametrize(
    ("path", "text"),
    [
        (".dlm/other.dlm", "x\n"),
        ("services/a/.dlm/corpus.dlm", "x\n"),
        (".dlm-git.toml", ""),
        ("pyproject.toml", "[project]\n[tool.dlm-git]\n"),
    ],
)


@_USED
@pytest.mark.parametrize("committed", [False, True])
def test_a_document_or_a_config_makes_the_hook_check(
    used: Repo, tmp_path: Path, path: str, text: str, committed: bool
) -> None:
    other = Repo(new_repo(tmp_path / "other", tmp_path / "home").path, used.environ)
    other.git("config", "grep.patternType", "fixed")
    other.add(path, text)
    if committed:
        other.commit()
        other.git("rm", "--quiet", path)
    expect_findings(run_hook(other, "pre-commit"), "missing-corpus")


def test_pushes_are_checked(used: Repo) -> None:
    used.add(CORPUS, BAD)
    commit = used.commit()
    refs = f"refs/heads/main {commit} refs/heads/main {'0' * 40}\n".encode()
    result = run_hook(used, "pre-push", "origin", "url", data=refs)
    expect_findings(result, "absolute-source-path")


def test_the_status_of_a_repository_includes_them(used: Repo) -> None:
    installed = lines("installed (in your Git config)")
    assert expect_clean(used.run(COMMAND, "status")) == installed
    doctor = used.run(COMMAND, "doctor").out
    assert re.search(r"ok +pre-commit +hook.dlm-git-pre-commit runs `dlm-git check", doctor)
    used.git("config", "hook.dlm-git-pre-commit.enabled", "false")
    disabled = expect_findings(used.run(COMMAND, "status"), "hook.dlm-git-pre-commit: disabled")
    assert "hook.dlm-git-pre-push: installed (in your Git config)" in disabled
    assert "pre-commit: not installed" not in disabled


def test_uninstall_in_a_repository_keeps_them(used: Repo) -> None:
    before = user_config(used)
    assert expect_clean(used.run(COMMAND, "uninstall")) == "no dlm-git hooks are installed\n"
    assert user_config(used) == before


def test_hooks_of_a_repository_override_them(used: Repo) -> None:
    assert expect_clean(used.run(COMMAND, "install", "--configured")) == lines("installed")
    assert expect_clean(used.run(COMMAND, "status")) == lines("installed")
    expect_clean(used.run(COMMAND, "uninstall"))
    assert expect_clean(used.run(COMMAND, "status")) == lines("installed (in your Git config)")


def test_outdated_and_disabled_hooks_are_updated(used: Repo) -> None:
    used.git("config", "--global", "hook.dlm-git-pre-commit.command", "dlm-git check")
    used.git("config", "--global", "hook.dlm-git-pre-push.enabled", "false")
    expect_findings(
        used.run(COMMAND, "status", "--global"),
        "pre-commit: outdated (in your Git config): `dlm-git install --global` updates it\n",
        "pre-push: disabled in the config",
    )
    out = expect_clean(used.run(COMMAND, "install", "--global"))
    assert out.count(": updated\n") == 2
    assert expect_clean(used.run(COMMAND, "status", "--global")) == lines(
        "installed (in your Git config)"
    )


def test_settings_of_the_user_stay(modern: Repo) -> None:
    modern.git("config", "--global", "core.hooksPath", "~/hooks")
    modern.git("config", "--global", "init.templateDir", "~/template")
    modern.git("config", "--global", "hook.lint.command", "make lint")
    modern.git("config", "--global", "hook.lint.event", "pre-commit")
    before = user_config(modern)
    expect_clean(modern.run(COMMAND, "install", "--global"))
    assert user_config(modern).startswith(before)
    expect_clean(modern.run(COMMAND, "uninstall", "--global"))
    assert user_config(modern) == before


def test_an_older_git_is_refused(repo: Repo, old_git: Path) -> None:
    repo, before = on_git(repo, old_git), user_config(repo)
    message = "hooks in the config need git 2.54 or later, found git 2.53"
    expect_error(repo.run(COMMAND, "install", "--global"), message, "`init.templateDir`")
    assert user_config(repo) == before
    expect_findings(repo.run(COMMAND, "status", "--global"), "not installed")


@pytest.mark.usefixtures("used")
def test_hooks_that_an_older_git_does_not_run_are_reported(repo: Repo) -> None:
    if GIT_VERSION >= (2, 54):
        pytest.skip("needs an older git")
    expect_findings(repo.run(COMMAND, "status", "--global"), "git is older than 2.54")
    expect_clean(repo.run(COMMAND, "uninstall", "--global"))


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("install", (".",)),
        ("install", ("--drivers",)),
        ("install", ("--configured",)),
        ("install", ("--force",)),
        ("uninstall", ("--drivers",)),
        ("status", ("--run",)),
        ("status", (".",)),
    ],
)
def test_options_about_one_repository_are_refused(
    modern: Repo, command: str, options: tuple[str, ...]
) -> None:
    before = user_config(modern)
    expect_error(modern.run(COMMAND, command, "--global", *options), "--global is about all")
    assert user_config(modern) == before


def test_a_config_that_cannot_be_written_is_an_error(modern: Repo) -> None:
    lock = Path(f"{modern.environ['GIT_CONFIG_GLOBAL']}.lock")
    lock.touch()
    expect_error(modern.run(COMMAND, "install", "--global"), "cannot set 'hook.dlm-git-pre-commit")


@pytest.mark.slow
def test_git_runs_them(repo: Repo, tmp_path: Path) -> None:
    if GIT_VERSION < (2, 54):
        pytest.skip("needs git 2.54")
    expect_clean(repo.run(COMMAND, "install", "--global"))
    repo.add("a.py")
    repo.git("commit", "--quiet", "--message", "unrelated")
    repo.add(CORPUS, BAD)
    refused = repo.run("git", "commit", "--message", "x")
    assert (refused.code, "absolute-source-path" in refused.err + refused.out) == (1, True)
    repo.commit()
    bare = tmp_path / "bare.git"
    repo.git("init", "--quiet", "--bare", str(bare))
    assert repo.run("git", "push", str(bare), "main").code == 1
    repo.git("config", "hook.dlm-git-pre-push.enabled", "false")
    repo.git("push", "--quiet", str(bare), "main")


# init.templateDir


@pytest.fixture
def template(repo: Repo) -> Repo:
    """An empty repository of a user who has made a template as documented."""
    page = (PROJECT / "docs/hooks.md").read_text().partition("### Hooks in new clones\n")[2]
    recipe = page.partition("```sh\n")[2].partition("```")[0]
    assert repo.run("sh", "-ec", recipe) == NOTHING
    return repo


@pytest.mark.parametrize("way", ["init", "clone", "existing"])
def test_hooks_of_a_template_check(template: Repo, tmp_path: Path, way: str) -> None:
    source = new_repo(tmp_path / "source", tmp_path / "home")
    source.add(CORPUS, GOOD)
    source.git("commit", "--quiet", "--no-verify", "--message", "x")
    clone = Repo(tmp_path / "clone", template.environ)
    if way == "clone":
        source.git("clone", "--quiet", str(source.path), str(clone.path))
    elif way == "init":
        source.git("init", "--quiet", str(clone.path))
    else:
        clone = Repo(template.path, template.environ)  # older than the template
        clone.git("init", "--quiet")
    clone.add("a.py")
    clone.add(CORPUS, GOOD)
    clone.git("commit", "--quiet", "--message", "good")
    clone.add(CORPUS, BAD)
    refused = clone.run("git", "commit", "--message", "bad")
    assert refused.code == 1
    assert "absolute-source-path" in refused.out + refused.err
    clone.git("commit", "--quiet", "--no-verify", "--message", "bad")
    bare = tmp_path / "bare.git"
    clone.git("init", "--quiet", "--bare", str(bare))
    pushed = clone.run("git", "push", str(bare), "HEAD:refs/heads/new")
    assert pushed.code == 1
    assert "absolute-source-path" in pushed.out + pushed.err


def test_hooks_of_a_template_leave_other_repositories_alone(template: Repo, tmp_path: Path) -> None:
    other = new_repo(tmp_path / "other", tmp_path / "home")
    assert (other.path / ".git/hooks/pre-push").is_file()
    other.add("a.py")
    assert other.run("git", "commit", "--quiet", "--message", "x") == NOTHING
    bare = tmp_path / "bare.git"
    template.git("init", "--quiet", "--bare", str(bare))
    assert other.run("git", "push", "--quiet", str(bare), "main") == NOTHING


@_USED
def test_hooks_of_a_template_check_what_has_a_document_or_a_config(
    template: Repo, tmp_path: Path, path: str, text: str
) -> None:
    other = Repo(new_repo(tmp_path / "other", tmp_path / "home").path, template.environ)
    other.add(path, text)
    refused = other.run("git", "commit", "--quiet", "--message", "x")
    assert (refused.code, "missing-corpus" in refused.err + refused.out) == (1, True)


@pytest.mark.usefixtures("template")
def test_the_status_of_hooks_of_a_template(tmp_path: Path) -> None:
    clone = new_repo(tmp_path / "clone", tmp_path / "home")
    clone.add(CORPUS, GOOD)
    clone.add("a.py")
    clone.commit()
    expect_findings(clone.run(COMMAND, "status"), ".git/hooks/pre-commit: uncertain")
    option = ("--run", "--hook", "pre-commit")
    expect_clean(clone.run(COMMAND, "status", *option))
