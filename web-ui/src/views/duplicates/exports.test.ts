// What a review is exported as.
import { expect, test } from 'vitest';
import { list, written } from './exports';
import type { Plan } from './plan';
import { quoted } from './powershell';

const plan: Plan = {
  groups: [
    {
      kind: 'exact',
      keep: [{ path: 'C:\\a.jpg', bytes: 5 }],
      remove: [
        { path: "C:\\it\u2019s $home 'b'.jpg", bytes: 5 },
        { path: 'C:\\line\nbreak.jpg', bytes: 5 },
      ],
    },
    { kind: 'near', keep: [{ path: '/k', bytes: 1 }], remove: [{ path: '/caf\uFFFD', path_bytes: 'L2NhZuk=', bytes: 1 }] },
  ],
  files: 3,
  bytes: 11,
  contradictions: 0,
};

test('the list has the exact bytes of each name that fits on a line', () => {
  expect(new TextDecoder('latin1').decode(list(plan).slice(-6))).toBe('/café\n');
  expect(new TextDecoder().decode(list(plan))).not.toContain('break.jpg');
});

test('JSON holds the plan whole', async () => {
  const json = JSON.parse(await written('json', plan, '', '2026-11-28').text());
  expect(json).toEqual({ reviewed: '2026-11-28', groups: plan.groups, files: 3, freed_bytes: 11 });
});

test('PowerShell takes every kind of single quote for one', () => {
  expect(quoted("it's \u2018so\u2019 $x")).toBe("'it''s \u2018\u2018so\u2019\u2019 $x'");
});

test('the PowerShell script names what Windows can name, and begins with its mark', async () => {
  const bytes = new Uint8Array(await written('powershell', plan, '~\\Duplicates', '2026-11-28').arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  expect(text).toContain("@{ Path = 'C:\\it\u2019\u2019s $home ''b''.jpg'; Bytes = 5 }");
  expect(text).toContain("$Trash = (Join-Path $HOME 'Duplicates')");
  expect(text).not.toContain('/caf');
});
