#!/bin/sh
# Writes an index of the public items (Rust, Python, JavaScript, TypeScript, Go, C headers excluded) and commits
# REPORT-index.md.
set -eu
report=REPORT-index.md

say 'looking for source files'
git ls-files -z -- '*.rs' '*.py' '*.js' '*.mjs' '*.jsx' '*.ts' '*.tsx' '*.go' | tr '\n\0' '?\n' > "$scratch/files"
total=$(wc -l < "$scratch/files" | tr -d ' ')

say "reading $total source files"
: > "$scratch/items"
done_files=0
while IFS= read -r file; do
  done_files=$((done_files + 1))
  bar "$done_files" "$total"
  [ -f "$file" ] && [ ! -L "$file" ] || continue
  case $file in
    *.rs) pattern='^[ ]*pub (const |async |unsafe |extern "C" )*(fn|struct|enum|trait|type|const|static|mod|union) [A-Za-z_]' ;;
    *.py) pattern='^(async )?(def|class) [A-Za-z]' ;;
    *.go) pattern='^(func (\([^)]*\) )?|type |var |const )[A-Z]' ;;
    *) pattern='^export (default )?(async )?(abstract )?(function|class|const|let|interface|type|enum)' ;;
  esac
  { LC_ALL=C grep -n -E "$pattern" "$file" || true; } |
    LC_ALL=C sed 's/^\([0-9]*\):[ ]*/\1	/; s/[ ]*[{;=(:].*$//; s/[`|]//g' |
    LC_ALL=C awk -F '\t' -v file="$file" 'NF == 2 && $2 != "" { printf "%s\t%s\t%s\n", file, $1, $2 }' >> "$scratch/items"
done < "$scratch/files"
bar_end
count=$(wc -l < "$scratch/items" | tr -d ' ')

{
  printf '# Public items\n\n%s items in %s source files.\n' "$count" "$total"
  awk -F '\t' '
    $1 != last { printf "\n## %s\n\n", $1; last = $1 }
    { printf "* `%s` (line %d)\n", $3, $2 }' "$scratch/items"
} > "$report"

sed -n '3,12p' "$report"
keep "$report" "index: $count public items"
