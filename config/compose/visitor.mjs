// Asks for a page ten times a second, for one that fails at times among them.

const [gateway = 'http://127.0.0.1:8080'] = process.argv.slice(2)
const pages = ['/', '/cart', '/flaky', '/search?q=tea']
let turn = 0

setInterval(async () => {
  const page = pages[turn++ % pages.length]
  try {
    await (await fetch(gateway + page, { signal: AbortSignal.timeout(5000) })).arrayBuffer()
  } catch (error) {
    console.log(page, error.cause?.code ?? error.message)
  }
}, 100)
