import * as zlib from 'node:zlib';
import type { BodyTransform } from '@rollcall/proxy';

export const ENCODINGS = ['zstd', 'br', 'gzip'] as const;

export type Encoding = (typeof ENCODINGS)[number];

interface ZlibWithZstd {
  /** Since Node 22.15. */
  readonly createZstdCompress?: (options: { readonly flush?: number }) => BodyTransform;
}

/** Makes a transform. @param flushes whether all of what was written comes out before more is written */
type Encoder = (flushes: boolean) => BodyTransform;

const { constants } = zlib;
const { createZstdCompress } = zlib as ZlibWithZstd;
/** `ZSTD_e_flush`, which earlier versions of Node have no name for. */
const ZSTD_FLUSH = 1;
/** As good as the defaults of these libraries to within a few percent, at half the time. */
const GZIP_LEVEL = 4;
const BROTLI_QUALITY = 4;
/** 256 KiB: what a response may take of memory, and all that its decoder needs. */
const BROTLI_WINDOW = 18;

/** How bodies are compressed, by what this version of Node can. */
export const ENCODERS: Readonly<Record<Encoding, Encoder | undefined>> = {
  zstd:
    createZstdCompress && ((flushes) => createZstdCompress(flushes ? { flush: ZSTD_FLUSH } : {})),
  br: (flushes) =>
    zlib.createBrotliCompress({
      ...(flushes && { flush: constants.BROTLI_OPERATION_FLUSH }),
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
      },
    }),
  gzip: (flushes) =>
    zlib.createGzip({ level: GZIP_LEVEL, ...(flushes && { flush: constants.Z_SYNC_FLUSH }) }),
};
