import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';

/** How to register the first service. */
export function NoServices({ status }: { readonly status: StatusView }): JSX.Element {
  const { server, channel } = status.gateway;
  return (
    <div class="notice">
      <h2>No service has registered</h2>
      <p>
        This gateway is subscribed to <span class="mono">{channel}</span> of the broker at{' '}
        <span class="mono">{server}</span>. Register any program that listens on a port:
      </p>
      <pre>
        <code>npx rollcall run --prefix /v3 --port 4000 -- python3 -m http.server 4000</code>
      </pre>
      <p>The instance appears here within a second.</p>
    </div>
  );
}
