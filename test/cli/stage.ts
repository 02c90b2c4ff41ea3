/** Plays a case in the scene and writes down what happened. */
import { spawnSync } from "node:child_process"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { isRoot, mountTmpfs } from "../suites/system.ts"
import type { Case } from "./cases.ts"
import { PROGRAM, runProgram, type Run } from "./program.ts"
import {
  PASSWORD,
  PIN,
  RECOVERY_PASSWORD,
  SLIPPED_RECOVERY_PASSWORD,
  SMALL_DISKS,
  WRONG_PASSWORD,
  WRONG_RECOVERY_PASSWORD,
  buildScene,
  type Scene,
} from "./scene.ts"

const MEDDLE = new URL("meddle.mjs", import.meta.url).href
const SMALL_DISK = 2 ** 20
const NOBODY = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []

export interface Stage {
  readonly scene: Scene
  /** Every secret that a case may hold. */
  readonly secrets: readonly string[]
  /** Those that the program is told in this case. */
  secretsIn(one: Case): readonly string[]
  play(one: Case, extra?: Extra): Promise<Run>
  transcriptOf(one: Case, run: Run): string
  dispose(): void
}

/** What is done to a case beside what it says. */
export interface Extra {
  readonly args?: readonly string[]
  readonly meddle?: { readonly at: string; readonly act: string; readonly text: string }
}

export async function setStage(): Promise<Stage> {
  const scene = await buildScene()
  const disks = isRoot ? SMALL_DISKS.map((name) => ({ name, disk: mountTmpfs(SMALL_DISK) })) : []
  for (const { name, disk } of disks) symlinkSync(disk.path, join(scene.folder, name))
  const props: Readonly<Record<string, string>> = {
    "{RP}": RECOVERY_PASSWORD,
    "{PW}": PASSWORD,
    "{VMK}": scene.vmk,
    "{FVEK}": scene.fvek,
    "{WRONG RP}": WRONG_RECOVERY_PASSWORD,
    "{WRONG PW}": WRONG_PASSWORD,
    "{SLIPPED RP}": SLIPPED_RECOVERY_PASSWORD,
    "{HALF RP}": RECOVERY_PASSWORD.replace("330033", "??????"),
    "{LOST RP}": RECOVERY_PASSWORD.replace("330033-440044", "??????-??????"),
    "{PIN}": PIN,
  }
  const filled = (text: string): string => text.replace(/\{[A-Z ]+\}/g, (name) => props[name] ?? name)
  return {
    scene,
    secrets: [...Object.values(props), scene.startupKey],
    secretsIn(one) {
      const told = JSON.stringify(one)
      const inFile = [
        ...(told.includes("keys.txt") ? [PASSWORD] : []),
        ...(/papers|export/.test(told) ? [RECOVERY_PASSWORD] : []),
        ...(told.includes("startup.BEK") ? [scene.startupKey] : []),
      ]
      return [
        ...Object.keys(props)
          .filter((name) => told.includes(name))
          .map((name) => props[name]!),
        ...inFile,
      ]
    },
    play(
      { program, line, stdin = "", env = {}, asNobody, meddle: accident },
      { args = [], meddle = accident } = {},
    ) {
      return runProgram([...splitLine(line).map(filled), ...args], {
        program,
        cwd: scene.folder,
        stdin: filled(stdin),
        prefix: asNobody ? NOBODY : [],
        nodeOptions: meddle ? ["--import", MEDDLE] : [],
        env: {
          ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)])),
          ...(meddle && { MEDDLE: JSON.stringify(meddle) }),
        },
      })
    },
    transcriptOf: (one, run) => transcriptOf(one, run, [scene.folder, ...disks.map(({ disk }) => disk.path)]),
    dispose() {
      for (const { disk } of disks) disk.dispose()
      scene.dispose()
    },
  }
}

/** Somebody who is not root must reach Node and the build, which may lie in root's home. */
export function canNobodyRun(): boolean {
  const [command, ...words] = [...NOBODY, process.execPath, PROGRAM, "--version"]
  return spawnSync(command, words).status === 0
}

/** Times, progress and temporary places differ from run to run. */
function transcriptOf(
  { program, line, stdin, env, meddle, showsDigits }: Case,
  run: Run,
  places: readonly string[],
): string {
  const setting = [
    ...Object.entries(env ?? {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    ...(stdin ? [`stdin=${JSON.stringify(stdin)}`] : []),
    ...(meddle ? [`accident=${meddle.act} ${meddle.path} at "${meddle.at}"`] : []),
  ]
  const said = (name: string, text: string): string[] => (text ? [`--- ${name}`, text.trimEnd()] : [])
  const text = [
    ...setting.map((one) => `# ${one}`),
    `$ ${[program ?? "repair-bde", line].join(" ").trim()}`,
    `--- exit code ${run.exitCode}`,
    ...said("stdout", showsDigits ? withoutDigits(run.stdout.toString()) : run.stdout.toString()),
    ...said("stderr", run.stderr),
    "",
  ].join("\n")
  return places
    .reduce((blotted, place) => blotted.replaceAll(place, "/scene"), text)
    .replace(/\bin \d+:\d\d\b/g, "in 0:00")
    .replace(/"elapsedMs":\d+/g, '"elapsedMs":0')
    .replace(/"(perSecond|seconds)":[\d.]+/g, '"$1":0')
    .replace(
      /at [\d.]+ a second on this machine: [\d:]+ at most/g,
      "at 0 a second on this machine: 0:00 at most",
    )
    .replace(/would try in \d+ years/g, "would try in 0 years")
    .replace(/^\{"type":"progress".*\n/gm, "")
}

/** What the person asked for and sees, and no transcript holds. */
function withoutDigits(text: string): string {
  return [RECOVERY_PASSWORD, SLIPPED_RECOVERY_PASSWORD]
    .flatMap((digits) => [digits, ...digits.split("-")])
    .reduce((blotted, digits) => blotted.replaceAll(digits, "{DIGITS}"), text)
}

function splitLine(line: string): string[] {
  return line.match(/(?:\{[^}]*\}|\S)+/g) ?? []
}
