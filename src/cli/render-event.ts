/** Events as lines for people and for the log. Progress has its own line; phases and good findings are for the log only. */
import type { JobEvent } from "../job/events.ts"
import { renderSearch } from "./render-clinic.ts"
import { renderPatch } from "./render-patch.ts"
import { renderPlanBriefly } from "./render-repair.ts"
import { renderFinding, renderOpenedBy, renderVolumeBriefly } from "./render-volume.ts"

export function renderEvent(event: JobEvent): string | undefined {
  switch (event.type) {
    case "phase":
      return `phase: ${event.phase}`
    case "finding":
      return renderFinding(event.finding)
    case "notice":
      return `note: ${event.text}`
    case "volume":
      return renderVolumeBriefly(event.volume)
    case "opened":
      return renderOpenedBy(event.openedBy)
    case "plan":
      return `plan: ${renderPlanBriefly(event.plan)}`
    case "patch":
      return renderPatch(event.patch).join("\n")
    case "search":
      return renderSearch(event.search, event.faults).join("\n")
    case "progress":
      return undefined
  }
}

/** What even a person who wants quiet must not miss. */
export function isUrgent(event: JobEvent): boolean {
  return event.type === "patch" || (event.type === "finding" && event.finding.severity === "damage")
}

/** Whether a person who watches should see it as it happens. */
export function isForPeople(event: JobEvent): boolean {
  if (event.type === "finding") return event.finding.severity !== "good"
  return event.type !== "phase" && event.type !== "progress"
}
