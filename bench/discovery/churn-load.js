// Sends requests at a steady rate, and reports how long each took from when it was due.
import { Agent, get } from 'node:http';
import { now, tell } from './parts.js';

const RATE = 250;
const agent = new Agent({ keepAlive: true });
const url = `${process.env['URL']}/bench/`;
/** @type {number[]} */
let took = [];
let failed = 0;
let due = now();
setInterval(() => {
  for (; due <= now(); due += 1000 / RATE) send(due);
}, 2);

/** @param {number} from */
function send(from) {
  const sent = get(url, { agent }, (response) => {
    response.resume();
    if (response.statusCode !== 200) failed++;
    response.once('end', () => took.push(now() - from));
  });
  sent.on('error', () => failed++);
}

process.on('message', () => {
  tell({ took, failed });
  took = [];
  failed = 0;
});
tell({});
