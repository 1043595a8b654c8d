import type { Leaf } from '@rollcall/runtime/settings';

/** A valid value of a setting that is not its default. */
export function otherValue({ path, setting }: Leaf): unknown {
  switch (setting.type) {
    case 'boolean':
      return setting.default !== true;
    case 'share':
      return 0.123;
    case 'integer':
    case 'milliseconds':
    case 'port':
      return 4567 % (('max' in setting ? setting.max : undefined) ?? 65_536);
    case 'choice':
      return setting.words.find((word) => word !== setting.default);
    case 'list':
      return ['10.0.0.0/8'];
    case 'groups':
      return [];
    default:
      return OTHER_TEXTS[path.join('.')] ?? 'other';
  }
}

/** Of the texts that must have a form. */
const OTHER_TEXTS: Readonly<Record<string, string>> = {
  host: '127.0.0.2',
  adminHost: '127.0.0.3',
  adminToken: '0123456789abcdef',
  domain: 'api.example.com',
  'tls.acme.email': 'b@example.com',
  'tls.acme.directory': 'https://acme.example.com/directory',
  hostHeader: 'upstream',
  'balancing.hashBy': 'cookie:session',
  'rateLimit.rate': '5/m',
  'redis.url': 'redis://127.0.0.1:1',
};

/** A value at a path, in objects of their own. */
export function nested([first = '', ...rest]: readonly string[], value: unknown): object {
  return { [first]: rest.length === 0 ? value : nested(rest, value) };
}
