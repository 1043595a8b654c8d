import type { RefusalCode } from './refusal.ts';

/** How a field is read, and which values it takes. */
export type FieldType =
  | { readonly type: 'prefix' | 'port' | 'address' | 'boolean' }
  | { readonly type: 'integer'; readonly min: number; readonly max: number; readonly unit?: string }
  | { readonly type: 'text'; readonly maxLength: number }
  /** Text of one form, which `form` describes. */
  | {
      readonly type: 'pattern';
      readonly pattern: RegExp;
      /** Default: as the pattern says. */
      readonly maxLength?: number;
      readonly form: string;
    }
  | { readonly type: 'choice'; readonly values: readonly string[] }
  /** An object of strings. */
  | { readonly type: 'strings'; readonly maxEntries: number }
  | { readonly type: 'object'; readonly typeName: string; readonly fields: readonly Field[] };

/** A field of an announcement, or of an object in one. */
export type Field = FieldType & {
  readonly name: string;
  /** One sentence about what it says. */
  readonly doc: string;
  readonly isRequired?: true;
  /** What observers assume if it is absent. */
  readonly default?: string | number | boolean;
  /** The canonical form has the default in place of an absent value. */
  readonly isFilledIn?: true;
  /** Other names under which it is read, such as one of earlier versions. */
  readonly aliases?: readonly string[];
  readonly example?: string;
  /** Its name in Go. */
  readonly go: string;
  /** The flag of `rollcall run` that sets it. */
  readonly flag?: string;
  /** What the flag does, if it does more than set the field. */
  readonly runDoc?: string;
};

/** A field of an announcement. */
export type AnnouncementField = Field & {
  /** The code with which an announcement is refused whose field is invalid. */
  readonly code: RefusalCode;
  /** Where an SDK takes it. Without it, the SDK sets the field itself. */
  readonly takenBy?: 'register' | 'update' | 'both';
  /** What `register()` announces if the option is not given, in words. Default: nothing. */
  readonly optionDefault?: string;
  /** What `rollcall run` announces if the flag is not given, if that differs from `register()`. */
  readonly runDefault?: string;
  /** The option's type in TypeScript, if it differs from the field's. */
  readonly optionType?: string;
};
