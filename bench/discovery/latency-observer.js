// The process that observes: a Directory, and a watcher of each etcd. Tells when it has each instance.
import { discover } from '@rollcall/client';
import { Etcd } from './etcd.js';
import { now, tell } from './parts.js';

const directory = await discover();
directory.on('change', ({ type, instance }) => {
  if (type !== 'registered') return;
  const at = now();
  const isRoutable = directory.routable('/bench').some(({ key }) => key === instance.key);
  tell({ id: isRoutable ? instance.key : 'not routable', at });
});

for (const url of Object.values(JSON.parse(process.env['ETCDS'] ?? '{}'))) {
  await new Promise((resolve) => {
    new Etcd(url).watch('/bench/', (message) => {
      const at = now();
      const [, id] = /\/bench\/([\w-]+)\./.exec(message.toString('latin1')) ?? [];
      if (id === undefined) resolve(undefined);
      else tell({ id, at });
    });
  });
}
tell({});
