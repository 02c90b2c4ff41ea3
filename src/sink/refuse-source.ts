/**
 * Never onto the source: not onto the file or device that is read, by whatever name, and not onto a file system or
 * partition of the drive that is read. No option answers this question, because a mistake here destroys the only copy.
 */
import type { BigIntStats } from "node:fs"
import { stat } from "node:fs/promises"
import { dirname } from "node:path"
import { SinkError } from "../errors.ts"
import { disksUnder, disksUnderFolder, loopFile } from "./linux-disks.ts"
import { openFailure } from "./failures.ts"

/**
 * @param facts of the output, `undefined` when it does not exist
 * @throws SinkError
 */
export async function refuseSource(
  path: string,
  facts: BigIntStats | undefined,
  inputPath: string,
): Promise<void> {
  const input = await stat(inputPath, { bigint: true }).catch(() => undefined)
  // Raw devices of Windows have no stat; an input that vanished is found out by who reads it.
  if (!input) return
  const inputIds = await identitiesOf(input)
  if (facts && (await identitiesOf(facts)).some((id) => inputIds.includes(id))) {
    throw new SinkError("sink-is-source", `${path} is the input ${inputPath}`, {
      data: { path, inputPath },
      next: ["name another output, on another drive"],
    })
  }
  if (!input.isBlockDevice()) return
  const inputDisks = await disksUnder(input.rdev)
  const outputDisks = await disksOfOutput(path, facts)
  if (!outputDisks.some((disk) => inputDisks.includes(disk))) return
  throw new SinkError("sink-on-source-drive", `${path} lies on the drive of the input ${inputPath}`, {
    data: { path, inputPath },
    next: [
      "name an output on another drive: writing to a drive that is being rescued can destroy what is left on it",
    ],
  })
}

/** What hard links, symbolic links, device nodes and loop devices have in common when they are the same bytes. */
async function identitiesOf(facts: BigIntStats): Promise<string[]> {
  if (!facts.isBlockDevice()) return [`file ${facts.dev}:${facts.ino}`]
  const behind = await loopFile(facts.rdev)
  const file = behind === undefined ? undefined : await stat(behind, { bigint: true }).catch(() => undefined)
  return [`device ${facts.rdev}`, ...(file ? [`file ${file.dev}:${file.ino}`] : [])]
}

async function disksOfOutput(path: string, facts: BigIntStats | undefined): Promise<string[]> {
  if (facts?.isBlockDevice()) return disksUnder(facts.rdev)
  // A pipe or terminal lies nowhere; standard output has no folder, but a file behind it has a device.
  if (facts) return facts.isFile() ? disksUnder(facts.dev) : []
  return disksUnderFolder(dirname(path)).catch((error: unknown) => {
    throw openFailure(path, error)
  })
}
