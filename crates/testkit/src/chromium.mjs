// A real browser that does as it is told: one act per line of standard input, one answer per line of standard
// output. Ends with its standard input.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const [packages, program] = process.argv.slice(2)
const { chromium } = createRequire(import.meta.url)(join(packages, 'playwright-core'))

// Only pages of this machine; Chromium's own sandbox does not work for root.
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
const context = await browser.newContext()
const page = await context.newPage()
page.setDefaultTimeout(30_000)
await page.route((url) => url.hostname !== '127.0.0.1', (route) => route.abort())
let complaints = []
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
page.on('pageerror', (error) => complaints.push(String(error)))

const acts = {
    open: (url) => page.goto(url),
    press: (part) => {
        const name = new RegExp(part)
        return page.getByRole('button', { name }).or(page.getByRole('link', { name })).first().click()
    },
    fill: ({ label, text }) => page.getByLabel(label).fill(text),
    wait: (path) => page.waitForURL((url) => url.pathname === path),
}

for await (const line of createInterface({ input: process.stdin })) {
    const { act, with: given } = JSON.parse(line)
    try {
        await acts[act](given)
        await page.waitForLoadState()
        const cookies = await context.cookies()
        const answer = { url: page.url(), text: await page.locator('body').innerText(), cookies, complaints }
        complaints = []
        console.log(JSON.stringify(answer))
    } catch (error) {
        console.log(JSON.stringify({ error: String(error?.stack ?? error) }))
    }
}
await browser.close()
