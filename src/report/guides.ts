/** How to open a recovered volume on each system, read-only, and how to look at its health without harm. */
import type { Guide, ReportedFileSystem, ReportedOutput } from "./document.ts"

/** Nothing is opened that went to standard output, or that is a part of a volume. */
export function guidesFor(
  output: ReportedOutput,
  fileSystem: ReportedFileSystem | undefined,
): readonly Guide[] {
  if (!fileSystem || output.kind === "stream" || output.start > 0) return []
  if (fileSystem.type === "refs") return [onlyWindows(output)]
  return [linux(output, fileSystem), macos(output, fileSystem), windows(output, fileSystem)]
}

function linux({ path, kind }: ReportedOutput, { type, sectorSize, ...state }: ReportedFileSystem): Guide {
  const file = quoted(path)
  const check = CHECKS[type]
  const mount =
    kind === "device"
      ? [`sudo mount -o ro ${file} /mnt`]
      : sectorSize === 512
        ? [`sudo mount -o ro,loop ${file} /mnt`]
        : [
            `loop=$(sudo losetup --find --show --read-only --sector-size ${sectorSize} ${file})`,
            `sudo mount -o ro "$loop" /mnt`,
          ]
  return {
    system: "Linux",
    commands: [...mount, ...(check ? [`${check} ${file}`] : [])],
    notes: [
      ...cautions(state),
      ...(check ? ["The last command looks for faults on the output and changes nothing."] : []),
    ],
  }
}

/** Each only reports: `-n` answers every question with no. */
const CHECKS: Partial<Record<ReportedFileSystem["type"], string>> = {
  ntfs: "ntfsfix --no-action",
  fat12: "fsck.fat -n",
  fat16: "fsck.fat -n",
  fat32: "fsck.fat -n",
  exfat: "fsck.exfat -n",
}

function macos({ path, kind }: ReportedOutput, { type, ...state }: ReportedFileSystem): Guide {
  const commands =
    kind === "device"
      ? [`diskutil mount readOnly ${quoted(path)}`]
      : [`hdiutil attach -readonly -imagekey diskimage-class=CRawDiskImage ${quoted(path)}`]
  const notes = type === "ntfs" ? ["macOS reads NTFS and does not write it."] : cautions(state)
  return { system: "macOS", commands, notes }
}

function windows({ kind }: ReportedOutput, state: ReportedFileSystem): Guide {
  if (kind === "device") {
    return {
      system: "Windows",
      commands: [],
      notes: [
        ...cautions(state),
        "Connect the drive. If Windows offers to format or to repair it, say no, and copy your files first.",
        "`chkdsk X:` without further letters only looks; `chkdsk X: /f` changes, and belongs on a copy.",
      ],
    }
  }
  return {
    system: "Windows",
    commands: [],
    notes: [
      ...cautions(state),
      "Windows opens no image of a single volume by itself. OSFMount and Arsenal Image Mounter attach it as a read-only drive; 7-Zip shows its files and copies them out.",
      "`chkdsk X:` without further letters only looks; `chkdsk X: /f` changes, and belongs on a copy.",
    ],
  }
}

function onlyWindows({ kind }: ReportedOutput): Guide {
  const open =
    kind === "device"
      ? "Connect the drive to Windows, and say no when it offers to repair or to format it."
      : "Attach the image as a read-only drive with OSFMount or Arsenal Image Mounter."
  return { system: "Windows", commands: [], notes: ["Only Windows reads ReFS.", open] }
}

function cautions({ dirty, hibernated }: Pick<ReportedFileSystem, "dirty" | "hibernated">): string[] {
  if (hibernated)
    return [
      "Windows hibernated on this volume (fast startup does so too): whoever writes to it destroys files. Open it read-only.",
    ]
  if (dirty)
    return ["The volume was not unmounted cleanly: open it read-only until a copy of it was checked."]
  return []
}

/** For a shell of Linux and macOS; a path that begins with a dash is no option. */
function quoted(path: string): string {
  const safe = path.startsWith("-") ? `./${path}` : path
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`
}
