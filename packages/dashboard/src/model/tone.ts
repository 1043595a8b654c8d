/** How good a piece of information is: decides its colour and its mark. */
export type Tone = 'good' | 'warning' | 'bad' | 'paused' | 'neutral';
