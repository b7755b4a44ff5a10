// The plan as a PowerShell script for Windows, which moves what goes into a folder and deletes nothing.
import type { Plan, PlannedFile, PlannedGroup } from './plan';

/** PowerShell takes typographic quotes for quotes, too. */
export const quoted = (text: string) => `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;

const home = (folder: string) =>
  /^~[\\/]/.test(folder) ? `(Join-Path $HOME ${quoted(folder.slice(2))})` : folder === '~' ? '$HOME' : quoted(folder);

const list = (files: PlannedFile[]) =>
  files.map(({ path, bytes }) => `  @{ Path = ${quoted(path)}; Bytes = ${bytes} }`).join(",\n");

const call = ({ keep, remove }: PlannedGroup) => `Move-Group -Keep @(\n${list(keep)}\n) -Move @(\n${list(remove)}\n)`;

/** Names that are no text do not exist on Windows: their groups are left out. */
export const canBeNamed = ({ keep, remove }: PlannedGroup) => [...keep, ...remove].every(({ path_bytes }) => !path_bytes);

/** Begins with the mark by which Windows PowerShell knows UTF-8. */
export const powerShellScript = (plan: Plan, trash: string, day: string) => `\uFEFF# Duplicates that were reviewed in Foray on ${day}.
# Moves files into a folder; deletes nothing and overwrites nothing.
#
#   powershell -ExecutionPolicy Bypass -File foray-duplicates.ps1
#   powershell -ExecutionPolicy Bypass -File foray-duplicates.ps1 -Trash FOLDER
#
# A group is left alone where a file that is kept is missing or has changed since.
param([string]$Trash = ${home(trash)})
$ErrorActionPreference = 'Stop'
$Trash = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Trash)
$script:moved = 0
$script:left = 0

function Test-AsReviewed($File) {
  (Test-Path -LiteralPath $File.Path -PathType Leaf) -and (Get-Item -LiteralPath $File.Path -Force).Length -eq $File.Bytes
}

function Move-Away($File, $Keep) {
  # A colon stands in no folder's name: C:\\a.jpg becomes TRASH\\C\\a.jpg.
  $target = Join-Path $Trash ($File.Path -replace '^([A-Za-z]):', '$1')
  if (-not (Test-Path -LiteralPath $File.Path)) {
    Write-Host "is gone already: $($File.Path)"
  } elseif (-not (Test-AsReviewed $File)) {
    Write-Host "left alone, since it has changed: $($File.Path)"
    $script:left++
  } elseif (Test-Path -LiteralPath $target) {
    Write-Host "left alone, since there is one in $Trash already: $($File.Path)"
    $script:left++
  } else {
    try {
      [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($target))
      [System.IO.File]::Move($File.Path, $target)
      # By a link, what is kept may have been the same file.
      if ($Keep | Where-Object { -not (Test-AsReviewed $_) }) {
        [System.IO.File]::Move($target, $File.Path)
        throw 'it is the same file as the one that is kept'
      }
      $script:moved++
    } catch {
      Write-Host "left alone: $($File.Path): $($_.Exception.Message)"
      $script:left++
    }
  }
}

function Move-Group([object[]]$Keep, [object[]]$Move) {
  foreach ($file in $Keep) {
    if (-not (Test-AsReviewed $file)) {
      Write-Host "left alone, since what is kept is missing or has changed: $($file.Path)"
      $script:left += $Move.Count
      return
    }
  }
  foreach ($file in $Move) { Move-Away $file $Keep }
}

${plan.groups.filter(canBeNamed).map(call).join('\n\n')}

Write-Host "$moved files moved to $Trash, $left left alone"
if ($left -gt 0) { exit 1 }
`;
