import type { InstanceView } from '@rollcall/gateway';

/** How something is to be taken, which is what its colour and its mark show. */
export type Tone = 'good' | 'doubt' | 'bad' | 'held' | 'quiet';

export interface Standing {
  readonly tone: Tone;
  readonly word: string;
  /** In a sentence, for who does not know the word. */
  readonly meaning: string;
}

/** How an instance stands with this gateway. */
export function standingOf({
  status,
  isRoutable,
  isDrained,
  announcement,
}: InstanceView): Standing {
  if (isDrained)
    return {
      tone: 'held',
      word: 'Drained',
      meaning: 'An operator has it sent nothing new by this gateway.',
    };
  if (announcement.draining === true)
    return {
      tone: 'held',
      word: 'Leaving',
      meaning: 'It says that it is about to leave, and is sent nothing new.',
    };
  if (status === 'down')
    return { tone: 'bad', word: 'Down', meaning: 'It does not answer, and is sent nothing.' };
  if (status === 'healthy') return { tone: 'good', word: 'Up', meaning: 'It is sent requests.' };
  if (isRoutable)
    return {
      tone: 'doubt',
      word: 'In doubt',
      meaning: 'No instance is known to be well, so that those in doubt are sent requests.',
    };
  return {
    tone: 'doubt',
    word: 'In doubt',
    meaning: 'Not used while another is known to be well.',
  };
}
