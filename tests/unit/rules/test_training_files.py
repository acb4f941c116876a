"""The rules for files that the model should not be trained on."""

from __future__ import annotations

from typing import Any

from tests.support import (
    CORPUS,
    GOOD,
    Files,
    link,
)
from tests.unit.rules.support import (
    Reports,
    corpus,
    rule_tests,
    with_globs,
    with_source,
)


def secret(path: str, files: Files | None = None, **more: Any) -> Reports:
    message = f"{path}: '{path}' may contain credentials and is in the training set"
    given: Files = {CORPUS: GOOD, "README.md": "x", path: "x", **(files or {})}
    name = f"{path} {more.get('config', '')}"
    return Reports(name, given, message, **more)


def linked(document: str, target: str, **more: str) -> Files:
    """Return files with a link in `src` to a target outside of it."""
    return {CORPUS: document, "src/a.py": "a", "src/x.txt": link(f"../{target}"), **more}


SECRET_NAMES = (
    # of tools
    *(".pypirc", ".netrc", "_netrc", ".git-credentials", ".pgpass"),
    *(".my.cnf", ".htpasswd", ".dockercfg", "x/.docker/config.json", ".s3cfg", ".boto", ".envrc"),
    *(".aws/credentials", ".azure/accessTokens.json", ".kube/config", "kubeconfig"),
    *("prod.kubeconfig", ".vault-token", ".terraformrc", "x.tfstate", ".gem/credentials"),
    *(".cargo/credentials.toml", "vpn.ovpn", "x.kdbx", "lib/.git-credentials", ".authinfo"),
    *("x/.dockerconfigjson", "gcloud/application_default_credentials.json", "a/kubeconfig.yaml"),
    *(".vault_pass", "x/.vault_pass.txt", "terraform.tfvars", ".m2/settings.xml"),
    ".config/gh/hosts.yml",
    # private keys
    *("id_dsa", "a/id_ecdsa", "id_ed25519_sk", "id_rsa.bak", "id_rsa_prod", "x.ppk", "x.p12"),
    *("x.pfx", "x.jks", "x.keystore"),
    # what people call them
    *("credentials.json", "client_secret.json", "service-account.json", "secret.txt"),
    *("client_secret_1-x.apps.googleusercontent.com.json", "service_account.json"),
    *("x/service-account-key.json", "serviceAccountKey.json"),
    *("secret.yml", "secrets/db", "config/secrets/db"),
)
REPORTED: dict[str, list[Reports]] = {
    "secret-in-training-set": [
        secret(
            "a/.netrc",
            hint="add the line '/a/.netrc' to .dlm/ignore, or, if it is harmless, add '!/a/.netrc'"
            " to 'secrets' in .dlm-git.toml",
        ),
        *map(secret, SECRET_NAMES),
        *map(secret, (".ENV", "x/ID_RSA", "SERVER.KEY", "a.PEM", "Credentials.json", "SECRETS/db")),
        secret("a/.NPMRC", {"a/.NPMRC": "_authToken=x\n"}),
        secret("Tokens.JSON", config={"secrets": ["tokens.Json"]}),
        *(
            secret("a/.yarnrc.yml", {"a/.yarnrc.yml": text})
            for text in (
                "npmAuthToken: abc\n",
                "nodeLinker: x\nnpmRegistries:\n  //npm.example:\n    npmAuthIdent: 'a:b'\n",
                "'npmAuthToken':\n  abc\n",
                "# npmAuthToken: abc\n",
                "npmAuthToken: ${TOKEN:-abc}\n",
                "npmAuthToken: ${TOKEN}abc\n",
                "{npmAuthToken: abc}",
                "npmAuthToken: abc\n".encode("utf-16"),
                b"\xff npmAuthToken: abc\r\n",
                "x" * (1 << 21) + "\nnpmAuthToken: abc\n",
                'npmRegistryServer: "https://u:p@npm.example"\n',
                "httpsProxy: http://u:${PASSWORD:-abc}@npm.example\n",
            )
        ),
        *(
            secret("a/.npmrc", {"a/.npmrc": text})
            for text in (
                "//registry.npmjs.org/:_authToken=abc\n",
                "save-exact=true\n_auth = YWJj\n",
                "; _authToken=abc\n",
                "//npm.example/:_password='abc'\r\n",
                "_authToken=${TOKEN}abc\n",
                'key="-----BEGIN PRIVATE KEY-----\\nx"\n',
                "_authToken=abc\n".encode("utf-16"),
                "registry=https://u:p@npm.example/\n",
                "registry=https://token@npm.example/\n",
                "proxy=socks5://:p@npm.example:1\n",
                "https-proxy=http://${NAME}:abc@npm.example\n",
            )
        ),
        secret(".npmrc", config={"secrets": [".npmrc"]}),
        secret(".yarnrc.yml", config={"secrets": [".yarnrc.yml"]}),
        secret("tokens.json", config={"secrets": ["tokens.json"]}),
        secret("a.py", config={"secrets": ["a.py"]}),
        secret("b/.netrc", config={"secrets": ["!a/.netrc"]}),
        secret(".env", {".dlm/ignore": "!.env\n"}),
        secret(
            "p/.env",
            {"p/.dlm/ignore": "!.env\n"},
            hint="remove 'p/.env' from the sources: a nested .dlm/ignore can re-include it, or,"
            " if it is harmless, add '!/p/.env' to 'secrets' in .dlm-git.toml",
            also=(
                "widening-training-config: p/.dlm/ignore:1:1: adds 1 file that the document"
                " excludes, such as 'p/.env'",
            ),
        ),
        secret(
            "src/x.pem",
            {CORPUS: with_source("src"), "src/.dlm/training.yaml": "exclude_defaults: false\n"},
        ),
        secret(
            "src/.netrc",
            {CORPUS: with_source("src")},
            hint="add the line '/.netrc' to src/.dlm/ignore, or, if it is harmless, add"
            " '!/src/.netrc' to 'secrets' in .dlm-git.toml",
        ),
        Reports(
            ".git/config, where no defaults hold",
            corpus(GOOD, **{".dlm/training.yaml": "exclude_defaults: false\n"}),
            ".git/config: '.git/config' may contain a token and is in every clone's training set",
            hint="add the line '/.git/**' to .dlm/ignore",
        ),
        *(
            Reports(
                f"a link to '{target}' outside of its source",
                linked(with_source("src"), target, **more),
                f"src/x.txt: 'src/x.txt' is a link to '{target}', which may contain credentials",
                hint="add 'x.txt' to 'exclude' of the source: no .dlm/ignore of this repository"
                f" applies to it, or, if it is harmless, add '!{target}' to 'secrets' in"
                " .dlm-git.toml",
            )
            for target, more in {".env": {".env": "x"}, "a/.npmrc": {}}.items()
        ),
        Reports(
            "in a worktree",
            {CORPUS: GOOD, "README.md": "x"},
            ".netrc: '.netrc' may contain credentials and is in the training set",
            untracked={".netrc": "ignored"},
            also=("ignored-training-file: .netrc: Git ignores this file, but dlm trains on it",),
        ),
    ],
    "ignored-training-file": [
        Reports(
            "one that .gitignore names",
            corpus(GOOD, **{".gitignore": "local.yaml\n"}),
            "config/local.yaml: Git ignores this file, but dlm trains on it",
            untracked={"config/local.yaml": "ignored"},
            hint="`dlm-git ignore` excludes the files that .gitignore names",
        ),
        Reports(
            "one that something else names",
            corpus(GOOD),
            "config/local.yaml: Git ignores this file, but dlm trains on it",
            untracked={"config/local.yaml": "ignored"},
            hint="add the line '/config/local.yaml' to .dlm/ignore",
        ),
        Reports(
            "below an ignore file whose block is broken",
            corpus(GOOD, **{".gitignore": "*.log\n", ".dlm/ignore": "# >>> dlm-git ignore\n"}),
            "a.log: Git ignores this file, but dlm trains on it",
            untracked={"a.log": "ignored"},
            hint="add the line '/a.log' to .dlm/ignore",
            also=(
                "stale-ignore: .dlm/ignore: broken `dlm-git ignore` block: expected one '# >>>'"
                " line and one '# <<<' line",
            ),
        ),
        Reports(
            "a thousand",
            corpus(GOOD, **{".gitignore": "build/\n", "web/a.js": "x"}),
            "web/build/: Git ignores 1000 files ('0.js', '1.js', '10.js', ...), but dlm trains"
            " on them",
            untracked={f"web/build/{number}.js": "ignored" for number in range(1000)},
            hint="`dlm-git ignore` excludes the files that .gitignore names",
        ),
    ],
    "untracked-training-file": [
        Reports(
            "one",
            corpus(GOOD),
            "notes.txt: Git does not track this file, but dlm trains on it",
            untracked={"notes.txt": "untracked"},
            hint="`git add` the files to train on, or add the line '/notes.txt' to .dlm/ignore",
        ),
        Reports(
            "a directory",
            corpus(GOOD),
            "gen/: Git does not track 2 files ('x.py', 'y.py'), but dlm trains on them",
            untracked={"gen/a/x.py": "untracked", "gen/b/y.py": "untracked"},
            hint="`git add` the files to train on, or add the line '/gen/**' to .dlm/ignore",
        ),
        Reports(
            "beside tracked ones",
            corpus(GOOD),
            "src/b.py: Git does not track this file, but dlm trains on it",
            untracked={"src/b.py": "untracked"},
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "secret-in-training-set": [
        Reports(
            "a link to a secret that the patterns exclude by the name of the link",
            linked(with_globs(["**"], ["x.txt"], path="src"), ".env", **{".env": "x"}),
            "",
        ),
        Reports(
            "a link to a secret that is declared harmless",
            linked(with_source("src"), ".env", **{".env": "x"}),
            "",
            config={"secrets": ["!.env"]},
        ),
        Reports(
            "a link in its source to a secret that is excluded by default",
            linked(GOOD, ".env", **{".env": "x"}),
            "",
        ),
        *(
            Reports(name, corpus(GOOD, **{name: "x"}), "")
            for name in (
                *(".env.example", ".env.sample", "a/.env.template", ".env.dist", "id_rsa.pub"),
                "id_ed25519_prod.pub",
                *("secrets.py", "secrets/load.py", "docs/secrets.md", "credentials.go", "npmrc"),
            )
        ),
        *(
            Reports(f"{name}, a default", corpus(GOOD, **{name: "x"}), "")
            for name in (".env", "prod.env", "id_rsa", "a/id_ed25519", "a.pem", "secrets.yaml")
        ),
        *(
            Reports(name, corpus(GOOD, **{name: "x"}), "")
            for name in ("Secrets/Store.cs", "README.MD", "a.Key.md", "ID_RSA.PUB")
        ),
        *(
            Reports(f".yarnrc.yml: {text}", corpus(GOOD, **{".yarnrc.yml": text}), "")
            for text in (
                "",
                "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.5.0.cjs\n",
                "npmAuthToken: ${NPM_TOKEN}\n",
                "npmAuthToken: '${NPM_TOKEN:-}'  # from CI\r\nnodeLinker: pnpm\r\n",
                'npmAuthIdent: "${NPM_IDENT-}"\n',
                "npmAlwaysAuth: true\n",
                'npmRegistryServer: "https://${NAME}:${PASSWORD:-}@npm.example"\n',
            )
        ),
        *(
            Reports(f".npmrc: {text}", corpus(GOOD, **{".npmrc": text}), "")
            for text in (
                "",
                "save-exact=true\nregistry=https://npm.example/\n",
                "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nalways-auth=true\n",
                '_auth="${NPM_AUTH}"\r\n',
                "registry=https://npm.example/@scope/\nproxy=http://u:${PASSWORD}@npm.example:1\n",
                "@scope:registry=git+ssh://git@npm.example/\nemail=a@npm.example\n",
            )
        ),
        Reports(
            "negated in the config",
            corpus(GOOD, **{"a/.netrc": "x"}),
            "",
            {"secrets": ["*.netrc", "!a/.netrc"]},
        ),
        Reports("excluded", corpus(with_globs(["**/*"], ["**/.netrc"]), **{"a/.netrc": "x"}), ""),
        Reports("ignored", corpus(GOOD, **{".netrc": "x", ".dlm/ignore": ".netrc\n"}), ""),
        Reports("of another directory", corpus(with_source("src"), **{".netrc": "x"}), ""),
        Reports(
            "Git's config, below the root",
            corpus(with_source("src"), **{"src/.dlm/training.yaml": "exclude_defaults: false\n"}),
            "",
        ),
    ],
    "ignored-training-file": [
        Reports(
            "excluded",
            corpus(GOOD, **{".dlm/ignore": "*.log\n"}),
            "",
            untracked={"a.log": "ignored"},
        ),
        Reports("by default", corpus(GOOD), "", untracked={"node_modules/a.js": "ignored"}),
        Reports(
            "untracked",
            corpus(GOOD),
            "",
            untracked={"a.js": "untracked"},
            also=(
                "untracked-training-file: a.js: Git does not track this file, but dlm trains on it",
            ),
        ),
        Reports("of another directory", corpus(with_source("src")), "", untracked={"a": "ignored"}),
    ],
    "untracked-training-file": [
        Reports("excluded", corpus(with_globs(["**/*.py"])), "", untracked={"a.txt": "untracked"}),
        Reports(
            "ignored",
            corpus(GOOD),
            "",
            untracked={"a.js": "ignored"},
            also=("ignored-training-file: a.js: Git ignores this file, but dlm trains on it",),
        ),
        Reports(
            "what dlm reads of itself", corpus(GOOD), "", untracked={".dlm/ignore": "untracked"}
        ),
    ],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)
