/** FNV-1a of some texts, mixed so that similar ones differ in the high bits, too. An integer from 0 to 2^32 - 1. */
export function hashOf(...texts: readonly string[]): number {
  let hash = 0x81_1c_9d_c5;
  for (const text of texts) {
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
    }
    hash = Math.imul(hash ^ 0xff, 0x01_00_01_93);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
