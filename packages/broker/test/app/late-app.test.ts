import { describe } from 'vitest';
import { describeApp } from './conformance/describe-app.ts';
import { LateApp, unevenDelay } from './late-app.ts';
import { newApp } from './new-app.ts';

// The app of the tests of sessions and endpoints, so that these rest on a conforming one.
describe('an app that answers later', () => {
  describeApp((app) => new LateApp(newApp(app), unevenDelay));
});
