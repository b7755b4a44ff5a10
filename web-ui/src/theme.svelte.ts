// Light or dark: as the system has it, until one of them is chosen.

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'theme';

class Choice {
  now = $state<Theme>(THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system');

  constructor() {
    this.#show();
  }

  choose(theme: Theme) {
    localStorage.setItem(KEY, theme);
    this.now = theme;
    this.#show();
  }

  /** `app.css` reads the attribute. */
  #show() {
    if (this.now === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.now;
  }
}

export const theme = new Choice();
