import { createFilterServices } from '../../src/filters/filter-context.ts';
import type { FilterServices } from '../../src/filters/filter-context.ts';

/** Services of filters of which none is asked. */
export const SERVICES: FilterServices = createFilterServices({ isDry: false, onFault() {} });

/** The same, for requests that are only explained. */
export const DRY_SERVICES: FilterServices = createFilterServices({ isDry: true, onFault() {} });
