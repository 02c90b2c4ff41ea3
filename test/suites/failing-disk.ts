/**
 * A file system in memory whose power can be taken away. Everything that is asked of it stands in a journal; `afterCrash`
 * replays the journal up to any step and keeps, of what was not synced by then, any subset: sector by sector, name by name.
 * A sync covers what was asked before it began, and counts when it has ended.
 */
import type { DurableFiles } from "../../src/pipeline/durable-files.ts"
import type { PositionalSink } from "../../src/sink/positional-sink.ts"

const SECTOR = 512

type Step =
  | { readonly kind: "write"; readonly inode: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "cut"; readonly inode: number; readonly length: number }
  | { readonly kind: "name"; readonly name: string; readonly inode: number | undefined }
  | { readonly kind: "synced"; readonly inode: number | "names"; readonly since: number }

/** Whether a thing that was not synced is there nevertheless. */
export type Luck = () => boolean

export class FailingDisk implements DurableFiles {
  readonly #journal: Step[] = []
  readonly #names = new Map<string, number>()
  #inodes = 0

  /** Steps so far. */
  get steps(): number {
    return this.#journal.length
  }

  async write(path: string, content: Uint8Array): Promise<void> {
    const inode = await this.#open(path)
    await this.#do({ kind: "write", inode, at: 0, bytes: content.slice() })
    await this.#do({ kind: "cut", inode, length: content.length })
  }

  async sync(path: string): Promise<void> {
    await this.#sync(this.#names.get(path)!)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#name(to, this.#names.get(from))
    await this.#name(from, undefined)
  }

  async remove(path: string): Promise<void> {
    await this.#name(path, undefined)
  }

  async syncFolder(): Promise<void> {
    await this.#sync("names")
  }

  /** A file that is there already, of zeros. */
  async create(path: string, length: number): Promise<PositionalSink> {
    await this.write(path, new Uint8Array(length))
    await this.sync(path)
    await this.syncFolder()
    const inode = this.#names.get(path)!
    return {
      write: (at, bytes) => this.#do({ kind: "write", inode, at, bytes: bytes.slice() }),
      sync: () => this.#sync(inode),
      close: async () => {},
    }
  }

  /** What is on the medium when the power goes after that many steps. */
  afterCrash(steps: number, isLucky: Luck): Map<string, Uint8Array> {
    const journal = this.#journal.slice(0, steps)
    const durableUpTo = new Map<number | "names", number>()
    for (const step of journal) if (step.kind === "synced") durableUpTo.set(step.inode, step.since)
    const files = new Map<number, Uint8Array>()
    const names = new Map<string, number>()
    for (const [index, step] of journal.entries()) {
      if (step.kind === "synced") continue
      const isDurable = index < (durableUpTo.get(step.kind === "name" ? "names" : step.inode) ?? 0)
      const survives = isDurable ? () => true : isLucky
      if (step.kind === "name" && survives()) {
        if (step.inode === undefined) names.delete(step.name)
        else names.set(step.name, step.inode)
      } else if (step.kind === "cut" && survives()) {
        files.set(step.inode, resized(files.get(step.inode), step.length))
      } else if (step.kind === "write") {
        const end = step.at + step.bytes.length
        const there = files.get(step.inode)
        const file = there && there.length >= end ? there : resized(there, end)
        for (let at = step.at; at < end; at += SECTOR) {
          if (survives()) file.set(step.bytes.subarray(at - step.at, at - step.at + SECTOR), at)
        }
        files.set(step.inode, file)
      }
    }
    return new Map([...names].map(([name, inode]) => [name, files.get(inode) ?? new Uint8Array(0)]))
  }

  async #open(path: string): Promise<number> {
    const there = this.#names.get(path)
    if (there !== undefined) return there
    const inode = this.#inodes++
    await this.#name(path, inode)
    return inode
  }

  #name(name: string, inode: number | undefined): Promise<void> {
    if (inode === undefined) this.#names.delete(name)
    else this.#names.set(name, inode)
    return this.#do({ kind: "name", name, inode })
  }

  async #sync(inode: number | "names"): Promise<void> {
    const since = this.#journal.length
    // What is written meanwhile is not covered.
    for (let i = 0; i < 3; i++) await new Promise(setImmediate)
    await this.#do({ kind: "synced", inode, since })
  }

  async #do(step: Step): Promise<void> {
    this.#journal.push(step)
    await new Promise(setImmediate)
  }
}

function resized(file: Uint8Array | undefined, length: number): Uint8Array {
  const copy = new Uint8Array(length)
  if (file) copy.set(file.subarray(0, length))
  return copy
}
