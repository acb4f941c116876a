"""Completion scripts for bash, zsh and fish; SCRIPTS has the function for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from shlex import quote

from dlm_git.cli.introspect import Argument, Command

_REFS = ("REV",)
_LIST_REFS = "for-each-ref '--format=%(refname:short)' 2>/dev/null"
_PATHS = ("FILE", "DIRECTORY", "PATH", "REPOSITORY")

# readline completes paths itself, since only it can quote a name with blanks or brackets; bash
# before version 4 has no `compopt`. A word of COMP_WORDS is as it was typed, with its quotes.
# A name of a ref can contain `$(...)`, which `compgen -W` would run.
# git's own completion script calls `_git_dlm` to complete `git dlm`
_BASH = """\
_dlm_git_refs() {{
    local ref
    while IFS= read -r ref; do
        [[ $ref != "$current"* ]] || COMPREPLY+=("$ref")
    done < <(git "${{directories[@]}}" {list_refs})
}}
_dlm_git_paths() {{
    local path
    COMPREPLY=()
    ! compopt -o "$2" 2>/dev/null || return 0
    while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$current")
}}
_dlm_git() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
    local command="" word option="" flags="" plain="" paths="" directories=()
    local quotes=$'[\\\\\\\\"\\']'
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $before == "=" ]]; then
        before="${{COMP_WORDS[COMP_CWORD-2]}}"
    fi
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$option$word" in
            -C) option="-C=" ;;
            -C=*) directories+=(-C "${{word//$quotes/}}"); option="" ;;
            {names}) command="$word"; break ;;
        esac
    done
    if [[ -n $option ]]; then
        _dlm_git_paths -d dirnames
        return
    fi
    case "$command $before" in
{values}
    esac
    case "$command" in
{words}
    esac
    [[ $current != -* ]] || plain="$flags"
    COMPREPLY=($(compgen -W "$plain" -- "$current"))
    [[ $current == -* || -z $paths ]] || _dlm_git_paths -f default
}}
_git_dlm() {{ _dlm_git; }}
complete -o filenames -F _dlm_git dlm-git git-dlm
"""
# As a file of `fpath`, it is the body of the function `_dlm-git`, or `_git-dlm`. A `compinit`
# behind the line that sources it would forget the function, so the first prompt registers it.
_ZSH = """\
#compdef dlm-git git-dlm
_dlm_git_refs() {{
    compadd -- ${{(f)"$(git $directories {list_refs})"}}
}}
_dlm_git() {{
    local -a commands directories
    commands=(
{commands}
    )
    while [[ ${{words[2]}} == -C ]] && (( CURRENT > 3 )); do
        directories+=(-C ${{words[3]}})
        words[2,3]=(); (( CURRENT -= 2 ))
    done
    if [[ ${{words[2]}} == -C ]] && (( CURRENT == 3 )); then
        _files -/
        return
    fi
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=${{words[2]}}
    shift words; (( CURRENT-- ))
    case $command in
{cases}
    esac
}}
_git-dlm() {{ _dlm_git "$@" }}
_dlm_git_register() {{
    precmd_functions=(${{precmd_functions:#_dlm_git_register}})
    (( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit -i -D }}
    compdef _dlm_git dlm-git git-dlm
}}
if [[ ${{funcstack[1]}} == (_dlm-git|_git-dlm) ]]; then
    _dlm_git "$@"
else
    precmd_functions+=(_dlm_git_register)
fi
"""


_FISH = """\
function __dlm_git_needs_command
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        test "$words[1]" = -C; or return 1
        set -e words[1..2]
    end
    true
end
function __dlm_git_refs
    set -l words (commandline -opc)
    set -e words[1]
    set -l directories
    while test "$words[1]" = -C
        set -a directories $words[1..2]
        set -e words[1..2]
    end
    git $directories {list_refs}
end
complete -c dlm-git -f
complete -c dlm-git -n __dlm_git_needs_command -s C -x -a '(__fish_complete_directories)' -d {help}
"""


def bash(commands: Sequence[Command]) -> str:
    """Return the script for bash, which also completes `git dlm`."""
    named = [command for command in commands if command.name]
    names = " ".join(command.name for command in named)
    values = [
        f"        {_patterns(command, option)}) {_bash_values(option)}; return ;;"
        for command in named
        for option in command.arguments
        if option.flags and option.value
    ]
    words = [
        f"        {quote(command.name)}) {_bash_words(command, names)} ;;" for command in commands
    ]
    return _BASH.format(
        names=names.replace(" ", "|"),
        values="\n".join(values),
        words="\n".join(words),
        list_refs=_LIST_REFS,
    )


def zsh(commands: Sequence[Command]) -> str:
    """Return the script for zsh, to source, or to store as `_dlm-git` in a directory of `fpath`."""
    named = [command for command in commands if command.name]
    listed = (f"        {quote(f'{command.name}:{_summary(command)}')}" for command in named)
    cases = (
        "\n".join(
            [
                f"        {command.name}) _arguments \\",
                " \\\n".join(f"            {spec}" for spec in _zsh_specs(command)) + " ;;",
            ]
        )
        for command in named
    )
    return _ZSH.format(commands="\n".join(listed), cases="\n".join(cases), list_refs=_LIST_REFS)


def fish(commands: Sequence[Command]) -> str:
    """Return the script for fish."""
    named = [command for command in commands if command.name]
    (directory,) = (a for a in commands[0].arguments if a.flags == ("-C",))
    head = _FISH.format(list_refs=_LIST_REFS, help=_fish_quote(directory.help))
    first = "complete -c dlm-git -n __dlm_git_needs_command"
    lines = [f"{first} -a {command.name} -d {quote(_summary(command))}" for command in named]
    lines += [line for command in named for line in _fish_lines(command)]
    lines.append("complete -c git-dlm -w dlm-git")
    return head + "".join(f"{line}\n" for line in lines)


def _patterns(command: Command, argument: Argument) -> str:
    return "|".join(quote(f"{command.name} {flag}") for flag in argument.flags)


def _bash_values(argument: Argument) -> str:
    if argument.values:
        return f'COMPREPLY=($(compgen -W {quote(" ".join(argument.values))} -- "$current"))'
    if argument.value in _REFS:
        return "COMPREPLY=(); _dlm_git_refs"
    return "_dlm_git_paths -f default" if argument.value in _PATHS else "COMPREPLY=()"


def _bash_words(command: Command, names: str) -> str:
    """Return assignments: the flags of a command, and the values of its positional arguments."""
    flags = " ".join(flag for argument in command.arguments for flag in argument.flags)
    bare = [argument for argument in command.arguments if not argument.flags]
    values = " ".join(value for argument in bare for value in argument.values)
    plain = values if command.name else names
    paths = "1" if any(argument.value in _PATHS for argument in bare) else ""
    return f"flags={quote(flags)} plain={quote(plain)} paths={paths}"


def _zsh_specs(command: Command) -> Iterator[str]:
    for argument in command.arguments:
        hint = argument.help.replace("[", "(").replace("]", ")").replace(":", " ")
        name = argument.value.replace(":", " ")
        value = f":{name}:{_zsh_action(argument)}" if name else ""
        for flag in argument.flags:
            equals = "=" if value and flag.startswith("--") else ""
            yield quote(f"*{flag}{equals}[{hint}]{value}")
        if not argument.flags:
            yield quote(f"*{value}")


def _zsh_action(argument: Argument) -> str:
    if argument.values:
        return f"({' '.join(argument.values)})"
    if argument.value in _REFS:
        return "_dlm_git_refs"
    return "_files" if argument.value in _PATHS else " "


def _fish_lines(command: Command) -> Iterator[str]:
    start = f"complete -c dlm-git -n '__fish_seen_subcommand_from {command.name}'"
    for argument in command.arguments:
        flags = "".join(
            f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}"
            for flag in argument.flags
        )
        files = " -F" if argument.value in _PATHS else ""
        requires = (" -r" if files else " -x") if argument.value and argument.flags else ""
        choices = "(__dlm_git_refs)" if argument.value in _REFS else " ".join(argument.values)
        values = f" -a {_fish_quote(choices)}" if choices else ""
        if flags or values or files:
            yield f"{start}{flags}{requires}{files}{values} -d {quote(argument.help)}"


def _fish_quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")  # the only escapes in quotes of fish
    return f"'{escaped}'"


def _summary(command: Command) -> str:
    return command.help.replace(":", " ")


SCRIPTS: dict[str, Callable[[Sequence[Command]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
