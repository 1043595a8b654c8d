import type { VersionView } from '@rollcall/gateway';
import type { Tone } from './tone.ts';

type Figures = NonNullable<VersionView['compared']>['own'];

/** What a person sees of a version in one line. */
export interface VersionLine {
  /** Such as `1.5`. */
  readonly name: string;
  readonly tone: Tone;
  /** Such as `held back` or `testing`. */
  readonly label: string;
  /** Its share of the requests, such as `5 %`; undefined if nothing limits it. */
  readonly share: string | undefined;
  /** Why it is so. */
  readonly why: string;
  /** Its requests beside those of the old versions; undefined if it was not compared. */
  readonly figures: readonly VersionFigure[] | undefined;
}

/** One number of a version, and of the old ones. */
interface VersionFigure {
  readonly name: string;
  readonly own: string;
  readonly old: string;
}

const LABELS = { accepted: 'accepted', testing: 'testing', held: 'held back' } as const;
const TONES = { accepted: 'good', testing: 'paused', held: 'bad' } as const;

export function versionLine({ version, state, share, why, compared }: VersionView): VersionLine {
  return {
    name: version || 'no version',
    tone: TONES[state],
    label: LABELS[state],
    share: share === undefined ? undefined : percent(share),
    why,
    figures: state === 'accepted' ? undefined : compared && figuresOf(compared.own, compared.old),
  };
}

function figuresOf(own: Figures, old: Figures): VersionFigure[] {
  const figure = (name: string, read: (figures: Figures) => string): VersionFigure => ({
    name,
    own: read(own),
    old: read(old),
  });
  return [
    figure('requests', ({ requests }) => requests.toLocaleString('en')),
    figure('failed', ({ failures, requests }) => percent(requests === 0 ? 0 : failures / requests)),
    figure('p50', ({ medianMs }) => milliseconds(medianMs)),
    figure('p95', ({ p95Ms }) => milliseconds(p95Ms)),
  ];
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${Number(value.toPrecision(2))} ms`;
}
