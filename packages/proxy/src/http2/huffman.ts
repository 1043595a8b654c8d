/**
 * Bits of the code of each symbol, and of the one that ends a string (RFC 7541, appendix B), to the base 36. The code is
 * canonical, so that the lengths determine it.
 */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const MIN_BITS = 5;
const MAX_BITS = 30;
const END = 256;
/** In place of a symbol: none was completed, or the one that must not stand in a string. */
const NONE = 0x1ff;

interface Node {
  readonly index: number;
  /** Whether the bits on the way to it are padding: fewer than eight, all 1. */
  readonly isPadding: boolean;
  readonly children: [Node | number | undefined, Node | number | undefined];
}

/** For each node of the tree and each half of a byte: the next node, and the symbol that was completed on the way. */
const { next, symbols, mayEnd } = decodingTable();

/**
 * Decodes a string to Latin-1 (RFC 7541 §5.2).
 * @returns undefined if it is invalid
 */
export function huffmanDecode(bytes: Buffer, from: number, to: number): string | undefined {
  let text = '';
  let node = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const high = (node << 4) | (byte >> 4);
    const first = symbols[high] ?? END;
    if (first < END) text += String.fromCharCode(first);
    const low = ((next[high] ?? 0) << 4) | (byte & 0x0f);
    const second = symbols[low] ?? END;
    if (second < END) text += String.fromCharCode(second);
    if (first === END || second === END) return undefined;
    node = next[low] ?? 0;
  }
  return mayEnd[node] === 1 ? text : undefined;
}

function decodingTable(): {
  readonly next: Uint8Array;
  readonly symbols: Uint16Array;
  readonly mayEnd: Uint8Array;
} {
  const nodes = codeTree();
  const table = {
    next: new Uint8Array(nodes.length * 16),
    symbols: new Uint16Array(nodes.length * 16).fill(NONE),
    mayEnd: Uint8Array.from(nodes, ({ isPadding }) => (isPadding ? 1 : 0)),
  };
  const [root] = nodes;
  for (const start of nodes) {
    for (let half = 0; half < 16; half++) {
      let node: Node | undefined = start;
      for (let bit = 3; bit >= 0 && node !== undefined; bit--) {
        const child: Node | number | undefined = node.children[((half >> bit) & 1) as 0 | 1];
        // The shortest code has five bits: half a byte completes one symbol at most.
        if (typeof child === 'number') table.symbols[(start.index << 4) | half] = child;
        node = typeof child === 'object' ? child : root;
      }
      table.next[(start.index << 4) | half] = node?.index ?? 0;
    }
  }
  return table;
}

function codeTree(): Node[] {
  const root: Node = { index: 0, isPadding: true, children: [undefined, undefined] };
  const nodes = [root];
  let code = 0;
  for (let bits = MIN_BITS; bits <= MAX_BITS; bits++, code *= 2) {
    for (let symbol = 0; symbol <= END; symbol++) {
      if (Number.parseInt(LENGTHS.charAt(symbol), 36) !== bits) continue;
      let node = root;
      for (let depth = 1; depth < bits; depth++) {
        const bit = ((code >> (bits - depth)) & 1) as 0 | 1;
        const known = node.children[bit];
        if (typeof known === 'object') node = known;
        else {
          const isPadding = node.isPadding && bit === 1 && depth < 8;
          const added: Node = {
            index: nodes.length,
            isPadding,
            children: [undefined, undefined],
          };
          nodes.push(added);
          node.children[bit] = added;
          node = added;
        }
      }
      node.children[(code & 1) as 0 | 1] = symbol;
      code++;
    }
  }
  return nodes;
}
