import type { AnnouncementField, Field } from '@rollcall/protocol';

/**
 * A field of an announcement from the text of a flag or a label. A value of another type is left as it is: parsing the
 * announcement refuses it, with the reason.
 */
export function fieldFromText(field: AnnouncementField, text: string): unknown {
  return field.name === 'health' ? healthCheck(text) : valueFromText(field, text);
}

/** As {@link fieldFromText}, of a field or of a part of one. */
export function valueFromText({ type }: Field, text: string): unknown {
  if (type === 'integer' && /^[0-9]{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** Of a path, such as `/health`, of a host and a path, or of gRPC, with the name of a service. */
function healthCheck(text: string): { path: string; host?: string; method?: 'GRPC' } {
  const service = /^grpc(?::(?<service>[^/]*))?$/.exec(text);
  if (service !== null) return { path: `/${service.groups?.['service'] ?? ''}`, method: 'GRPC' };
  const [, host = '', path = text] = /^([^/]+)(\/.*)$/.exec(text) ?? [];
  return host === '' ? { path } : { path, host };
}
