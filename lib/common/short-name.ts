/** The name with its suffix, as long as is allowed. A name that is cut keeps a checksum of the whole, so that two long names stay two. */
export function shortened(name: string, suffix: string, longest: number): string {
  if (name.length + suffix.length <= longest) {
    return name + suffix;
  }
  const checksum = fnv1a(name);
  return `${name.slice(0, longest - suffix.length - checksum.length - 1).replace(/-+$/, '')}-${checksum}${suffix}`;
}

/** http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
