import { describe, expect, it } from 'vitest';
import { containerIdIn } from '../../src/docker/own-container.ts';

const ID = '5e'.repeat(32);

describe('the container in which a program runs', () => {
  it.each([
    ['Docker', `/var/lib/docker/containers/${ID}/hostname`],
    ['Docker with a disk of its own', `/containers/${ID}/hostname`],
    ['Podman', `/containers/storage/overlay-containers/${ID}/userdata/hostname`],
  ])('is found by the mounts of %s', (_engine, file) => {
    const mounts = `710 702 0:64 / / rw - overlay overlay rw\n721 710 8:1 ${file} /etc/hostname rw - ext4 /dev/sda1 rw\n`;
    expect(containerIdIn(mounts)).toBe(ID);
  });

  it('is none on a machine, even one that runs containers', () => {
    const mounts = `29 1 8:1 / / rw - ext4 /dev/sda1 rw\n512 29 0:5 / /var/lib/docker/overlay2/${ID}/merged rw - overlay overlay rw\n`;
    expect(containerIdIn(mounts)).toBeUndefined();
  });
});
