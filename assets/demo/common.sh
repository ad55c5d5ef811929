# Shared by the demo agents; put before each of them. POSIX sh, git, awk and sed.

[ -t 1 ] && bold=$(printf '\033[1m') dim=$(printf '\033[2m') green=$(printf '\033[32m') red=$(printf '\033[31m') plain=$(printf '\033[0m') ||
  bold='' dim='' green='' red='' plain=''

say() { printf '%s→%s %s\n' "$bold" "$plain" "$1"; }
die() { printf '%s✗ %s%s\n' "$red" "$1" "$plain" >&2; exit 1; }

# A progress bar on one line, redrawn at most 50 times; nothing when nobody looks.
bar() {
  [ -t 1 ] || return 0
  [ $(($1 * 50 / $2)) -ne $((($1 - 1) * 50 / $2)) ] || return 0
  filled=$(($1 * 30 / $2))
  printf '\r  %s%.*s%s%.*s%s %d/%d' "$green" $((filled * 3)) '━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━' \
    "$dim" $(((30 - filled) * 3)) '──────────────────────────────' "$plain" "$1" "$2"
}
bar_end() { [ ! -t 1 ] || printf '\n'; }

# The newest commit that is not one of our own reports.
base() { git rev-list -1 --invert-grep --grep='^Report-By: quarterdeck demo$' HEAD; }

# The language of a file by its name; nothing for what is no code.
language_of() {
  case ${1##*/} in
    *.rs) echo Rust ;; *.py) echo Python ;; *.js | *.mjs | *.cjs | *.jsx) echo JavaScript ;;
    *.ts | *.tsx) echo TypeScript ;; *.go) echo Go ;; *.c | *.h) echo C ;; *.cc | *.cpp | *.cxx | *.hpp) echo C++ ;;
    *.java) echo Java ;; *.kt | *.kts) echo Kotlin ;; *.swift) echo Swift ;; *.rb) echo Ruby ;; *.php) echo PHP ;;
    *.cs) echo 'C#' ;; *.scala) echo Scala ;; *.hs) echo Haskell ;; *.ml | *.mli) echo OCaml ;; *.ex | *.exs) echo Elixir ;;
    *.zig) echo Zig ;; *.lua) echo Lua ;; *.sh | *.bash | *.zsh) echo Shell ;; *.sql) echo SQL ;;
    *.html | *.htm) echo HTML ;; *.css | *.scss) echo CSS ;; *.vue) echo Vue ;; *.svelte) echo Svelte ;;
    *.md | *.rst | *.adoc) echo Documentation ;; *.toml | *.yaml | *.yml | *.json | *.ini) echo Configuration ;;
    Makefile | makefile | GNUmakefile | *.mk) echo Make ;; Dockerfile | *.dockerfile) echo Docker ;; *.nix) echo Nix ;;
  esac
}

# Commits one report on the branch we are on, if it says something new.
keep() {
  branch=$(git symbolic-ref --quiet --short HEAD) || die 'HEAD is on no branch'
  case $branch in qd/*) ;; *) die "this is the branch $branch; a demo agent commits on its own qd/ branch only" ;; esac
  git add --force -- "$1"
  if git diff --cached --quiet -- "$1"; then
    printf '%s✓ nothing new%s: %s is as the last run left it\n' "$green" "$plain" "$1"
  else
    git var GIT_COMMITTER_IDENT > /dev/null 2>&1 || set -- "$1" "$2" -c user.name=Quarterdeck -c user.email=quarterdeck@localhost
    file=$1 subject=$2
    shift 2
    git "$@" -c commit.gpgSign=false commit --quiet --no-verify -m "$subject" -m 'Report-By: quarterdeck demo' -- "$file" ||
      die "can't commit $file"
    printf '%s✓ committed%s %s\n' "$green" "$plain" "$(git log -1 --format='%h %s')"
  fi
  printf '  see it: %sgit show %s%s\n' "$bold" "$branch" "$plain"
}

command -v git > /dev/null || { echo 'git is not on PATH' >&2; exit 1; }
top=$(git rev-parse --show-toplevel 2> /dev/null) || die 'this is no git repository'
cd "$top" || die "can't enter $top"
git rev-parse --verify --quiet HEAD > /dev/null || die 'the repository has no commit yet'
# With a caller's locale `tr` and `cut` may refuse bytes that are no text there; names are bytes.
LC_ALL=C
export LC_ALL
scratch=$(mktemp -d "${TMPDIR:-/tmp}/qd-demo.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
