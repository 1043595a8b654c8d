/**
 * The methods that are forwarded: those registered with IANA and some in use beside them, if the parser of Node has them
 * too. CONNECT is for other kinds of proxies.
 */
export const METHODS: ReadonlySet<string> = new Set(
  `ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY
   OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SUBSCRIBE TRACE UNBIND
   UNLINK UNLOCK UNSUBSCRIBE`.split(/\s+/),
);

/** RFC 9110 §9.2.2: sending the request twice has the effect of sending it once. */
export const IDEMPOTENT: ReadonlySet<string> = new Set(
  'GET HEAD OPTIONS TRACE PUT DELETE PROPFIND QUERY REPORT SEARCH'.split(' '),
);
