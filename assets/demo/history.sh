#!/bin/sh
# Finds what changes most and who changes it, and commits REPORT-history.md.
set -eu
report=REPORT-history.md

say 'reading the history'
commits=$(git rev-list --count "$(base)")
say "counting the changes of $commits commits"
git log --format= --name-only --no-renames "$(base)" | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2 > "$scratch/changed"
git log --format=%aN "$(base)" | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2 > "$scratch/people"

{
  printf '# What changes most\n\n%s commits.\n\n| changes | file |\n|---:|---|\n' "$commits"
  sed -n '1,20p' "$scratch/changed" | awk '{ n = $1; sub(/^ *[0-9]+ /, ""); gsub(/[`|]/, ""); printf "| %d | `%s` |\n", n, $0 }'
  printf '\n| commits | author |\n|---:|---|\n'
  sed -n '1,20p' "$scratch/people" | awk '{ n = $1; sub(/^ *[0-9]+ /, ""); gsub(/[`|]/, ""); printf "| %d | %s |\n", n, $0 }'
} > "$report"

sed -n '3,14p' "$report"
keep "$report" "history: what changes most in $commits commits"
