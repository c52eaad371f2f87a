#!/bin/sh
# Steam 200k: hours of play are values, with a header, by tabs; titles of the games beside them.
# Usage: steam-200k.sh FOLDER [OUTPUT]
set -eu
rs-import --event-type play --item-table "$1"/item_info.dat* "$1"/game_play.dat* -o "${2:-steam.rsd}"
