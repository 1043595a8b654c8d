import type { JSX } from 'preact';
import type { Alarm } from '../model/alarm.ts';
import { Mark } from './mark.tsx';

/** Rendered even when empty, because screen readers announce only changes of an existing alert. */
export function AlarmBanner({ alarm }: { readonly alarm: Alarm | undefined }): JSX.Element {
  return (
    <div role="alert" class={alarm === undefined ? '' : `alarm ${alarm.tone}`}>
      {alarm !== undefined && (
        <>
          <Mark tone={alarm.tone} />
          <p>
            <strong>{alarm.title}.</strong> <span aria-live="off">{alarm.text}</span>
          </p>
        </>
      )}
    </div>
  );
}
