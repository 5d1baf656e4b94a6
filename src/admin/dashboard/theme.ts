// Light or dark: as the system has it, unless somebody chose.

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'headgate-theme'
const DARK = matchMedia('(prefers-color-scheme: dark)')

export function savedTheme(): Theme {
  const saved = localStorage.getItem(KEY)
  return saved === 'light' || saved === 'dark' ? saved : 'auto'
}

/** Returns what it comes to now. */
export function applyTheme(theme: Theme): 'light' | 'dark' {
  localStorage.setItem(KEY, theme)
  const now = theme === 'auto' ? (DARK.matches ? 'dark' : 'light') : theme
  document.documentElement.dataset.theme = now
  return now
}

/** Calls `changed` when the system changes. */
export function watchSystem(changed: () => void): () => void {
  DARK.addEventListener('change', changed)
  return () => DARK.removeEventListener('change', changed)
}
