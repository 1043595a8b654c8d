import { readFileSync, statSync } from 'node:fs';
import type { FilterRequest } from '@rollcall/proxy';
import { errorMessage } from '@rollcall/runtime';
import type { FilterFault } from '../filter-kind.ts';

const MAX_BYTES = 1_048_576;

export const PAGE_FILE = {
  type: 'file',
  example: 'error.html',
  defaultIs: 'a plain page',
  doc: 'The page for browsers, as a file of HTML of at most 1 MiB. `{status}`, `{title}`, `{detail}` and `{requestId}` in it are replaced. It is read when the gateway starts and at each reload.',
} as const;

/** What a page shows. */
interface PageValues {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string;
}

export type Page = (values: PageValues) => Buffer;

/** Returns what is wrong with the file of a page. */
export function pageFaults(file: string | undefined): readonly FilterFault[] {
  if (file === undefined) return [];
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES)
      return [{ key: 'file', problem: `has ${size} bytes; it may have ${MAX_BYTES}` }];
    readFileSync(file);
    return [];
  } catch (error) {
    return [{ key: 'file', problem: `cannot be read: ${errorMessage(error)}` }];
  }
}

/** Reads the page in a file. Without one, or if it is gone since it was checked, a plain page. */
export function readPage(file: string | undefined): Page {
  const template = templateOf(file);
  return (values) =>
    Buffer.from(
      template.replace(/\{(status|title|detail|requestId)\}/g, (_all, name: keyof PageValues) =>
        escapeHtml(String(values[name])),
      ),
    );
}

/** Whether a client asks for HTML by name and not for JSON first, as browsers do when they open a page. */
export function wantsHtml({ fields }: FilterRequest): boolean {
  const accepted = (fields.get('accept') ?? '').toLowerCase();
  const html = accepted.search(/(?:^|[\s,])text\/html(?!\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$))/);
  const json = accepted.search(/(?:^|[\s,])application\/(?:problem\+)?json/);
  return html !== -1 && (json === -1 || html < json);
}

function templateOf(file: string | undefined): string {
  if (file === undefined) return PLAIN;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return PLAIN;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

const PLAIN = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{status} {title}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem; color-scheme: light dark; }
  small { opacity: 0.7; }
</style>
<h1>{title}</h1>
<p>{detail}</p>
<small>{status} · {requestId}</small>
</html>
`;
