/** A program that a page is about. */
export interface Program {
  readonly name: 'gateway' | 'broker';
  /** The variable that has its admin token. */
  readonly tokenVariable: string;
}

export const GATEWAY: Program = { name: 'gateway', tokenVariable: 'ROLLCALL_ADMIN_TOKEN' };
export const BROKER: Program = { name: 'broker', tokenVariable: 'ROLLCALL_BROKER_ADMIN_TOKEN' };
