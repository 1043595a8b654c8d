export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events (HTML §9.2) from a body, as far as this API uses them. EventSource cannot send the token.
 */
export async function* readEvents(
  chunks: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerEvent, void> {
  const reader = chunks
    .pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = field(block, 'event');
        if (event !== undefined) yield { event, data: field(block, 'data') ?? '' };
      }
    }
  } finally {
    await reader.cancel();
  }
}

function field(block: string, name: string): string | undefined {
  const found = block.split('\n').find((each) => each.startsWith(`${name}: `));
  return found?.slice(name.length + 2);
}
