#!/usr/bin/env node
// npm links a command when it installs, before anything is built, and only if the file is there.
await import('../dist/main.js');
