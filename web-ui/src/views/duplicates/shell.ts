// The plan as a POSIX shell script, which moves what goes into a folder and deletes nothing.
import { exactBytes, type Plan, type PlannedFile, type PlannedGroup } from './plan';

/** Characters that a terminal or an editor would not show as they are. */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/u;

export const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A path as one word of the shell; bytes that are no plain text are written as octal numbers. */
export function shellWord(file: PlannedFile): string {
  if (!file.path_bytes && !HIDDEN.test(file.path)) return quoted(file.path);
  const plain = (byte: number) => byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x27;
  const written = [...exactBytes(file)].map((byte) =>
    plain(byte) ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, '0')}`,
  );
  return `"$(printf '%b' '${written.join('')}')"`;
}

const home = (folder: string) =>
  folder === '~' ? '"$HOME"' : folder.startsWith('~/') ? `"$HOME"/${quoted(folder.slice(2))}` : quoted(folder);

const lines = ({ keep, remove }: PlannedGroup) =>
  [
    'group',
    ...remove.map((file) => `move ${shellWord(file)} ${file.bytes}`),
    ...keep.map((file) => `keep ${shellWord(file)} ${file.bytes}`),
  ].join(' \\\n  ');

export const shellScript = (plan: Plan, trash: string, day: string) => `#!/bin/sh
# Duplicates that were reviewed in Foray on ${day}.
# Moves ${plan.files} files out of ${plan.groups.length} groups into a folder; deletes nothing and overwrites nothing.
#
#   sh foray-duplicates.sh            into the folder that was chosen in Foray
#   sh foray-duplicates.sh FOLDER     into another one
#
# A group is left alone where a file that is kept is missing or has changed since.

trash=\${1:-${home(trash)}}
case $trash in /*) ;; *) trash=$PWD/$trash ;; esac
moved=0
left=0

say() { printf '%s\\n' "$*" >&2; }

is_as_reviewed() { [ -f "$1" ] && [ "$(($(wc -c < "$1")))" -eq "$2" ]; }

# Whether the first is the same file as one of those that are kept: by a link, or by another way to it.
is_kept() {
  file=$1
  shift
  while [ $# -gt 0 ]; do
    if [ "$1" = keep ] && [ "$file" -ef "$2" ]; then return 0; fi
    shift 3
  done
  return 1
}

may_go() {
  while [ $# -gt 0 ]; do
    if [ "$1" = keep ] && ! is_as_reviewed "$2" "$3"; then
      say "left alone, since what is kept is missing or has changed: $2"
      return 1
    fi
    if [ "$1" = move ] && is_kept "$2" "$@"; then
      say "left alone, since it is the same file as the one that is kept: $2"
      return 1
    fi
    shift 3
  done
}

move_away() {
  target=$trash$1
  if [ ! -e "$1" ]; then
    say "is gone already: $1"
  elif ! is_as_reviewed "$1" "$2"; then
    say "left alone, since it has changed: $1"
    left=$((left + 1))
  elif [ -e "$target" ]; then
    say "left alone, since there is one in $trash already: $1"
    left=$((left + 1))
  elif mkdir -p "\${target%/*}" && mv -f "$1" "$target"; then
    moved=$((moved + 1))
  else
    left=$((left + 1))
  fi
}

group() {
  if may_go "$@"; then
    while [ "$1" = move ]; do
      move_away "$2" "$3"
      shift 3
    done
  else
    while [ "$1" = move ]; do
      left=$((left + 1))
      shift 3
    done
  fi
}

${plan.groups.map(lines).join('\n\n')}

say "$moved files moved to $trash, $left left alone"
[ "$left" -eq 0 ]
`;
