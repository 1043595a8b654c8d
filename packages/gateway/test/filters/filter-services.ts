import { createFilterServices } from '../../src/filters/filter-context.ts';
import type { FilterServices } from '../../src/filters/filter-context.ts';

/** Services of filters of which none is asked. */
export const SERVICES: FilterServices = createFilterServices({
  isDry: false,
  pseudonym: 'us',
  onFault() {},
});

/** The same, for requests that are only explained. */
export const DRY_SERVICES: FilterServices = createFilterServices({
  isDry: true,
  pseudonym: 'us',
  onFault() {},
});
