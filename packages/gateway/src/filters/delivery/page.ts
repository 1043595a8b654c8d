import type { FilterRequest } from '@rollcall/proxy';
import { errorMessage } from '@rollcall/runtime';
import { readSmallFile } from '../file-texts.ts';
import type { FilterFault } from '../filter-kind.ts';

export const PAGE_FILE = {
  type: 'file',
  example: 'error.html',
  defaultIs: 'a plain page',
  doc: 'The page for browsers, as a file of HTML of at most 1 MiB. `{status}`, `{title}`, `{detail}` and `{requestId}` in it are replaced. It is read again when it changes.',
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
    readSmallFile(file);
    return [];
  } catch (error) {
    return [{ key: 'file', problem: `cannot be read: ${errorMessage(error)}` }];
  }
}

/**
 * Returns the page of a template.
 * @param templateOf returns it as it is now; undefined for a plain one
 */
export function pageOf(templateOf: () => string | undefined): Page {
  return (values) =>
    Buffer.from(
      (templateOf() ?? PLAIN).replace(
        /\{(status|title|detail|requestId)\}/g,
        (_all, name: keyof PageValues) => escapeHtml(String(values[name])),
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
