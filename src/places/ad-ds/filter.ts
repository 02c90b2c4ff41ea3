/**
 * What a search asks for (RFC 4511 section 4.5.1.7): a value that goes over the wire, or into the text that `ldapsearch` takes
 * (RFC 4515). What is compared are bytes: a GUID is none that a text could carry.
 */
import { element, octets, sequence } from "./ber.ts"

export type Filter =
  | { readonly kind: "all" | "any"; readonly of: readonly Filter[] }
  | { readonly kind: "equal" | "contains"; readonly attribute: string; readonly value: Uint8Array }
  | { readonly kind: "present"; readonly attribute: string }

const SUBSTRING_ANYWHERE = 0x81
const FILTER_TAGS = { all: 0xa0, any: 0xa1, equal: 0xa3, contains: 0xa4, present: 0x87 } as const

export function all(...of: readonly Filter[]): Filter {
  return { kind: "all", of }
}

export function any(...of: readonly Filter[]): Filter {
  return { kind: "any", of }
}

export function equal(attribute: string, value: string | Uint8Array): Filter {
  return { kind: "equal", attribute, value: bytesOf(value) }
}

export function contains(attribute: string, value: string): Filter {
  return { kind: "contains", attribute, value: bytesOf(value) }
}

export function present(attribute: string): Filter {
  return { kind: "present", attribute }
}

export function serializeFilter(filter: Filter): Uint8Array {
  const tag = FILTER_TAGS[filter.kind]
  switch (filter.kind) {
    case "all":
    case "any":
      return element(tag, ...filter.of.map(serializeFilter))
    case "equal":
      return element(tag, octets(filter.attribute), octets(filter.value))
    case "present":
      return octets(filter.attribute, tag)
    case "contains":
      return element(tag, octets(filter.attribute), sequence(octets(filter.value, SUBSTRING_ANYWHERE)))
  }
}

/** Every byte of a value is escaped, so that none of them can end it. */
export function filterText(filter: Filter): string {
  switch (filter.kind) {
    case "all":
      return `(&${filter.of.map(filterText).join("")})`
    case "any":
      return `(|${filter.of.map(filterText).join("")})`
    case "equal":
      return `(${filter.attribute}=${escaped(filter.value)})`
    case "present":
      return `(${filter.attribute}=*)`
    case "contains":
      return `(${filter.attribute}=*${escaped(filter.value)}*)`
  }
}

const escaped = (value: Uint8Array): string =>
  Array.from(value, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")

const bytesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === "string" ? new TextEncoder().encode(value) : value
