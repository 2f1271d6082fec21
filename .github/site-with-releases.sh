#!/bin/sh
# site-with-releases.sh FOLDER: the latest site, and beside it every release under its permanent addresses.
# A release whose archive cannot be had stops it: an address that was cited must not vanish.
set -eu
folder=$1
cp -rL _build/html "$folder"
gh release list --limit 1000 --json tagName --jq '.[].tagName' > tags
while read -r tag; do
  gh release download "$tag" --pattern site.tar.gz --output - | tar -xz -C "$folder"
done < tags
rm tags
