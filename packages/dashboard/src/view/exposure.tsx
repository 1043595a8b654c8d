import type { ExposureFinding, ExposureView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { EXPOSURE_TONES } from '../model/exposure.ts';
import { Mark } from './mark.tsx';
import { usePolled } from './use-polled.ts';

/** It changes when the configuration does, or a first instance of a prefix comes. */
const REFRESH_MS = 10_000;
/** How many findings are shown before the button for more is pressed. */
const FIRST = 3;

/** How exposed the deployment is, and what to do, if it is. */
export function Exposure(): JSX.Element | null {
  const { data } = usePolled<ExposureView>('api/exposure', 0, REFRESH_MS);
  const [max, setMax] = useState(FIRST);
  const findings = data?.findings ?? [];
  if (findings.length === 0) return null;
  return (
    <section class="gateways" aria-labelledby="exposure">
      <h2 id="exposure">Exposure</h2>
      <ul>
        {findings.slice(0, max).map((finding) => (
          <FindingItem key={finding.code} finding={finding} />
        ))}
      </ul>
      {findings.length > max && (
        <button class="more" type="button" onClick={() => setMax(findings.length)}>
          Show {findings.length - max} more
        </button>
      )}
    </section>
  );
}

function FindingItem({ finding }: { readonly finding: ExposureFinding }): JSX.Element {
  const { code, severity, found, advice } = finding;
  const tone = EXPOSURE_TONES[severity];
  return (
    <li>
      <Mark tone={tone} />
      <div>
        <span class="mono">{code}</span> <span class={tone}>{severity}</span>
        <p>{found}</p>
        <p class="muted">{advice}</p>
      </div>
    </li>
  );
}
