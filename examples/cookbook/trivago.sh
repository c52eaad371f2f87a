#!/bin/sh
# trivago, RecSys Challenge 2019: `reference` is what was touched, an item or a place; what was shown is a list of items, kept.
# Items alone: rs-view --where 'EVENT_TYPE IN ("clickout item", "interaction item image")' --format dataset trivago.rsd
# Usage: trivago.sh FOLDER [OUTPUT]
set -eu
rs-import --columns user=user_id,item=reference,type=action_type,IMPRESSION=impressions "$1"/events.csv* -o "${2:-trivago.rsd}"
