#!/bin/sh
# Resolves pyproject.toml into requirements/run.txt and requirements/dev.txt: exact versions with
# hashes, and no index address, so that the same files serve behind any mirror.
# usage: sh requirements/lock.sh (from the root of the repository; make lock does it)
set -eu
tools=.venv/lock
sh requirements/make-venv.sh "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check 'pip-tools>=7.4'

compile() {
    "$tools/bin/pip-compile" --quiet --upgrade --generate-hashes --strip-extras \
        --no-annotate --no-header --no-emit-index-url --no-emit-trusted-host \
        --no-emit-find-links --no-emit-options --allow-unsafe --build-deps-for editable "$@" pyproject.toml
}

seal() {
    {
        echo "# Resolved versions with hashes. Made by \`make lock\` from pyproject.toml; not edited by hand."
        cat "$1"
    } >"$2"
    rm -f "$1"
}

# What runs is a part of what develops: extras limit versions that a bare run would take newer.
compile --extra dev --output-file requirements/dev.new
seal requirements/dev.new requirements/dev.txt
compile --constraint requirements/dev.txt --output-file requirements/run.new
seal requirements/run.new requirements/run.txt
