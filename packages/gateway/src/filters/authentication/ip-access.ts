import { rangesOf } from '../../address-ranges.ts';
import type { Filter } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { ADDRESS_RANGE } from '../../settings/formats.ts';
import { ENABLED } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { forbidden } from './refusals.ts';

const SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  allow: {
    type: 'list',
    format: ADDRESS_RANGE as typeof ADDRESS_RANGE,
    default: [],
    example: ['10.0.0.0/8', '2001:db8::/32'],
    doc: 'Addresses or CIDRs of clients that may call. If empty, all may.',
  },
  deny: {
    type: 'list',
    format: ADDRESS_RANGE as typeof ADDRESS_RANGE,
    default: [],
    doc: 'Addresses or CIDRs of clients that may not call, even if they are allowed.',
  },
} as const;

type IpAccessSettings = Resolved<typeof SETTINGS>;

/** Lets clients call by their address: the last one on the way here that is no trusted proxy. */
export const IP_ACCESS: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'IP lists: which addresses may call. Behind a proxy, `trustedProxies` must name it.',
  },
  needs: ['allow', 'deny'],
  create(settings) {
    const { enabled, allow, deny } = settings;
    return enabled && allow.length + deny.length > 0 ? ipAccessFilter(settings) : undefined;
  },
  describe({ allow, deny }) {
    const allowed = allow.length === 0 ? 'allows every address' : `allows ${allow.join(', ')}`;
    return deny.length === 0 ? allowed : `${allowed}, but not ${deny.join(', ')}`;
  },
};

function ipAccessFilter({ allow, deny }: IpAccessSettings): Filter {
  const isListed = rangesOf(allow);
  const isDenied = rangesOf(deny);
  const mayCall = (address: string): boolean =>
    (allow.length === 0 || isListed(address)) && !isDenied(address);
  // Requests of one connection follow each other.
  let last = '';
  let lastMayCall = false;
  return {
    name: 'ipAccess',
    onRequest({ clientAddress }) {
      if (clientAddress !== last) {
        lastMayCall = mayCall(clientAddress);
        last = clientAddress;
      }
      if (lastMayCall) return undefined;
      return forbidden(`The address ${clientAddress} may not call this route.`);
    },
  };
}
