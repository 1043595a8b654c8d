import type { Instance } from '@rollcall/client';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const gateway = check('gateway');

/** The instances that a gateway's admin API reports, by prefix, address and port. */
export type GatewayView = Map<string, Pick<Instance, 'announcement' | 'status'>>;

export interface GatewayEvidence {
  /** URL of its admin API. */
  readonly admin: string;
  /** Whether the URL is configured, so that a gateway is expected there. */
  readonly isNamed: boolean;
  /** `locked` if the token is wrong; undefined if it does not answer. */
  readonly view: GatewayView | 'locked' | undefined;
  /** Whether any gateway answered our roll call. */
  readonly answered: boolean;
}

export function judgeGateway({ admin, isNamed, view, answered }: GatewayEvidence): Finding[] {
  const silent = silentGateway(view, answered);
  const found = adminFinding({ admin, isNamed, view, answered });
  return silent === undefined ? [found] : [found, silent];
}

function adminFinding({ admin, isNamed, view, answered }: GatewayEvidence): Finding {
  if (view === 'locked') {
    return gateway.warn(
      `its admin API at ${admin} needs a token, so its view of the instances is unknown`,
      'set ROLLCALL_ADMIN_TOKEN to that of the gateway',
    );
  }
  if (view !== undefined) return gateway.ok(`its admin API answers at ${admin}`);
  const found = `no admin API answers at ${admin}`;
  if (isNamed) return gateway.fail(found, 'start the gateway, or correct --admin');
  return answered
    ? gateway.skip(
        `${found}; another gateway answered our roll call`,
        'give the URL of its admin API with --admin to compare its view of the instances',
      )
    : gateway.warn(
        `${found}, and no gateway answered our roll call`,
        'start "rollcall gateway"; if one runs, check that it has the same PUSHER_ variables and ROLLCALL_CHANNEL',
      );
}

/** A gateway runs, but does not answer on the channel. */
function silentGateway(view: GatewayEvidence['view'], answered: boolean): Finding | undefined {
  if (view === undefined || answered) return undefined;
  return gateway.fail(
    'it did not answer our roll call',
    'check that it has the same PUSHER_ variables and ROLLCALL_CHANNEL: it is on another channel, or not connected',
  );
}
