/** `manage-bde -protectors -get VOLUME [-Type TYPE] [-ID {GUID}]` */
import { EXIT_DONE, UsageError } from "../errors.ts"
import { type ManagedVolume, type StatusReport, volumeStatus } from "../job/status.ts"
import { textOf, type Invocation } from "./invocation.ts"
import { PROTECTOR_TYPES } from "./protector-types.ts"
import { protectorIdOf } from "./protector-id.ts"
import { protectorsDocument, renderProtectors } from "./render-protectors.ts"
import { inputOf, type Command } from "./session.ts"

export interface ShownProtectors extends StatusReport {
  /** Of which kind was asked for, as Microsoft names it. */
  readonly type?: string
}

export const protectors: Command<ShownProtectors> = {
  async run(invocation, credentials, context) {
    const type = typeOf(invocation)
    const id = protectorIdOf(invocation)
    const isWanted = (protector: ManagedVolume["protectors"][number]): boolean =>
      (!type || type.kinds.includes(protector.kind)) && (id === undefined || protector.id === id)
    const report = await volumeStatus({ input: inputOf(invocation), credentials }, context)
    const volumes = report.volumes.map((volume) => ({
      ...volume,
      protectors: volume.protectors.filter(isWanted),
    }))
    if (volumes.every((volume) => volume.protectors.length === 0)) throw noneFound(report)
    return { ...report, volumes, ...(type && { type: type.title }) }
  },
  render: renderProtectors,
  document: protectorsDocument,
  // Without a credential there is none in it; the log does without the answer either way.
  showsSecrets: true,
  exitCode: () => EXIT_DONE,
}

function typeOf(invocation: Invocation): (typeof PROTECTOR_TYPES)[number] | undefined {
  const typed = textOf(invocation, "protectorType")
  if (typed === undefined) return undefined
  const type = PROTECTOR_TYPES.find(({ name }) => name === typed.toLowerCase())
  if (type) return type
  throw new UsageError("bad-value", "the value of -Type is no kind of key protector", {
    next: [`write one of ${PROTECTOR_TYPES.map(({ name }) => name).join(", ")}`],
  })
}

function noneFound({ volumes }: StatusReport): UsageError {
  const ids = volumes.flatMap((volume) => volume.protectors.map(({ id }) => id))
  return new UsageError("protector-not-found", "no key protector is of this type and ID", {
    next: ["leave -Type and -ID out to see all of them"],
    data: { protectorIds: ids },
  })
}
