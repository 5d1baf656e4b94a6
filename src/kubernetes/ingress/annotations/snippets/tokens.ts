// Directives of nginx, as far as a text can be cut into them. Nothing is ever executed.

export interface Directive {
  readonly name: string
  readonly words: readonly string[]
  /** It has a block in braces, which is not looked into. */
  readonly block: boolean
}

/** More than anybody writes into an annotation. */
const MOST = 500
const MOST_WORDS = 100

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** Or what is wrong with the text, in words. */
export function directivesOf(text: string): readonly Directive[] | string {
  const found: Directive[] = []
  let words: string[] = []
  let at = 0
  while (at < text.length) {
    if (found.length >= MOST) return `more than ${MOST} directives`
    const character = text[at] as string
    if (/\s/.test(character)) at++
    else if (character === '#') at = endOfLine(text, at)
    else if (character === ';') {
      if (words.length === 0) return 'a semicolon without a directive'
      found.push({ name: words[0] as string, words: words.slice(1), block: false })
      words = []
      at++
    } else if (character === '{') {
      const end = endOfBlock(text, at)
      if (end === -1) return 'a block that does not end'
      found.push({ name: words[0] ?? '{', words: words.slice(1), block: true })
      words = []
      at = end
    } else if (character === '}') return 'a brace without its block'
    else {
      const word = readWord(text, at)
      if (typeof word === 'string') return word
      words.push(word.text)
      if (words.length > MOST_WORDS) return `a directive of more than ${MOST_WORDS} words`
      at = word.end
    }
  }
  return words.length === 0 ? found : `"${(words[0] as string).slice(0, 64)}" does not end with a semicolon`
}

function readWord(text: string, from: number): { readonly text: string; readonly end: number } | string {
  const quote = text[from] === '"' || text[from] === "'" ? text[from] : null
  let out = ''
  let at = quote === null ? from : from + 1
  for (; at < text.length; at++) {
    const character = text[at] as string
    if (character === '\\' && at + 1 < text.length) {
      const next = text[++at] as string
      // nginx takes the backslash away in front of quotes, itself and the letters of white space only.
      out += Object.hasOwn(ESCAPES, next) ? ESCAPES[next] : /["'\\]/.test(next) ? next : `\\${next}`
    } else if (quote !== null) {
      if (character === quote) return { text: out, end: at + 1 }
      out += character
    } else if (character === '$' && text[at + 1] === '{') {
      const end = text.indexOf('}', at)
      if (end === -1) return 'a variable that does not end'
      out += text.slice(at, end + 1)
      at = end
    } else if (/[\s;{]/.test(character)) break
    else out += character
  }
  return quote === null ? { text: out, end: at } : 'a quotation that does not end'
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** Behind the brace that closes the one at `from`; -1 = there is none. */
function endOfBlock(text: string, from: number): number {
  let depth = 0
  let quote = ''
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string
    if (character === '\\') at++
    else if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '#') at = endOfLine(text, at) - 1
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return at + 1
  }
  return -1
}
