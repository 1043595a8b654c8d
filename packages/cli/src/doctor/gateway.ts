import type { Instance } from '@rollcall/client';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const gateway = check('gateway');

/** The instances that a gateway's admin API tells of, by prefix, address and port. */
export type GatewayView = Map<string, Pick<Instance, 'announcement' | 'status'>>;

export interface GatewayEvidence {
  /** Where its admin API is asked. */
  readonly admin: string;
  /** Somebody named that place: it is meant to be there. */
  readonly isNamed: boolean;
  /** `locked` if it wants another token; nothing if it does not answer. */
  readonly view: GatewayView | 'locked' | undefined;
  /** A gateway, wherever it is, answered our roll call. */
  readonly answered: boolean;
}

export function judgeGateway({ admin, isNamed, view, answered }: GatewayEvidence): Finding[] {
  const [asked, apart] = [adminFinding({ admin, isNamed, view, answered }), deaf(view, answered)];
  return apart === undefined ? [asked] : [asked, apart];
}

function adminFinding({ admin, isNamed, view, answered }: GatewayEvidence): Finding {
  if (view === 'locked') {
    return gateway.warn(
      `its admin API at ${admin} wants a token, so that its view is not known`,
      'set ROLLCALL_ADMIN_TOKEN as the gateway has it',
    );
  }
  if (view !== undefined) return gateway.ok(`its admin API answers at ${admin}`);
  const found = `no admin API answers at ${admin}`;
  if (isNamed) return gateway.fail(found, 'start the gateway, or correct --admin');
  return answered
    ? gateway.skip(
        `${found}; a gateway elsewhere hears us`,
        'name its admin API with --admin to compare its view with that from here',
      )
    : gateway.warn(
        `${found}, and none answered our roll call`,
        'start "rollcall gateway"; if one runs, compare its PUSHER_ variables and ROLLCALL_CHANNEL with these',
      );
}

/** One is there, and we do not hear it on the channel. */
function deaf(view: GatewayEvidence['view'], answered: boolean): Finding | undefined {
  if (view === undefined || answered) return undefined;
  return gateway.fail(
    'it did not answer our roll call',
    'compare its PUSHER_ variables and ROLLCALL_CHANNEL with these: it hears another channel, or none',
  );
}
