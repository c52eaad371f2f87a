#!/bin/sh
# Retailrocket events (kaggle.com/retailrocket): views, carts and purchases with a header whose names are recognised.
# Usage: retailrocket.sh FOLDER [OUTPUT]
set -eu
rs-import "$1"/events.csv* -o "${2:-retailrocket.rsd}"
