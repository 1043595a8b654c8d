import { defineConfig } from 'vite';

export default defineConfig({
  // Relative, so that it can stand behind a path of another server.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    // Those that know light-dark(): what it is translated to for older ones does not heed the switch.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // An inlined file would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: { input: ['index.html', 'broker.html'] },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
