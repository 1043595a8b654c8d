import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../support/engine.ts';
import { BASE_IMAGES, build, DOCKERFILES, startBuilder, whyNoImages } from '../support/images.ts';
import type { OwnImage } from '../support/images.ts';

const MB = 1_000_000;
const IMAGES = Object.keys(DOCKERFILES) as OwnImage[];
const why = whyNoImages();

interface Image {
  readonly Size: number;
  readonly Config: unknown;
  readonly RootFS: unknown;
}

describe.skipIf(why !== undefined)(`images${why ? ` (skipped: ${why})` : ''}`, () => {
  let builder: Engine;
  beforeAll(async () => {
    builder = await startBuilder();
    for (const image of IMAGES) await build(builder, image);
  });
  afterAll(() => builder.end());

  async function inspect(image: string): Promise<Image> {
    return JSON.parse(await builder.docker(['inspect', '--format={{json .}}', image])) as Image;
  }

  /** What a command in a container prints. */
  const run = (image: string, ...command: string[]): Promise<string> =>
    builder.docker([
      'run',
      '--rm',
      '--network=none',
      '--read-only',
      '--entrypoint',
      ...command.toSpliced(1, 0, image),
    ]);

  it('hold little more than their base', async () => {
    const { Size: base } = await inspect(BASE_IMAGES.node);
    for (const image of ['rollcall', 'id-v5']) {
      const { Size: size } = await inspect(image);
      expect(size - base, image).toBeLessThan(30 * MB);
    }
    const { Size: size } = await inspect('id-v4');
    expect(size).toBeLessThan(10 * MB);
  });

  it('hold what runs, and no source', async () => {
    for (const image of ['rollcall', 'id-v5']) {
      const files = await run(image, 'find', '/app', '-type', 'f');
      const needless =
        /\.(?:[cm]?ts|map)$|\/(?:vitest|typescript|rolldown)\/|\/@rollcall\/[^/]+\/(?:src|test)\//;
      expect(files.split('\n').filter((file) => needless.test(file))).toEqual([]);
    }
  });

  it('have the command on the PATH, and for npx', async () => {
    const version = await run('rollcall', 'rollcall', '--version');
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(await run('rollcall', 'npx', 'rollcall', '--version')).toBe(version);
  });

  it('belong to root, so that the program cannot change itself', async () => {
    for (const image of ['rollcall', 'id-v5']) {
      expect(await run(image, 'find', '/app', '-writable')).toBe('');
    }
    expect(await run('rollcall', 'stat', '--format=%u:%g', '/var/lib/rollcall')).toBe('1000:1000');
  });

  // This engine's builder puts the time of the build in the configuration. A newer one takes it from SOURCE_DATE_EPOCH, so that
  // the digests are the same too: deploy/README.md.
  it('are built twice with the same layers and configuration', { timeout: 300_000 }, async () => {
    for (const image of IMAGES) {
      const first = await inspect(image);
      await build(builder, image, ['--no-cache']);
      const { Config: config, RootFS: layers } = await inspect(image);
      expect({ config, layers }, image).toEqual({ config: first.Config, layers: first.RootFS });
    }
  });
});
