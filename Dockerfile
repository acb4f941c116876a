# An image with git and dlm-git, which checks the repository at /repo:
#   docker build --tag dlm-git .
#   docker run --rm --volume "$PWD:/repo:ro" dlm-git check --rev HEAD
FROM python:3.13-slim AS build
WORKDIR /src
COPY LICENSE README.md hatch_build.py pyproject.toml ./
COPY dlm_git dlm_git
COPY share share
RUN python -m venv /opt/dlm-git \
    && /opt/dlm-git/bin/pip install --no-cache-dir .

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
# the owner of a mounted directory is rarely the user of the container
RUN git config --system --add safe.directory /repo
COPY --from=build /opt/dlm-git /opt/dlm-git
ENV PATH=/opt/dlm-git/bin:$PATH
# without a home: nothing but /repo is read or written
USER 65534:65534
WORKDIR /repo
ENTRYPOINT ["dlm-git"]
CMD ["check"]
