# Sourced by action.yml: lets git read the repository around the current directory if another user owns it, as in a
# container job. Nobody's config changes, and no other directory is trusted: git 2.38 and later read these variables.
workspace=$(cd -- "$GITHUB_WORKSPACE" && pwd -P)
top=$(pwd -P)
while [[ ! -e $top/.git && $top == "$workspace"/* ]]; do top=${top%/*}; done
if [[ $top/ == "$workspace"/* && -e $top/.git && ! (-O $top && -O $top/.git) ]]; then
  number=${GIT_CONFIG_COUNT:-0}
  export GIT_CONFIG_COUNT=$((number + 1)) "GIT_CONFIG_KEY_$number=safe.directory" "GIT_CONFIG_VALUE_$number=$top"
fi
