import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';

/** What to do where nothing is there yet. */
export function NoServices({ status }: { readonly status: StatusView }): JSX.Element {
  const { server, channel } = status.gateway;
  return (
    <div class="notice">
      <h2>No service has registered</h2>
      <p>
        This gateway listens to <span class="mono">{channel}</span> at{' '}
        <span class="mono">{server}</span>, and nobody has announced itself there. Any program that
        listens on a port can be registered:
      </p>
      <pre>
        <code>npx rollcall run --prefix /v3 --port 4000 -- python3 -m http.server 4000</code>
      </pre>
      <p>It appears here within a second.</p>
    </div>
  );
}
