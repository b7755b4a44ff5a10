// Why the indexer rests, out of the server's sentence, so that the page can say it in its own language.

export type PauseReason = { kind: 'minutes'; minutes: number } | { kind: 'resumed' } | { kind: 'hours'; hours: string };

/** Undefined for a reason that is not known here. */
export function pauseReason(sentence: string): PauseReason | undefined {
  const minutes = /^paused for another (\d+) min$/.exec(sentence)?.[1];
  if (minutes) return { kind: 'minutes', minutes: Number(minutes) };
  const hours = /^outside its hours, (\S+)$/.exec(sentence)?.[1];
  if (hours) return { kind: 'hours', hours };
  return sentence.startsWith('paused until') ? { kind: 'resumed' } : undefined;
}
