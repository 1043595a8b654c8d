/**
 * Returns the link to the explanation of a prefix in a dashboard. Undefined without a dashboard, and of the upstreams of a route,
 * which stand in the table by a name that is no path.
 * @param link the URL of the dashboard
 */
export function explainLink(link: string | undefined, prefix: string): string | undefined {
  if (link === undefined || !/^(?:\/\S*)?$/.test(prefix)) return undefined;
  return `${link}/#explain=${encodeURIComponent(`${prefix}/`)}`;
}
