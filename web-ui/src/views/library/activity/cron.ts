// Times of a day as cron expressions, and back.

/** Every day at `HH:MM`. */
export function dailyCron(time: string): string {
  const [hour = '0', minute = '0'] = time.split(':');
  return `${Number(minute)} ${Number(hour)} * * *`;
}

/** The `HH:MM` of an expression that means nothing else than once a day. */
export function dailyTime(cron: string): string | undefined {
  const [, minute, hour] = /^\s*(\d{1,2})\s+(\d{1,2})\s+\*\s+\*\s+\*\s*$/.exec(cron) ?? [];
  if (minute === undefined || hour === undefined || Number(minute) > 59 || Number(hour) > 23) return undefined;
  return `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
}
