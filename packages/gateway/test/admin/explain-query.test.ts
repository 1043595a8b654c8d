import { describe, expect, it } from 'vitest';
import { readExplainQuery } from '../../src/admin/explain-query.ts';

const FACTS = { domain: 'api.example,other.example', url: 'http://127.0.0.1:1500' };

describe('the query of explain', () => {
  it.each([
    ['/v1?a=b', '/v1?a=b', 'api.example', false],
    ['http://app.example:8080/v1?a=b', '/v1?a=b', 'app.example:8080', false],
    ['HTTPS://app.example/v1#top', '/v1', 'app.example', true],
    ['https://app.example', '/', 'app.example', true],
    ['https://app.example?a=b', '/?a=b', 'app.example', true],
  ])('takes %s for the target %s of host %s', (path, target, host, isSecure) => {
    expect(readExplainQuery({ path: [path] }, FACTS)).toMatchObject({ target, host, isSecure });
  });

  it('prefers the host that is given to the one of a URL', () => {
    const query = { path: ['https://app.example/v1'], host: ['mine.example'] };
    expect(readExplainQuery(query, FACTS)).toMatchObject({ host: 'mine.example', target: '/v1' });
  });

  it('takes the method in any case, and header fields', () => {
    const query = { path: ['/v1'], method: ['post'], header: ['cookie: a=b'] };
    expect(readExplainQuery(query, FACTS)).toMatchObject({
      method: 'POST',
      headers: [['cookie', 'a=b']],
    });
  });

  it.each([{}, { path: ['/v1'], header: ['cookie'] }, { path: ['/v1\n'] }])(
    'is refused with a reason: %j',
    (query) => {
      expect(readExplainQuery(query, FACTS)).toBeTypeOf('string');
    },
  );
});
