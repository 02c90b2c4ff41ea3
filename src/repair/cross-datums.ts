/**
 * Datums out of pieces of several copies: the salt of a key protector from one, its wrapped VMK from another. It needs no
 * checksum over the whole, since the tag of each box is an oracle of its own; so every combination of a datum's pieces is
 * key material.
 */
import { type Datum, DatumRole, DatumType, resyncDatums } from "../fve/index.ts"
import { type Extent, extent, overlaps } from "../extents/extent.ts"
import { combinations } from "./combinations.ts"
import { type Testimony, patchTogether } from "./patchwork.ts"
import type { Witness } from "./witnesses.ts"

/** Three copies that differ in four pieces of one datum. */
const MOST_PER_DATUM = 3 ** 4

/** Datums with keys that no copy has whole, as far as any copy tells where they lie. */
export function crossDatums(witnesses: readonly Witness[]): Datum[] {
  const places = new Map(
    witnesses.flatMap(({ block }) =>
      (block?.dataset.datums ?? [])
        .filter(hasKeys)
        .map(({ offset, size }) => [`${offset} ${size}`, extent(offset, size)]),
    ),
  )
  return [...places.values()].flatMap((place) => crossDatum(witnesses, place))
}

function hasKeys({ role, type }: Datum): boolean {
  return type === DatumType.vmkInfo || role === DatumRole.fvek
}

function crossDatum(witnesses: readonly Witness[], place: Extent): Datum[] {
  const testimonies = witnesses.map(({ name, bytes, unreadable }): Testimony => ({
    name,
    bytes: bytes.subarray(place.start, place.start + place.length),
    unreadable: unreadable
      .filter((e) => overlaps(e, place))
      .map((e) => ({ ...e, start: e.start - place.start })),
  }))
  const patchwork = patchTogether(testimonies, place.length, MOST_PER_DATUM)
  if (!patchwork || patchwork.pieces.length < 2) return []
  return [...combinations(patchwork)].flatMap((bytes) => resyncDatums(bytes, 0, bytes.length))
}
