/**
 * What a package ships of other packages: its dependencies, and what its bundle holds.
 * @param {{
 *   name?: string,
 *   dependencies?: Record<string, string>,
 *   devDependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>,
 * }} manifest
 * @returns {Record<string, string>}
 */
export function shippedDependencies({
  name,
  dependencies,
  devDependencies = {},
  peerDependencies = {},
}) {
  if (name !== '@rollcall/cli') return { ...dependencies };
  // It is built from these, by the bundler. What operators install themselves is not in the bundle.
  const bundled = Object.entries(devDependencies).filter(
    ([each]) => each !== 'rolldown' && !Object.hasOwn(peerDependencies, each),
  );
  return { ...dependencies, ...Object.fromEntries(bundled) };
}
