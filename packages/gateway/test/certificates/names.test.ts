import { expect, it } from 'vitest';
import { certificateNames } from '../../src/certificates/names.ts';

const names = (domain: string | undefined, ...routes: string[]): string[] =>
  certificateNames({ domain, routes: Object.fromEntries(routes.map((key) => [key, {}])) });

it('certificates are ordered for the public names of a configuration, each once', () => {
  expect(names('API.example.com:8443')).toEqual(['api.example.com']);
  expect(names('a.example.com, b.example.com')).toEqual(['a.example.com', 'b.example.com']);
  expect(names('a.example.com', '/v1', 'a.example.com/v1', 'b.example.com/')).toEqual([
    'a.example.com',
    'b.example.com',
  ]);
  for (const other of ['*', 'localhost', 'app.localhost', '127.0.0.1', '[::1]:80', 'intranet'])
    expect(names(other)).toEqual([]);
  expect(names(undefined, '*.example.com/')).toEqual([]);
});
