/** `inspect`: what is on this drive, and which key does it need? No credential, no write. */
import { createContext } from "./context.ts"
import { describeVolume } from "./describe-volume.ts"
import { choosePlace, openInput } from "./open-input.ts"
import { openVolume } from "./open-volume.ts"
import type { InspectReport, VolumeReport } from "./reports.ts"
import type { InputChoice, JobShell } from "./requests.ts"

/** @throws SourceError, NotFveError (which names what the input is instead) */
export async function inspectVolumes(input: InputChoice, shell: JobShell = {}): Promise<InspectReport> {
  const { emit, signal } = createContext(shell)
  emit({ type: "phase", phase: "locate" })
  const opened = await openInput(input, { emit, signal })
  try {
    const volumes: VolumeReport[] = []
    const chosen = input.volume === undefined ? undefined : choosePlace(opened.places, input.volume).place
    for (const [i, place] of opened.places.entries()) {
      if (chosen && place !== chosen) continue
      volumes.push(await describeVolume(await openVolume(opened, place, i + 1, signal), signal))
    }
    return { source: opened.report, volumes, bytesRead: opened.bytesRead() }
  } finally {
    await opened.source.close()
  }
}
