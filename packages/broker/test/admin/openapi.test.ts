import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createBroker } from '@rollcall/broker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { BROKER_ADMIN_OPERATIONS } from '../../src/admin/admin-api.ts';
import { BROKER_EVENT_TYPES } from '../../src/event-log/broker-event.ts';
import { APP, client, subscribed } from '../sdk.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

const description = parse(
  readFileSync(new URL('../../../../docs/reference/broker-openapi.yaml', import.meta.url), 'utf8'),
) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: { readonly Event: { properties: { type: object } } } };
};
const ajv = new Ajv2020({ strict: false });
ajv.addSchema(description, 'api');
const TOKEN = 'a-token-of-enough-length';

/** What is wrong with a value, by one of the schemas. */
function faults(schema: string, value: unknown): unknown {
  const validate = ajv.getSchema(`api#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`there is no schema ${schema}`);
  return validate(value) === true ? [] : validate.errors;
}

const EVENT = JSON.stringify({ channel: 'news', name: 'greeting', data: '{}' });
const CASES = [
  ['GET /api/status', '/api/status', 'Status'],
  ['GET /api/apps/{id}/connections', `/api/apps/${APP.appId}/connections`, 'Connections'],
  ['GET /api/apps/{id}/channels', `/api/apps/${APP.appId}/channels`, 'Channels'],
  [
    'GET /api/apps/{id}/channels/{channel}/members',
    `/api/apps/${APP.appId}/channels/presence-room/members`,
    'Members',
  ],
  ['GET /api/apps/{id}/events', `/api/apps/${APP.appId}/events`, 'EventBatch'],
  ['POST /api/apps/{id}/events', `/api/apps/${APP.appId}/events`, 'Accepted'],
] as const;

async function start() {
  const broker = await createBroker({ apps: [APP], adminPort: 0, adminToken: TOKEN });
  onTestFinished(() => broker.close());
  const member = client(broker, { userId: 'ann' });
  onTestFinished(() => member.disconnect());
  await subscribed(member, 'presence-room');
  const ask = (method: string, path: string): Promise<Response> =>
    fetch(broker.adminUrl + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(method === 'POST' && { body: EVENT }),
    });
  return { ask };
}

/** The data of the first batch of a stream of events. */
async function firstBatch(stream: Response): Promise<unknown> {
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value = '', done = true } = (await reader?.read()) ?? {};
    text += value;
    const [, json] = /^data: (.*)\n\n/m.exec(text) ?? [];
    if (json === undefined && !done) continue;
    await reader?.cancel();
    return JSON.parse(json ?? 'null');
  }
}

describe('docs/reference/broker-openapi.yaml', () => {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );

  it('has exactly the operations of the API, each with a case here', () => {
    expect(operations.toSorted()).toEqual(Object.values(BROKER_ADMIN_OPERATIONS).toSorted());
    expect(CASES.map(([operation]) => operation).toSorted()).toEqual(operations.toSorted());
  });

  it('is listed in docs/reference/broker.md', () => {
    const page = readFileSync(
      new URL('../../../../docs/reference/broker.md', import.meta.url),
      'utf8',
    );
    const rows = [...page.matchAll(/^\| `((?:GET|POST) \/api\S*)` \|/gm)];
    const names = { id: 'ID', channel: 'CHANNEL' } as const;
    expect(rows.map(([, row]) => row).toSorted()).toEqual(
      operations
        .map((each) =>
          each.replace(/\{(id|channel)\}/g, (_, name: 'id' | 'channel') => names[name]),
        )
        .toSorted(),
    );
  });

  it('has every kind of event', () => {
    const { type } = description.components.schemas.Event.properties;
    expect(type).toEqual({ enum: [...BROKER_EVENT_TYPES] });
  });

  it.each(CASES)('describes the response of %s', async (operation, path, schema) => {
    const { ask } = await start();
    const [method = '', template = ''] = operation.split(' ');
    const response = await ask(method, path);
    expect(response.status).toBe(200);
    const [type = ''] = response.headers.get('content-type')?.split(';') ?? [];
    const described = description.paths[template]?.[method.toLowerCase()]?.responses['200'];
    expect(Object.keys(described?.content ?? {})).toEqual([type]);
    if (type === 'text/event-stream') await ask('POST', path);
    const body = type === 'text/event-stream' ? await firstBatch(response) : await response.json();
    expect(faults(schema, body)).toEqual([]);
    if (type === 'application/json') expect(JSON.stringify(described)).toContain(`/${schema}"`);
  });

  it('describes an error', async () => {
    const { ask } = await start();
    const response = await ask('GET', '/api/apps/none/channels');
    expect(faults('Problem', await response.json())).toEqual([]);
  });
});
