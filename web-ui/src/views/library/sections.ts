// The parts of the library's view, in the order in which they are shown.

export const SECTIONS = ['folders', 'activity', 'failures', 'models', 'system', 'people'] as const;
export type Section = (typeof SECTIONS)[number];

/** The part that an address names; the first one where it names none. */
export const sectionOf = (text: string | undefined): Section => SECTIONS.find((section) => section === text) ?? SECTIONS[0];
