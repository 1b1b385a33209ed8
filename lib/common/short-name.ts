/** The name with its suffix, as long as is allowed. A name that is cut keeps a checksum of the whole, so that two long names stay two. */
export function shortened(name: string, suffix: string, longest: number): string {
  if (name.length + suffix.length <= longest) {
    return name + suffix;
  }
  const checksum = fnv1a(name);
  return `${name.slice(0, longest - suffix.length - checksum.length - 1).replace(/-+$/, '')}-${checksum}${suffix}`;
}

/** What any text is as a part of a name: lower case, with `-` for what no DNS label has. */
export function nameWords(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}

/** The parts that there are, as one name of at most that length. */
export function joinedName(parts: readonly (string | undefined)[], longest: number): string {
  return shortened(parts.map(part => nameWords(part ?? '')).filter(part => part !== '').join('-'), '', longest);
}

/** Eight hexadecimal digits that tell a text from others: http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
