import { afterEach, describe, expect, it } from 'vitest';
import { exportsOf } from '../../scripts/docs/declarations.js';
import { Scratch } from '../support/document.ts';

const scratch = new Scratch();
afterEach(() => scratch.clear());

const read = (source: string): ReturnType<typeof exportsOf> =>
  exportsOf(scratch.file('index.d.ts', source));

describe('the reader of declarations', () => {
  it('merges the overloads of a function', () => {
    const [declaration] = read(`
      /** Adds. */
      export declare function add(a: number): number;
      /** Adds two. */
      export declare function add(a: number, b: number): number;
    `);
    expect(declaration).toMatchObject({
      name: 'add',
      kind: 'function',
      doc: 'Adds.\n\nAdds two.',
      signature: 'function add(a: number): number\nfunction add(a: number, b: number): number',
    });
  });

  it('reads the members of an interface, each with its docstring', () => {
    const [declaration] = read(`
      export interface Options {
        /** How long. */
        readonly timeoutMs?: number;
        close(): void;
      }
    `);
    expect(declaration?.members).toMatchObject([
      { name: 'timeoutMs', kind: 'property', type: 'number', isOptional: true, doc: 'How long.' },
      { name: 'close', kind: 'method', signature: 'close(): void', doc: '' },
    ]);
  });

  it('omits private members', () => {
    const [declaration] = read(`
      export declare class Box {
        #value;
        private hidden;
        get value(): number;
      }
    `);
    expect(declaration?.members).toMatchObject([{ name: 'value', type: 'number' }]);
  });

  it('reads the events of a class', () => {
    const [declaration] = read(`
      interface Events {
        /** It has changed. */
        change: [number];
      }
      export declare class Table extends EventEmitter<Events> {}
    `);
    expect(declaration?.events).toMatchObject([{ name: 'change', type: '[number]' }]);
  });

  it('resolves a re-export to the package that declares it', () => {
    const [declaration] = read(`export { RollcallError } from '@rollcall/protocol';`);
    expect(declaration).toMatchObject({ name: 'RollcallError', kind: 'class' });
  });
});
