import type { BodyTransform, Filter, FilterRequest, FilterResponse } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { chooseEncoding } from './accept-encoding.ts';
import { ENCODERS, ENCODINGS } from './encoders.ts';
import type { Encoding } from './encoders.ts';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { matchMediaTypes, MEDIA_TYPE } from './media-types.ts';
import { addVary } from '../headers/vary.ts';

/** Text, and what is like it. Event streams are left out because each would hold an encoder for as long as it lasts. */
const CONTENT_TYPES = [
  'text/html',
  'text/plain',
  'text/css',
  'text/csv',
  'text/javascript',
  'text/markdown',
  'text/xml',
  'application/json',
  'application/javascript',
  'application/xml',
  'application/x-ndjson',
  'application/wasm',
  'application/manifest+json',
  'image/svg+xml',
  'image/x-icon',
  'font/ttf',
  'font/otf',
  '*/*+json',
  '*/*+xml',
];

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  encodings: {
    type: 'list',
    words: ENCODINGS as typeof ENCODINGS,
    default: ENCODINGS as typeof ENCODINGS,
    doc: 'The encodings to choose from, the best first. `zstd` needs Node 22.15 and is passed over by earlier versions.',
  },
  minBytes: {
    type: 'integer',
    unit: 'bytes',
    min: 0,
    max: 1_073_741_824,
    default: 1024,
    doc: 'Responses with a shorter Content-Length are not compressed.',
  },
  contentTypes: {
    type: 'list',
    format: MEDIA_TYPE as typeof MEDIA_TYPE,
    default: CONTENT_TYPES as readonly string[],
    doc: 'The media types that are compressed, such as `text/html`, `text/*` or `*/*+json`.',
  },
} as const;

type CompressSettings = Resolved<typeof SETTINGS>;

/** Compresses responses for clients that accept it. */
export const COMPRESS: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Compression of responses. `true` turns it on.',
  },
  faults: ({ encodings, contentTypes }) => [
    ...(encodings.length === 0 ? [{ key: 'encodings', problem: 'is empty' }] : []),
    ...(contentTypes.length === 0 ? [{ key: 'contentTypes', problem: 'is empty' }] : []),
  ],
  create: (settings) => (settings.enabled ? compressFilter(settings) : undefined),
  describe({ encodings, minBytes }) {
    const names = supported(encodings).join(', ');
    return `compresses responses from ${minBytes} bytes on as ${names}`;
  },
};

const WITHOUT_TRANSFORM = /(?:^|[\s,])no-transform(?=[\s,]|$)/i;
/** What describes the bytes before they were compressed: byte ranges and digests. */
const OF_IDENTITY = ['accept-ranges', 'content-md5', 'digest', 'content-digest', 'repr-digest'];

function supported(encodings: readonly Encoding[]): Encoding[] {
  return encodings.filter((each) => ENCODERS[each] !== undefined);
}

function compressFilter({ encodings, minBytes, contentTypes }: CompressSettings): Filter {
  const offered = supported(encodings);
  const isOfType = matchMediaTypes(contentTypes);

  const isCompressible = ({ status, fields }: FilterResponse): boolean => {
    const length = fields.get('content-length');
    return (
      status !== 206 &&
      !fields.has('content-range') &&
      (fields.get('content-encoding') ?? 'identity').toLowerCase() === 'identity' &&
      !WITHOUT_TRANSFORM.test(fields.get('cache-control') ?? '') &&
      (length === undefined || Number(length) >= minBytes) &&
      isOfType(fields.get('content-type') ?? '')
    );
  };

  /** Makes the head that of a compressed response, if it is to be one. */
  const encode = (response: FilterResponse, request: FilterRequest): Encoding | undefined => {
    if (!isCompressible(response)) return undefined;
    const { fields } = response;
    const encoding = negotiate(request, offered);
    addVary(fields, 'Accept-Encoding');
    if (encoding === undefined) return undefined;
    weakenEtag(response);
    for (const name of OF_IDENTITY) fields.delete(name);
    fields.set('content-encoding', encoding);
    return encoding;
  };

  return {
    name: 'compress',
    onResponse(response, request) {
      if (response.status === 304) revalidate(response, request, offered);
      else if (request.method === 'HEAD') encode(response, request);
    },
    transformResponse(response, request): BodyTransform | undefined {
      // A stream, whose parts a client may be waiting for.
      const flushes = !response.fields.has('content-length');
      const encoding = encode(response, request);
      return encoding === undefined ? undefined : ENCODERS[encoding]?.(flushes);
    },
  };
}

/** Makes a 304 that of the compressed response that the client has: with its ETag, and Vary (RFC 9110 §15.4.5). */
function revalidate(
  response: FilterResponse,
  request: FilterRequest,
  offered: readonly Encoding[],
): void {
  addVary(response.fields, 'Accept-Encoding');
  if (negotiate(request, offered) !== undefined) weakenEtag(response);
}

function negotiate({ fields }: FilterRequest, offered: readonly Encoding[]): Encoding | undefined {
  if (WITHOUT_TRANSFORM.test(fields.get('cache-control') ?? '')) return undefined;
  return chooseEncoding(fields.get('accept-encoding'), offered);
}

/** RFC 9110 §8.8.3: a strong ETag stands for bytes, and these are others. */
function weakenEtag({ fields }: FilterResponse): void {
  const etag = fields.get('etag');
  if (etag?.startsWith('"') === true) fields.set('etag', `W/${etag}`);
}
