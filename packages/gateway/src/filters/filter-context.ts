import type { Consumers } from './consumers.ts';

/** What filters have besides their settings. */
export interface FilterContext extends FilterServices {
  /** The consumers of the configuration. */
  readonly consumers: Consumers;
}

/** Services of the process that filters use. They outlive a change of the configuration. */
export interface FilterServices {
  /** Whether requests are only explained: nothing is counted, and no other service is asked to decide. */
  readonly isDry: boolean;
}

/** The services by which requests are explained. */
export const DRY_SERVICES: FilterServices = { isDry: true };
