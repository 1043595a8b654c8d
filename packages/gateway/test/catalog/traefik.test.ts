import { expect, it } from 'vitest';
import { traefikConfiguration } from '../../src/catalog/traefik.ts';
import { catalogOf, LiveTable } from './live-table.ts';

function configuration(fill: (table: LiveTable) => void) {
  const table = new LiveTable();
  fill(table);
  return traefikConfiguration(catalogOf(table, () => 1).services());
}

it('routes to the same instances as the gateway', () => {
  const { http } = configuration((table) => {
    table.say('a', { prefix: '/shop/cart', port: 3000, weight: 3 });
    table.say('b', { prefix: '/shop/cart', port: 3001 });
    table.probed('b', 'refused');
    table.say('c', { prefix: '', address: 'fd00::1', scheme: 'https' });
  });
  expect(http).toEqual({
    routers: {
      root: { rule: 'PathPrefix(`/`)', service: 'root' },
      'shop-cart': {
        rule: 'Path(`/shop/cart`) || PathPrefix(`/shop/cart/`)',
        service: 'shop-cart',
        middlewares: ['shop-cart'],
      },
    },
    middlewares: { 'shop-cart': { stripPrefix: { prefixes: ['/shop/cart'] } } },
    services: {
      root: { loadBalancer: { servers: [{ url: 'https://[fd00::1]:80' }] } },
      'shop-cart': { loadBalancer: { servers: [{ url: 'http://10.0.0.1:3000', weight: 3 }] } },
    },
  });
});

it('has no empty sections', () => {
  expect(configuration(() => {})).toEqual({});
  expect(configuration((table) => table.say('a', { prefix: '' })).http).not.toHaveProperty(
    'middlewares',
  );
});
