import { isLoopback } from '@rollcall/protocol';
import type { Binding, Container } from './container.ts';

/** Where gateways reach the containers of an engine. */
export interface PlacementRules {
  /** At which gateways reach what the engine's machine publishes. */
  readonly hostAddress: string;
  /** A network that containers share with the gateways. They are then reached at their own addresses. */
  readonly network?: string | undefined;
}

/** Where gateways reach a container. */
export interface Placement {
  readonly address: string;
  readonly port: number;
  /** Why it is there, in words. */
  readonly by: string;
}

/**
 * Decides where gateways reach a service of a container.
 * @param port the container's, if its labels name it
 * @returns what is wrong, if they cannot
 */
export function placeOf(
  container: Container,
  port: number | undefined,
  { hostAddress, network }: PlacementRules,
): Placement | { readonly fault: string } {
  const served = port === undefined ? onlyPort(container) : port;
  if (typeof served === 'object') return served;
  if (container.networkMode === 'host')
    return { address: hostAddress, port: served, by: "the host's network" };
  if (container.networkMode.startsWith('container:'))
    return { fault: 'it shares the network of another container: label that one' };
  return network === undefined
    ? published(container, served, hostAddress)
    : onNetwork(container, served, network);
}

function onlyPort({ exposedPorts }: Container): number | { readonly fault: string } {
  const [port, ...others] = exposedPorts;
  if (port === undefined)
    return {
      fault: 'it exposes no port: name the one that it listens on by the label rollcall.port',
    };
  if (others.length > 0)
    return {
      fault: `it exposes the ports ${exposedPorts.join(', ')}: name one by the label rollcall.port`,
    };
  return port;
}

function onNetwork(
  { networks }: Container,
  port: number,
  network: string,
): Placement | { readonly fault: string } {
  const address = networks.get(network);
  if (address === undefined)
    return {
      fault: `it is not on the network ${network}, but on ${[...networks.keys()].join(', ') || 'none'}`,
    };
  if (address === '') return { fault: `it has no address on the network ${network}` };
  return { address, port, by: `its address on the network ${network}` };
}

function published(
  { bindings }: Container,
  port: number,
  hostAddress: string,
): Placement | { readonly fault: string } {
  const all = bindings.get(port) ?? [];
  const [first] = all;
  if (first === undefined)
    return { fault: `its port ${port} is not published: publish it, or use --network` };
  const reachable = all.filter(({ address }) => isReachable(address, hostAddress));
  const best = reachable.find(({ address }) => includes(address, hostAddress)) ?? reachable[0];
  if (best === undefined)
    return {
      fault: `its port ${port} is published at ${first.address} only, where other machines cannot reach it`,
    };
  return { ...at(best, hostAddress), by: `its published port ${port}` };
}

/** What is published on loopback can be reached if everything is on this machine. */
function isReachable(address: string, hostAddress: string): boolean {
  return isAny(address) || !isLoopback(address) || isLoopback(hostAddress);
}

/** Whether what is published there is published at the host's address. Engines may publish another port at IPv6 addresses. */
function includes(address: string, hostAddress: string): boolean {
  return ['', hostAddress, hostAddress.includes(':') ? '::' : '0.0.0.0'].includes(address);
}

function at({ address, port }: Binding, hostAddress: string): { address: string; port: number } {
  return { address: isAny(address) ? hostAddress : address, port };
}

function isAny(address: string): boolean {
  return ['', '0.0.0.0', '::'].includes(address);
}
