#!/bin/sh
# Counts files, lines and blank lines by language and commits the table as REPORT-languages.md.
set -eu
report=REPORT-languages.md

say 'reading the files git knows'
git ls-files -z -- . ":(exclude)REPORT-*.md" | tr '\n\0' '?\n' > "$scratch/files"
total=$(wc -l < "$scratch/files" | tr -d ' ')
[ "$total" -gt 0 ] || die 'the repository has no files'

say "counting the lines of $total files"
: > "$scratch/counts"
done_files=0
while IFS= read -r file; do
  done_files=$((done_files + 1))
  bar "$done_files" "$total"
  [ -f "$file" ] && [ ! -L "$file" ] || continue
  language=$(language_of "$file")
  [ -n "$language" ] || continue
  LC_ALL=C awk -v language="$language" '
    /^[ \t\r]*$/ { blank++ }
    END { printf "%s\t%d\t%d\n", language, NR, blank }' < "$file" >> "$scratch/counts"
done < "$scratch/files"
bar_end
[ -s "$scratch/counts" ] || die 'no file of a known language'

{
  printf '# The code by language\n\n| language | files | lines | blank | share |\n|---|---:|---:|---:|---:|\n'
  awk -F '\t' '
    { files[$1]++; lines[$1] += $2; blank[$1] += $3; all += $2 }
    END { for (l in files) printf "%d\t%s\t%d\t%d\t%.1f\n", lines[l], l, files[l], blank[l], all ? 100 * lines[l] / all : 0 }
  ' "$scratch/counts" | LC_ALL=C sort -t "$(printf '\t')" -k1,1nr -k2,2 |
    awk -F '\t' '{ printf "| %s | %d | %d | %d | %s %% |\n", $2, $3, $1, $4, $5; f += $3; l += $1; b += $4 }
      END { printf "| **all** | **%d** | **%d** | **%d** | |\n", f, l, b }'
} > "$report"

sed -n '3,12p' "$report"
keep "$report" 'languages: the code by language'
