/**
 * Fixed structures, declared once: a declaration gives the type, the size, parse, serialize, the list of unexpected
 * fields and the table in `docs/format/`. Little-endian unless a name ends in `be`.
 *
 * Parse is total: garbage parses, and is judged afterwards. Only missing bytes throw, as a backstop behind callers that
 * look at the room first. Round trips are exact, so unknown fields are declared too (`reservedNN`, by offset).
 */

export interface Field<T> {
  /** As printed in the format tables: `u32`, `bytes[16]`. */
  readonly type: string
  readonly size: number
  readonly doc: string
  /** What the format promises, where it promises something. */
  readonly expect?: T | undefined
  get(view: DataView, at: number): T
  set(view: DataView, at: number, value: T): void
}

// `unknown` would make a Field<number> unassignable: set() takes T, so the shape of a struct needs the open type.
// oxlint-disable-next-line typescript/no-explicit-any
type AnyField = Field<any>
type Shape = Readonly<Record<string, AnyField>>
type ValueOf<S extends Shape> = { -readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never }

/** The value that a field or struct parses to. */
export type Parsed<F extends AnyField> = F extends Field<infer T> ? T : never

export interface FieldPlace {
  readonly name: string
  readonly offset: number
  readonly field: AnyField
}

export interface Struct<S extends Shape> extends Field<ValueOf<S>> {
  /** The fields with their offsets, in disk order. */
  readonly layout: readonly FieldPlace[]
  /** Byte offset of one field in the structure. */
  offsetOf(name: keyof S & string): number
  /** @throws RangeError when fewer than `size` bytes follow `at`. */
  parse(source: Uint8Array, at?: number): ValueOf<S>
  /** The inverse of parse, byte for byte. @throws RangeError when a value does not fit its field. */
  serialize(value: ValueOf<S>): Uint8Array
  /** Names of the fields that differ from what the format promises: evidence, not an exception. */
  unexpected(value: ValueOf<S>): string[]
}

/** Named fields in disk order, packed. A struct is itself a field, so structs nest. */
export function struct<const S extends Shape>(type: string, shape: S): Struct<S> {
  const layout: FieldPlace[] = []
  let size = 0
  for (const [name, field] of Object.entries(shape)) {
    layout.push({ name, offset: size, field })
    size += field.size
  }
  const get = (view: DataView, at: number): ValueOf<S> =>
    Object.fromEntries(
      layout.map(({ name, offset, field }) => [name, field.get(view, at + offset)]),
    ) as ValueOf<S>
  const set = (view: DataView, at: number, value: ValueOf<S>): void => {
    for (const { name, offset, field } of layout) field.set(view, at + offset, value[name])
  }
  return {
    type,
    size,
    doc: "",
    layout,
    get,
    set,
    offsetOf(name) {
      const place = layout.find((p) => p.name === name)
      if (!place) throw new RangeError(`${type}: no field ${name}`)
      return place.offset
    },
    parse(source, at = 0) {
      if (at < 0 || at + size > source.length) throw new RangeError(`${type}: no ${size} bytes at ${at}`)
      return get(viewOf(source), at)
    },
    serialize(value) {
      const out = new Uint8Array(size)
      set(viewOf(out), 0, value)
      return out
    },
    unexpected: (value) =>
      layout
        .filter(({ name, field }) => field.expect !== undefined && field.expect !== value[name])
        .map(({ name }) => name),
  }
}

/** A DataView over exactly the bytes of the array. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export const u8: IntegerField = integer(
  "u8",
  1,
  (v, at) => v.getUint8(at),
  (v, at, n) => v.setUint8(at, n),
)
export const u16: IntegerField = integer(
  "u16",
  2,
  (v, at) => v.getUint16(at, true),
  (v, at, n) => v.setUint16(at, n, true),
)
export const u32: IntegerField = integer(
  "u32",
  4,
  (v, at) => v.getUint32(at, true),
  (v, at, n) => v.setUint32(at, n, true),
)
export const u16be: IntegerField = integer(
  "u16be",
  2,
  (v, at) => v.getUint16(at),
  (v, at, n) => v.setUint16(at, n),
)
export const u32be: IntegerField = integer(
  "u32be",
  4,
  (v, at) => v.getUint32(at),
  (v, at, n) => v.setUint32(at, n),
)

/** 64 bits stay a bigint in the parsed value; `byteOffset` makes a checked number of one. */
export function u64(doc: string, expect?: bigint): Field<bigint> {
  return {
    type: "u64",
    size: 8,
    doc,
    expect,
    get: (view, at) => view.getBigUint64(at, true),
    set(view, at, value) {
      if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new RangeError(`${value} does not fit in u64`)
      view.setBigUint64(at, value, true)
    },
  }
}

/** A fixed number of raw bytes; the parsed value is a copy. */
export function bytes(length: number, doc: string): Field<Uint8Array> {
  return {
    type: `bytes[${length}]`,
    size: length,
    doc,
    get: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, length).slice(),
    set(view, at, value) {
      if (value.length !== length)
        throw new RangeError(`${value.length} bytes do not fit in bytes[${length}]`)
      new Uint8Array(view.buffer, view.byteOffset + at, length).set(value)
    },
  }
}

/** A signature or name: one byte a character (ISO 8859-1), so that any bytes travel through. */
export function latin1(length: number, doc: string, expect?: string): Field<string> {
  return {
    type: `latin1[${length}]`,
    size: length,
    doc,
    expect,
    get(view, at) {
      let text = ""
      for (let i = 0; i < length; i++) text += String.fromCharCode(view.getUint8(at + i))
      return text
    },
    set(view, at, value) {
      if (value.length !== length) throw new RangeError(`"${value}" is not ${length} characters long`)
      for (let i = 0; i < length; i++) view.setUint8(at + i, checked(value.charCodeAt(i), 1, "latin1"))
    },
  }
}

/** The same field several times in a row. */
export function array<T>(count: number, item: Field<T>, doc: string): Field<T[]> {
  return {
    type: `${item.type}[${count}]`,
    size: count * item.size,
    doc,
    get: (view, at) => Array.from({ length: count }, (_, i) => item.get(view, at + i * item.size)),
    set(view, at, values) {
      if (values.length !== count)
        throw new RangeError(`${values.length} values do not fit in ${item.type}[${count}]`)
      values.forEach((value, i) => item.set(view, at + i * item.size, value))
    },
  }
}

export type IntegerField = (doc: string, expect?: number) => Field<number>

function integer(
  type: string,
  size: number,
  get: (view: DataView, at: number) => number,
  set: (view: DataView, at: number, value: number) => void,
): IntegerField {
  return (doc, expect) => ({
    type,
    size,
    doc,
    expect,
    get,
    set: (view, at, value) => set(view, at, checked(value, size, type)),
  })
}

function checked(value: number, size: number, type: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
    throw new RangeError(`${value} does not fit in ${type}`)
  }
  return value
}
