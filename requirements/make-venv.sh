#!/bin/sh
# Makes a virtual environment with the first Python >= 3.11 that works on this machine.
# usage: sh requirements/make-venv.sh DIR
set -eu
venv=$1

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

python=""
for candidate in "${PYTHON:-}" python3 python python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$candidate" ] && is_recent "$candidate"; then
        python=$candidate
        break
    fi
done

if [ -z "$python" ]; then
    echo "Perenne needs Python 3.11 or later; found: $(python3 --version 2>&1 || echo none)." >&2
    echo "Install it, or name it: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "This Python ($python, $version) cannot make virtual environments: ensurepip is missing." >&2
    echo "On Debian or Ubuntu: sudo apt-get install python$version-venv" >&2
    exit 1
fi

"$python" -m venv --clear "$venv"
