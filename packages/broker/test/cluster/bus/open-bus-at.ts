import type { Bus, BusHandlers } from '../../../src/cluster/bus/bus.ts';
import { parseBusUrl } from '../../../src/cluster/bus/bus-url.ts';
import { busAt } from '../../../src/cluster/bus/open-bus.ts';

export async function openBusAt(text: string, handlers: BusHandlers): Promise<Bus> {
  const url = parseBusUrl(text);
  if (url === undefined) throw new Error(`invalid URL: ${text}`);
  return (await busAt(url))(handlers);
}
