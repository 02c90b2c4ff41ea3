/**
 * The page as a browser shows it, opened from a file as a person does: no network, no errors, no barrier for anybody, and
 * every figure on it is the one of the JSON.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Browser, type Page, chromium } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { reportText } from "../../src/job/report-collector.ts"
import { requirement } from "../suites/requirements.ts"
import { type Temporary, temporaryFolder } from "../suites/system.ts"
import { findTool } from "../suites/tools.ts"
import { DOCUMENTS, HOSTILE } from "./documents.ts"

const CHROMIUM = findTool("chromium")
const hasChromium = requirement("chromium on the PATH", CHROMIUM !== undefined)
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

describe.skipIf(!hasChromium)("in a browser", () => {
  let browser: Browser
  let folder: Temporary
  beforeAll(async () => {
    folder = temporaryFolder()
    // Its sandbox is not for root, and the page is ours.
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] })
  })
  afterAll(async () => {
    await browser?.close()
    folder?.dispose()
  })

  interface Opened {
    readonly page: Page
    /** What the page complained of, and what it asked for beside itself. */
    readonly faults: string[]
  }

  async function open(name: string, options: Parameters<Browser["newPage"]>[0] = {}): Promise<Opened> {
    const path = join(folder.path, `${name.replaceAll(" ", "-")}.html`)
    writeFileSync(path, reportText(DOCUMENTS[name]!, "html"))
    const url = pathToFileURL(path).href
    const page = await browser.newPage({ viewport: { width: 1180, height: 900 }, ...options })
    const faults: string[] = []
    page.on("console", (message) => faults.push(`console: ${message.text()}`))
    page.on("pageerror", (error) => faults.push(`error: ${error.message}`))
    page.on("request", (request) => {
      if (request.url() !== url) faults.push(`asked for ${request.url()}`)
    })
    await page.goto(url)
    return { page, faults }
  }

  describe.each(Object.keys(DOCUMENTS))("the report of a run that ended as: %s", (name) => {
    it("asks for nothing and complains of nothing", async () => {
      const { page, faults } = await open(name)
      expect(await page.title()).toContain(DOCUMENTS[name]!.headline)
      await page.close()
      expect(faults).toEqual([])
    })

    it("has the figures of its JSON, and shows them to the byte", async () => {
      const { page } = await open(name)
      const figures = await page.$$eval("data[data-from]", (elements) =>
        elements.map((element) => ({
          from: element.getAttribute("data-from")!,
          value: element.getAttribute("value")!,
          // Beside a large figure stand its bytes.
          text: `${element.textContent} ${element.parentElement!.textContent}`,
        })),
      )
      await page.close()
      expect(figures.length).toBeGreaterThan(0)
      for (const { from, value, text } of figures) {
        const told = lookUp(DOCUMENTS[name]!, from)
        expect(value, from).toBe(String(told))
        if (isExact(from)) expect(text.replaceAll(",", ""), from).toContain(String(told))
      }
    })

    it.each(["light", "dark"] as const)("shuts nobody out, in %s", async (colorScheme) => {
      const { page } = await open(name, { colorScheme })
      expect(await violations(page)).toEqual([])
      await page.close()
    })

    it("fits a narrow window and a sheet of paper", async () => {
      const { page } = await open(name, { viewport: { width: 360, height: 800 } })
      const overflow = () => page.evaluate("document.documentElement.scrollWidth - innerWidth")
      expect(await overflow()).toBeLessThanOrEqual(0)
      await page.emulateMedia({ media: "print" })
      await page.setViewportSize({ width: 680, height: 900 })
      expect(await overflow()).toBeLessThanOrEqual(0)
      expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(1000)
      await page.close()
    })
  })

  it("is judged by a tool that sees a barrier", async () => {
    const { page } = await open("recovered")
    await page.evaluate("document.body.append(document.createElement('input'))")
    expect((await violations(page)).join()).toContain("<input>")
    await page.close()
  })

  it("follows the system in light and dark", async () => {
    const colours = []
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await open("recovered", { colorScheme })
      colours.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
      await page.close()
    }
    expect(colours).toEqual(["rgb(251, 250, 247)", "rgb(20, 24, 26)"])
  })

  it("shows hostile texts as text", async () => {
    const { page } = await open("hostile texts")
    expect(await page.$$eval("img, script:not([type='application/json'])", (found) => found.length)).toBe(0)
    expect(await page.title()).not.toContain("taken")
    const body = await page.evaluate("document.body.innerText")
    expect(body).toContain(HOSTILE.slice(0, 20))
    // The mark that turns text around is named, not obeyed.
    expect(body).not.toContain("\u202e")
    expect(body).toContain("\\u202e")
    await page.close()
  })

  it("says beside the name of a system how it opens the output, in lines of a readable length", async () => {
    const { page } = await open("recovered")
    const widths = await page.$$eval(".guide p", (notes) => notes.map((note) => note.clientWidth))
    await page.close()
    expect(widths.length).toBeGreaterThan(2)
    expect(Math.min(...widths)).toBeGreaterThan(400)
  })

  it("draws a cell for each part, and marks the lost ones otherwise than by colour", async () => {
    const { page } = await open("recovered with losses")
    expect(await page.$$eval(".map rect", (cells) => cells.length)).toBe(768)
    const lost = await page.$$eval(".map rect.lost", (cells) => cells.length)
    expect(lost).toBeGreaterThan(20)
    expect(await page.$$eval(".map path.stroke", (strokes) => strokes.length)).toBe(lost)
    await page.close()
  })
})

/** Figures that are shown as they are, to the last digit: sizes, counts and exit codes, but not times and shares. */
function isExact(pointer: string): boolean {
  return !/elapsedMs|confidence|offset|start$/.test(pointer)
}

/** A JSON pointer (RFC 6901); none of ours has an escaped character. */
function lookUp(document: unknown, pointer: string): unknown {
  let value = document
  for (const name of pointer.slice(1).split("/")) value = (value as Record<string, unknown>)[name]
  return value
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

/** Past the page's own policy, which lets nothing run: in the world of the tool that drives the browser. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, "utf8"))
  const { violations: found } = await page.evaluate<AxeResult>("axe.run()")
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`))
}
