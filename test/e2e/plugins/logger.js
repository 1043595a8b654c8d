// A logger that prints a message, and the address if there is one.
const print = (fields, message = fields) => console.log(message, fields.address ?? '');

export const logger = { debug: print, info: print, warn: print, error: print };
