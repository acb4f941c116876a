"""File names: default excludes of the trainer, media, directories, and files with credentials."""

from __future__ import annotations

import re

from dlm_git.regex import compile_late

# dlm format, 3.5: globs, relative to the root of a source
DEFAULT_SECRETS = (
    *(".env", ".env.*", "**/.env", "**/.env.*"),
    *("**/id_rsa", "**/id_ed25519", "**/*.pem", "**/*.key", "**/secrets.*"),
)
DEFAULT_EXCLUDES = (
    *(".git/**", ".hg/**", ".svn/**"),
    *DEFAULT_SECRETS,
    *("**/__pycache__/**", "**/*.pyc", "**/*.pyo", ".venv/**", "venv/**", ".tox/**"),
    *("node_modules/**", "**/*.min.js", "**/*.min.css", "**/*.map"),
    *("target/**", "**/*.rlib", "**/*.class", "**/*.jar"),
    *("**/*.o", "**/*.so", "**/*.dylib", "**/*.dll"),
    *("build/**", "dist/**", "__generated__/**", "generated/**"),
    *("**/package-lock.json", "**/yarn.lock", "**/pnpm-lock.yaml", "**/Cargo.lock"),
    *("**/uv.lock", "**/poetry.lock", "**/Pipfile.lock"),
    *("**/*.ico", "**/*.pdf", "**/*.zip", "**/*.tar", "**/*.gz"),
    *("**/*.xz", "**/*.bz2", "**/*.7z", "**/*.wasm"),
    *(".dlm/**", "**/.dlm/**"),
)

# dlm format, 3.8: by the lower-cased last suffix
IMAGES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tiff"))
AUDIO = frozenset((".wav", ".flac", ".ogg"))

# names of directories that people write in ignore files; dlm matches only files of that name (3.6)
DIRECTORY_NAMES = frozenset(
    """
    node_modules bower_components jspm_packages .next .nuxt .svelte-kit
    __pycache__ .venv venv env .tox .nox .eggs htmlcov site-packages
    .mypy_cache .pytest_cache .ruff_cache .hypothesis .ipynb_checkpoints
    build _build dist out bin obj target vendor third_party
    coverage .nyc_output .cache .gradle .terraform generated
    logs log tmp temp cache .idea .vscode .vs .svn .hg
    """.split()
)

# Lines of a `.dlm/ignore`: the last match counts. They include the trainer's default excludes,
# which a `!` or `exclude_defaults: false` can undo.
SECRETS = (
    # credentials of tools
    *(".npmrc", ".yarnrc.yml", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".pgpass"),
    *(".authinfo", ".my.cnf", ".mylogin.cnf", ".htpasswd", ".htdigest", ".dockercfg"),
    *(".docker/config.json", ".dockerconfigjson", ".s3cfg", ".boto", ".aws/credentials"),
    *(".azure/accessTokens.json", "application_default_credentials.json", ".kube/config"),
    *("kubeconfig", "kubeconfig.yaml", "kubeconfig.yml", "*.kubeconfig", ".vault-token"),
    *(".vault_pass", ".vault_pass.txt", ".terraformrc", "*.tfvars", "*.tfstate"),
    *("*.tfstate.backup", ".gem/credentials", ".cargo/credentials", ".cargo/credentials.toml"),
    *(".m2/settings.xml", ".config/gh/hosts.yml", ".git/config", ".envrc", "*.ovpn", "*.kdbx"),
    # private keys
    *("id_rsa*", "id_dsa", "id_ecdsa", "id_ed25519*", "id_ecdsa_sk", "!id_*.pub", "*.agekey"),
    *("*.pem", "*.key", "*.ppk", "*.p12", "*.pfx", "*.jks", "*.keystore"),
    # names that people choose
    *(".env", ".env.*", "*.env", "credentials", "credentials.json", "credentials.yml"),
    *("credentials.yaml", "client_secret.json", "*.apps.googleusercontent.com.json"),
    *("service-account.json", "service-account-key.json", "serviceAccountKey.json"),
    *("service_account.json", "service_account_key.json", "secret.txt", "secret.json"),
    *("secret.yml", "secret.yaml", "secret.toml", "secrets.*", "secrets/"),
    # examples, and code and prose about secrets
    *("!.env.example", "!.env.sample", "!.env.template", "!.env.dist", "!.env.defaults"),
    *("!*.py", "!*.js", "!*.jsx", "!*.ts", "!*.tsx", "!*.go", "!*.rs", "!*.java", "!*.kt", "!*.c"),
    *("!*.h", "!*.cpp", "!*.hpp", "!*.cs", "!*.swift", "!*.rb", "!*.php", "!*.md", "!*.rst"),
)

# a reference to an environment variable without a default is not secret
_VARIABLE = rb"\$\{\w+(?:\?|:?-)?\}"
_NO_VARIABLE = rb"(?![\"']?%b[\"']?\s*(?:#.*)?$)" % _VARIABLE
_URL = rb"(?:https?://|://[^\s/:@$]*:)(?!(?:[^\s/:@]*:)?%b@)[^\s/@]+@" % _VARIABLE

# names that are often harmless, and what makes such a file secret: a key with a value, or a URL
# with credentials
SECRET_KEYS = {
    ".yarnrc.yml": compile_late(
        rb"npmAuth(?:Token|Ident)[\"']?\s*:\s*%b[^\s#]|%b" % (_NO_VARIABLE, _URL), re.MULTILINE
    ),
    ".npmrc": compile_late(
        rb"_(?:auth|authToken|password|secret)[\"']?\s*=\s*%b\S|\bkey\s*=\s*[\"']?-----BEGIN|%b"
        % (_NO_VARIABLE, _URL),
        re.MULTILINE,
    ),
}
