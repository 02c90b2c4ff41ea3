/** A login in the address of a place, `ldaps://user:password@dc`: refused, and never repeated. */

const LOGIN = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i

export function hasLogin(place: string): boolean {
  return LOGIN.test(place)
}

export function withoutLogin(place: string): string {
  return place.replace(LOGIN, "$1<redacted>@")
}
