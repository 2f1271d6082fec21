#!/bin/sh
# Newer figures as a pull request: what was found, and what differs in the book. Nothing new, no request.
# What a later filing restated, and what disagrees with the source, is shown in it and left as it is.
set -eu
gapbook=.venv/bin/gapbook
today=$(date -u +%Y-%m-%d)
before=$(mktemp -d)
cp _build/html/facts.json "$before/base.json"
for facts in _build/html/editions/*/facts.json; do
  cp "$facts" "$before/$(basename "$(dirname "$facts")").json"
done
body=$before/body.md
{
  echo "## What the sources have"
  echo '```'
  $gapbook refresh prices --write
  if [ -n "${SEC_CONTACT:-}" ]; then
    $gapbook refresh filings --contact "$SEC_CONTACT" --write
  else
    echo "filings were not asked for: the variable SEC_CONTACT names nobody"
  fi
  echo '```'
} > "$body"
cat "$body"
if git diff --quiet -- data; then
  exit 0
fi
$gapbook check data
$gapbook as-of "$today"
# Where a sentence has no wording for what is new, the request says so, and its own checks stay red.
if make editions 2> "$before/faults" && $gapbook check pairs --write; then
  for facts in "$before"/*.json; do
    name=$(basename "$facts" .json)
    $gapbook diff "$facts" "$name" --output "$before/$name.md" > /dev/null
    cat "$before/$name.md" >> "$body"
  done
else
  { echo "## The book cannot be built with them yet"; echo '```'; tail -n 20 "$before/faults"; echo '```'; } >> "$body"
fi
git switch --create "refresh-$today"
git -c user.name="github-actions[bot]" -c user.email="github-actions[bot]@users.noreply.github.com" \
  commit --all --message "Newer figures of $today"
git push origin "refresh-$today"
gh pr create --head "refresh-$today" --title "Newer figures of $today" --body-file "$body"
