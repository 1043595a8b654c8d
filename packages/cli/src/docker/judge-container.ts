import { parseAnnouncement, parsePort } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import type { Container } from './container.ts';
import { declaredServices, labelOf } from './labels.ts';
import type { DeclaredService } from './labels.ts';
import { placeOf } from './placement.ts';
import type { PlacementRules } from './placement.ts';

export interface ContainerRules extends PlacementRules {
  /** The name of the engine's machine. */
  readonly host: string;
  /** The zone of the machine, for containers whose labels name none. */
  readonly zone?: string | undefined;
}

/** A service of a container, as it is announced. */
export interface Announced {
  readonly announcement: Announcement & { readonly id: string };
  /** Why it is announced where it is, in words. */
  readonly by: string;
}

/** What is to be announced of a container. */
export interface ContainerVerdict {
  readonly announced: readonly Announced[];
  /** Why nothing is announced, while the container is in a state in which it takes no requests. */
  readonly reason?: string;
  /** What is wrong with its labels, ports or networks. */
  readonly faults: readonly string[];
}

/** As long as ids are in the engine's own lists. */
export const SHORT_ID = 12;
/** Labels by which tools that start containers name the service. */
const SERVICE_LABELS = ['com.docker.compose.service', 'com.docker.swarm.service.name'];

/**
 * Decides what is announced of a container.
 * @param isStopping it was sent the signal to end
 */
export function judgeContainer(
  container: Container,
  isStopping: boolean,
  rules: ContainerRules,
): ContainerVerdict {
  const { services, faults } = declaredServices(container.labels);
  if (faults.length > 0) return { announced: [], faults };
  const judged = services.map((service) => announcementOf(container, service, rules));
  const wrong = judged.flatMap((each) => ('fault' in each ? [each.fault] : []));
  const reason = reasonAgainst(container, isStopping);
  // The ports of a container that does not run are not known.
  if (reason !== undefined) return { announced: [], reason, faults: [] };
  if (wrong.length > 0) return { announced: [], faults: wrong };
  return { announced: judged.flatMap((each) => ('fault' in each ? [] : [each])), faults: [] };
}

function reasonAgainst({ status, health }: Container, isStopping: boolean): string | undefined {
  if (status !== 'running') return `it is ${status || 'in an unknown state'}`;
  if (isStopping) return 'it was sent the signal to end';
  if (health === 'starting') return 'its HEALTHCHECK has not succeeded yet';
  if (health === 'unhealthy') return 'its HEALTHCHECK fails';
  return undefined;
}

function announcementOf(
  container: Container,
  { name, fields }: DeclaredService,
  rules: ContainerRules,
): Announced | { readonly fault: string } {
  const { port: label, ...declared } = fields;
  const port = label === undefined ? undefined : parsePort(label);
  if (port?.ok === false)
    return { fault: `the label ${labelOf(name, 'port')} is invalid: ${port.refusal.reason}` };
  const place = placeOf(container, port?.value, rules);
  if ('fault' in place) return place;
  const { id, name: containerName } = container;
  const parsed = parseAnnouncement({
    name: serviceName(container),
    ...(rules.zone !== undefined && { zone: rules.zone }),
    ...declared,
    address: place.address,
    port: place.port,
    id: `docker-${id.slice(0, SHORT_ID)}${name === '' ? '' : `-${name}`}`,
    host: rules.host,
    source: `docker ${rules.host}/${containerName}`,
  });
  if (!parsed.ok) return { fault: parsed.refusal.reason };
  const { value } = parsed;
  return { announcement: { ...value, id: value.id ?? '' }, by: place.by };
}

function serviceName({ name, labels }: Container): string {
  const named = SERVICE_LABELS.map((label) => labels[label]).find((each) => each !== undefined);
  return named ?? name;
}
