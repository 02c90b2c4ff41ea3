/** Structures as flat lists of named fields, so that a forged one and a real one can be compared field by field. */
import { toHex } from "../../src/bytes/hex.ts"
import type { Struct } from "../../src/bytes/struct.ts"
import {
  AesCcmBody,
  BackupInfoBody,
  type Datum,
  DatasetHeader,
  DatumType,
  ExternalInfoBody,
  InformationHeader,
  KeyBody,
  type MetadataBlock,
  PROPERTIES_AFTER,
  PublicKeyInfoBody,
  StretchKeyBody,
  UseKeyBody,
  ValidationHeader,
  VirtualizationExtension,
  VirtualizationInfoBody,
  VmkInfoBody,
} from "../../src/fve/index.ts"

export type Fields = Readonly<Record<string, string>>

// A struct of any shape: its fields are only printed.
// oxlint-disable-next-line typescript/no-explicit-any
type AnyStruct = Struct<any>

const BODIES: Readonly<Record<number, AnyStruct>> = {
  [DatumType.key]: KeyBody,
  [DatumType.stretchKey]: StretchKeyBody,
  [DatumType.useKey]: UseKeyBody,
  [DatumType.aesCcm]: AesCcmBody,
  [DatumType.vmkInfo]: VmkInfoBody,
  [DatumType.externalInfo]: ExternalInfoBody,
  [DatumType.publicKeyInfo]: PublicKeyInfoBody,
  [DatumType.virtualizationInfo]: VirtualizationInfoBody,
  [DatumType.backupInfo]: BackupInfoBody,
}

export function structFields(layout: AnyStruct, source: Uint8Array, prefix: string): Fields {
  const value = layout.parse(source) as Record<string, unknown>
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [`${prefix}.${name}`, print(field)]))
}

/** Every field of a block. Datums come sorted: their order is not fixed on real volumes either. */
export function blockFields({ header, dataset, validation, bytes, infoSize }: MetadataBlock): Fields {
  const headers = [
    structFields(InformationHeader, InformationHeader.serialize(header), "information"),
    structFields(DatasetHeader, DatasetHeader.serialize(dataset.header), "dataset"),
    structFields(ValidationHeader, bytes.subarray(infoSize), "validation"),
  ]
  const datums = [...dataset.datums].sort((a, b) => sortKey(a).localeCompare(sortKey(b)))
  const all = [
    ...datums.map((datum) => datumFields(datum, label(datum))),
    datumFields(validation!.hash!, "hash"),
  ]
  return Object.assign({}, ...headers, ...all) as Fields
}

function datumFields(datum: Datum, path: string): Fields {
  const { role, type, flags, body, properties } = datum
  const layout = BODIES[type]
  const fixed = layout ? structFields(layout, body, path) : {}
  const rest = body.subarray(PROPERTIES_AFTER.get(type) ?? layout?.size ?? 0)
  const tail = properties.length > 0 ? {} : tailFields(type, rest, path)
  const inner = properties.map((property, i) => datumFields(property, `${path} > ${i} ${label(property)}`))
  return {
    [`${path}.type`]: `${role}/${type}/${flags}`,
    ...fixed,
    ...tail,
    ...Object.assign({}, ...inner),
  } as Fields
}

function tailFields(type: number, rest: Uint8Array, path: string): Fields {
  if (type !== DatumType.virtualizationInfo || rest.length === 0)
    return { [`${path}.rest`]: `${rest.length} bytes` }
  return structFields(VirtualizationExtension, rest, `${path} extension`)
}

const sortKey = (datum: Datum): string => `${label(datum)} ${datum.offset}`

function label({ role, type, body }: Datum): string {
  const kind = type === DatumType.vmkInfo ? ` 0x${VmkInfoBody.parse(body).protection.toString(16)}` : ""
  return `datum ${role.toString(16)}/${type.toString(16)}${kind}`
}

function print(value: unknown): string {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(print).join(" ")
  if (typeof value === "object" && value !== null) return Object.values(value).map(print).join(" ")
  return `${value as string | number | bigint}`
}
