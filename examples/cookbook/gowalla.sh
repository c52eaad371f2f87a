#!/bin/sh
# Gowalla as split by NGCF and LightGCN: a line is a user and all of that user's items, between blanks.
# Usage: gowalla.sh FOLDER [OUTPUT]
set -eu
rs-import --format lists "$1"/train.txt* -o "${2:-gowalla.rsd}"
