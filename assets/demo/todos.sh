#!/bin/sh
# Lists every TODO and FIXME with its age and author by git blame, oldest first, and commits REPORT-todos.md.
set -eu
report=REPORT-todos.md

say 'looking for TODO and FIXME'
git grep -z -n -I -w -E 'TODO|FIXME|XXX' HEAD -- . ":(exclude)REPORT-*.md" > "$scratch/hits" || [ $? -eq 1 ] || die 'git grep failed'
# "HEAD:path NUL line NUL text": tabs instead, and no line breaks in names.
tr '\0' '\t' < "$scratch/hits" | sed 's/^HEAD://' > "$scratch/lines"
total=$(wc -l < "$scratch/lines" | tr -d ' ')
# Ages are counted from the newest commit, so that the same history gives the same report.
now=$(git log -1 --format=%ct "$(base)")

say "asking git blame about $total lines"
: > "$scratch/dated"
tab=$(printf '\t')
done_lines=0
while IFS="$tab" read -r file line text; do
  done_lines=$((done_lines + 1))
  bar "$done_lines" "$total"
  git blame --porcelain -L "$line,$line" HEAD -- "$file" 2>/dev/null > "$scratch/blame" || continue
  when=$(sed -n 's/^author-time //p' "$scratch/blame")
  who=$(sed -n 's/^author //p' "$scratch/blame")
  text=$(printf '%s' "$text" | tr '|\t' '/ ' | sed 's/^[ ]*//; s/[`<>]//g' | cut -c1-100)
  printf '%s\t%s\t%s\t%s\t%s\n' "$when" "$file" "$line" "$who" "$text" >> "$scratch/dated"
done < "$scratch/lines"
bar_end

{
  printf '# What is still to do, oldest first\n\n'
  if [ "$total" -eq 0 ]; then
    printf 'Nothing is marked TODO, FIXME or XXX.\n'
  else
    printf '| days old | where | who | what |\n|---:|---|---|---|\n'
    LC_ALL=C sort -t "$tab" -k1,1n -k2,2 -k3,3n "$scratch/dated" | awk -F '\t' -v now="$now" '
      # What was cut may have been cut within a character.
      length($5) >= 100 { sub(/[\300-\377][\200-\277]*$/, "", $5) }
      { age = int((now - $1) / 86400); printf "| %d | `%s:%s` | %s | `%s` |\n", (age < 0 ? 0 : age), $2, $3, $4, $5 }'
  fi
} > "$report"

sed -n '3,12p' "$report"
keep "$report" "todos: $total lines still to do, oldest first"
