/** HTML that cannot be broken by what is put into it: every string is escaped, but those that were made here. */

export interface Html {
  readonly html: string
}

type Part = string | number | Html | undefined | false | readonly Part[]

/** The template with its parts: text is escaped, lists are joined, what is absent leaves nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.reduce((text, piece, i) => text + render(parts[i - 1]) + piece) }
}

/** Text that is no HTML but stands in it as it is: style sheets of ours. */
export function verbatim(text: string): Html {
  return { html: text }
}

/** JSON for a data block: it cannot end the element that it stands in. */
export function dataBlock(value: unknown): Html {
  return { html: JSON.stringify(value, undefined, 1).replaceAll("<", "\\u003c") }
}

function render(part: Part): string {
  if (part === undefined || part === false) return ""
  if (typeof part === "object") return "html" in part ? part.html : part.map(render).join("")
  return escape(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/**
 * Control characters, which HTML forbids, become their pictures; the marks that turn the direction of text around are named,
 * so that no label can pretend to be another.
 */
function escape(text: string): string {
  return text
    .replace(/\p{Cc}/gu, pictureOf)
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`)
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    .replace(/[&<>"']/g, (c) => ENTITIES[c]!)
}

/** Line ends and tabs are blanks to a page; what has no picture is shown as unknown. */
function pictureOf(control: string): string {
  const code = control.charCodeAt(0)
  if (control === "\n" || control === "\t") return control
  if (code === 0x7f) return "\u2421"
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd"
}
