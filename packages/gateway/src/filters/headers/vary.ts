import type { FieldSet } from '@rollcall/proxy';

/** Says that a response depends on a field of the request, unless it says so already. */
export function addVary(fields: FieldSet, name: string): void {
  const listed = (fields.get('vary') ?? '').toLowerCase().split(',');
  const names = new Set(listed.map((each) => each.trim()));
  if (!names.has('*') && !names.has(name.toLowerCase())) fields.append('vary', name);
}
