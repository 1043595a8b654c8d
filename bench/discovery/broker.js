// The embedded broker, alone in its process.
import { createBroker } from '@rollcall/broker';
import { APP, tell } from './parts.js';

const { port } = await createBroker({ apps: [APP] });
tell({ port });
