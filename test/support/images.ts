import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasGo, hasMmdebstrap } from './available.ts';
import { ROOT } from './document.ts';
import { Engine, whyNoEngine } from './engine.ts';

// Images of this project, built from its Dockerfiles. No image registry is reached: base images are made here under the names
// that the Dockerfiles use, of Debian's packages and of the Node, npm and Go of this machine.
//
//   await loadImages(engine);
//   await engine.docker(['run', '--detach', 'rollcall', 'broker', '--host', '0.0.0.0']);

/** Kept between runs: base images, and each step of earlier builds. */
const CACHE = join(tmpdir(), 'rollcall-images');

/** Those of the Dockerfiles and of the files in deploy. */
export const BASE_IMAGES = {
  debian: 'debian:bookworm-slim',
  node: 'node:24-bookworm-slim',
  golang: 'golang:1.26-bookworm',
  redis: 'redis:7-bookworm',
  haproxy: 'haproxy:3.2-bookworm',
} as const;

/** Our images, by the name that tests give them. */
export const DOCKERFILES = {
  rollcall: 'packages/cli/Dockerfile',
  'id-v5': 'services/id-v5/Dockerfile',
  'id-v4': 'services/id-v4/Dockerfile',
} as const;

export type OwnImage = keyof typeof DOCKERFILES;

/** What the Dockerfiles run, Redis and HAProxy. */
const PACKAGES =
  'base-files,bash,coreutils,dash,findutils,grep,sed,tar,libstdc++6,redis-server,haproxy';

const BASES = join(ROOT, 'test/containers/bases');
const NODE = join(ROOT, 'test/nodes/node_modules/node24/bin');

// Each makes a base image with a label of what it is made of, $1.

/** From the same sources as this machine. Unpacked only, and without documentation. */
const MAKE_DEBIAN = `
for sources in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  [ ! -s $sources ] || break
done
. /etc/os-release
mmdebstrap --quiet --variant=extract --mode=root --include=${PACKAGES} \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' $VERSION_CODENAME "$HOME/debian.tar" $sources
docker import --change "LABEL inputs=$1" "$HOME/debian.tar" ${BASE_IMAGES.debian}
docker tag ${BASE_IMAGES.debian} ${BASE_IMAGES.redis}
docker tag ${BASE_IMAGES.debian} ${BASE_IMAGES.haproxy}
`;

/** A machine may end TLS with an authority of its own. */
const MAKE_NODE = `
tar --create --dereference --directory ${BASES} node.Dockerfile \\
  --directory ${NODE} node --directory "$(npm root --global)" npm \\
  --directory /etc/ssl/certs ca-certificates.crt |
  docker build --label inputs=$1 --file node.Dockerfile --network host --tag ${BASE_IMAGES.node} -
`;
const MAKE_GOLANG = `
tar --create --dereference --directory ${BASES} golang.Dockerfile \\
  --directory "$(go env GOROOT)" VERSION bin go.env lib pkg src \\
  --directory /etc/ssl/certs ca-certificates.crt |
  docker build --label inputs=$1 --file golang.Dockerfile --network host --tag ${BASE_IMAGES.golang} -
`;

/** Why this machine cannot build images; undefined if it can. */
export function whyNoImages(): string | undefined {
  if (!hasMmdebstrap) return 'needs apt-get install mmdebstrap';
  if (!hasGo) return 'needs Go';
  if (!existsSync(NODE)) return 'needs npm run setup -- --tests';
  return whyNoEngine();
}

/** Starts an engine that builds images, and makes the base images that it lacks. */
export async function startBuilder(): Promise<Engine> {
  const builder = await Engine.startBuilder(CACHE);
  // What earlier versions of this project left.
  await builder.docker(['system', 'prune', '--force', '--filter=until=24h']);
  const inputs = digestOfInputs();
  const bases = [
    [BASE_IMAGES.debian, MAKE_DEBIAN],
    [BASE_IMAGES.node, MAKE_NODE],
    [BASE_IMAGES.golang, MAKE_GOLANG],
  ] as const;
  for (const [image, script] of bases) {
    const current = ['images', '--quiet', `--filter=label=inputs=${inputs}`, image];
    if ((await builder.docker(current)) === '') await builder.shell(script, [inputs]);
  }
  return builder;
}

function digestOfInputs(): string {
  const files = [
    'test/nodes/package-lock.json',
    'test/containers/bases/node.Dockerfile',
    'test/containers/bases/golang.Dockerfile',
  ];
  const hash = createHash('sha256').update(MAKE_DEBIAN + MAKE_NODE + MAKE_GOLANG);
  for (const file of files) hash.update(readFileSync(join(ROOT, file)));
  return hash.update(execFileSync('go', ['version'])).digest('hex');
}

/** Builds all images of this project, and gives them, Redis and HAProxy to an engine. */
export async function loadImages(engine: Engine): Promise<void> {
  const builder = await startBuilder();
  for (const image of Object.keys(DOCKERFILES)) await build(builder, image as OwnImage);
  await engine.copyImages(builder, [
    ...Object.keys(DOCKERFILES),
    BASE_IMAGES.redis,
    BASE_IMAGES.haproxy,
  ]);
  await builder.end();
}

/** Builds an image of this project. */
export async function build(
  builder: Engine,
  image: OwnImage,
  options: readonly string[] = [],
): Promise<void> {
  const file = join(ROOT, DOCKERFILES[image]);
  const fixed = ['--network=host', `--tag=${image}`, `--file=${file}`];
  await builder.docker(['build', ...fixed, ...options, ROOT]);
}
