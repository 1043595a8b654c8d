import type { BrokerEventType } from '@rollcall/broker';
import type { Tone } from '../model/tone.ts';

/** Every kind of event, in the order in which the filter shows them. */
export const BROKER_EVENT_TONES: Readonly<Record<BrokerEventType, Tone>> = {
  connected: 'good',
  disconnected: 'neutral',
  subscribed: 'good',
  unsubscribed: 'neutral',
  refused: 'bad',
  'signed-in': 'good',
  'client-event': 'neutral',
  publication: 'neutral',
  'webhook-sent': 'good',
  'webhook-failed': 'bad',
};

export const BROKER_EVENT_NAMES: readonly BrokerEventType[] = Object.keys(
  BROKER_EVENT_TONES,
) as BrokerEventType[];
