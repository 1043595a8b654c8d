import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { describeCertificate } from '../model/certificate.ts';
import { MarkedItem } from './marked-item.tsx';

/** The certificates of the gateway, if it has any, and when they expire. */
export function Certificates({
  status,
  now,
}: {
  readonly status: StatusView;
  readonly now: number;
}): JSX.Element | null {
  const { certificates } = status;
  if (certificates.length === 0) return null;
  return (
    <section class="gateways" aria-labelledby="certificates">
      <h2 id="certificates">Certificates</h2>
      <ul>
        {certificates.map((each) => {
          const described = describeCertificate(each, now);
          return <MarkedItem key={described.name} {...described} />;
        })}
      </ul>
    </section>
  );
}
