#!/bin/sh
# Diginetica, as prepared for session recipes: a line is a session, its items in order between blanks; no times.
# Usage: diginetica.sh FOLDER [OUTPUT]
set -eu
rs-import --format sessions --ordered "$1"/train_sessions.txt* -o "${2:-diginetica.rsd}"
