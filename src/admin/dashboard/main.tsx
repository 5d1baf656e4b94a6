// The dashboard in the browser. scripts/build-dashboard.ts makes built.json of this folder.

import 'uplot/dist/uPlot.min.css'
import './style.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { Store } from './store.ts'

const store = new Store()
render(<App store={store} />, document.getElementById('app') as HTMLElement)
store.connect()
